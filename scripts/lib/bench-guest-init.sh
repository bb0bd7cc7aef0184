#!/bin/sh
# The first process of the bench's guest: puts the host's files under a layer of memory, starts udevd, runs the job and
# switches off. /modules holds the kernel modules in the order in which they need one another, /udev what the host lacks.
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
for module in /modules/*.ko; do insmod "$module" || echo "cannot load $module"; done

options=trans=virtio,version=9p2000.L,msize=524288,cache=loose
mkdir -p /host /memory /root
mount -t 9p -o "$options,ro" host /host || poweroff -f
mount -t tmpfs -o size=75% memory /memory
mkdir /memory/upper /memory/work
mount -t overlay -o lowerdir=/host,upperdir=/memory/upper,workdir=/memory/work overlay /root || poweroff -f

for folder in dev proc sys run; do mkdir -p "/root/$folder"; done
mount -t devtmpfs devtmpfs /root/dev
mkdir -p /root/dev/pts /root/dev/shm
mount -t devpts -o mode=620,ptmxmode=666 devpts /root/dev/pts
mount -t tmpfs -o mode=1777 shm /root/dev/shm
ln -sf /proc/self/fd /root/dev/fd
mount -t proc proc /root/proc
mount -t sysfs sysfs /root/sys
mount -t tmpfs -o mode=755 run /root/run
mkdir -p /root/run/exchange
mount -t 9p -o trans=virtio,version=9p2000.L,msize=524288 exchange /root/run/exchange || poweroff -f
cp -a /udev/. /root/
ip link set lo up

# Not a chroot: udev's tools refuse to work in one.
exec switch_root /root /bin/sh -c '
  env -i /bin/sh /run/exchange/job
  echo $? > /run/exchange/exit-code
  sync
  exec busybox poweroff -f'
