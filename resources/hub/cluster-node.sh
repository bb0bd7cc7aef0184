#!/bin/sh
# Writes the configuration of one of three nodes that keep the hub's database: etcd.env and patroni.yml.
#
#   HUB_PASSWORD=… POSTGRES_PASSWORD=… REPLICATION_PASSWORD=… \
#     cluster-node.sh north north=10.0.0.1,east=10.0.0.2,south=10.0.0.3 /etc/trestle-hub /var/lib/trestle-hub
#
# Run it on each node with its own name, the same three addresses and the same passwords. See docs/clustered-hub.md.
set -eu
[ $# -eq 4 ] || { sed -n '2,7s/^# \{0,1\}//p' "$0" >&2; exit 2; }
: "${HUB_PASSWORD:?}" "${POSTGRES_PASSWORD:?}" "${REPLICATION_PASSWORD:?}"
name=$1 peers=$2 config=$3 data=$4

address= etcd_hosts= etcd_cluster= access=
for peer in $(echo "$peers" | tr ',' ' '); do
  host=${peer#*=}
  [ "${peer%%=*}" = "$name" ] && address=$host
  etcd_hosts="$etcd_hosts
    - $host:2379"
  etcd_cluster="$etcd_cluster,${peer%%=*}=http://$host:2380"
  access="$access
    - host replication replicator $host/32 scram-sha-256
    - host all postgres $host/32 scram-sha-256"
done
[ -n "$address" ] || { echo "$name is none of $peers" >&2; exit 2; }
bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1)
umask 077
mkdir -p "$config" "$data"

cat >"$config/etcd.env" <<END
ETCD_NAME=$name
ETCD_DATA_DIR=$data/etcd
ETCD_LISTEN_PEER_URLS=http://$address:2380
ETCD_LISTEN_CLIENT_URLS=http://$address:2379
ETCD_INITIAL_ADVERTISE_PEER_URLS=http://$address:2380
ETCD_ADVERTISE_CLIENT_URLS=http://$address:2379
ETCD_INITIAL_CLUSTER=${etcd_cluster#,}
ETCD_INITIAL_CLUSTER_TOKEN=trestle-hub
ETCD_INITIAL_CLUSTER_STATE=new
END

# Run once, on the node that makes the database, with a connection string as its only argument.
cat >"$config/make-database.sh" <<END
#!/bin/sh
set -eu
"$bin/psql" "\$1" -v ON_ERROR_STOP=1 <<SQL
CREATE ROLE trestle LOGIN PASSWORD '$HUB_PASSWORD';
CREATE DATABASE trestle OWNER trestle;
SQL
END
chmod 700 "$config/make-database.sh"

cat >"$config/patroni.yml" <<END
scope: trestle-hub
name: $name
restapi:
  listen: $address:8008
  connect_address: $address:8008
etcd3:
  hosts:$etcd_hosts
bootstrap:
  dcs:
    # A primary that is gone is replaced after ttl seconds at most.
    ttl: 20
    loop_wait: 5
    retry_timeout: 5
    # No order is acknowledged that only one node has, and only a node that has them all takes over.
    synchronous_mode: true
    synchronous_mode_strict: true
    postgresql:
      use_pg_rewind: true
      parameters:
        synchronous_commit: 'on'
        wal_keep_size: 1GB
        wal_retrieve_retry_interval: 500ms
  initdb:
    - encoding: UTF8
    - locale: C.UTF-8
    - data-checksums
  post_bootstrap: $config/make-database.sh
postgresql:
  listen: $address:5432
  connect_address: $address:5432
  data_dir: $data/postgres
  bin_dir: $bin
  pgpass: $data/pgpass
  use_unix_socket: true
  # A new node copies the database at once instead of waiting minutes for the next checkpoint.
  basebackup:
    checkpoint: fast
  authentication:
    replication: { username: replicator, password: '$REPLICATION_PASSWORD' }
    superuser: { username: postgres, password: '$POSTGRES_PASSWORD' }
  parameters:
    unix_socket_directories: $data
  pg_hba:
    - local all postgres peer
    - host replication replicator 127.0.0.1/32 scram-sha-256
    - host all postgres 127.0.0.1/32 scram-sha-256$access
    # The machines that run hub processes; put your own network here.
    - host trestle trestle ${HUB_NETWORK:-samenet} scram-sha-256
END
echo "Written: $config/etcd.env, $config/patroni.yml, $config/make-database.sh"
