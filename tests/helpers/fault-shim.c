/*
 * A preloaded library that fails or kills the process at its n-th write.
 *
 * It counts the system calls that change what survives a crash: writes, syncs, truncations, unlinks and renames of files
 * below TRESTLE_FAULT_DIR, and bytes sent to TRESTLE_FAULT_PORT (the printer). Nothing is counted until the file
 * TRESTLE_FAULT_ARM exists. TRESTLE_FAULT_MODE says what happens at call number TRESTLE_FAULT_AT:
 *
 *   count        nothing; at exit of each call the total is kept in TRESTLE_FAULT_COUNT
 *   kill         SIGKILL before the call
 *   torn         half of the bytes are written, then SIGKILL
 *   full         from this call on, every growing write fails with ENOSPC, until TRESTLE_FAULT_ARM is removed
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static atomic_long calls;

static const char *setting(const char *name) {
  const char *value = getenv(name);
  return value ? value : "";
}

static int armed(void) { return faccessat(AT_FDCWD, setting("TRESTLE_FAULT_ARM"), F_OK, 0) == 0; }

static int watched_path(const char *path) {
  const char *folder = setting("TRESTLE_FAULT_DIR");
  size_t length = strlen(folder);
  return length > 0 && strncmp(path, folder, length) == 0;
}

static int watched_fd(int fd) {
  char link[64], path[PATH_MAX];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length <= 0) return 0;
  path[length] = 0;
  if (path[0] == '/') return watched_path(path);
  if (strncmp(path, "socket:", 7) != 0) return 0;
  struct sockaddr_storage peer;
  socklen_t size = sizeof peer;
  if (getpeername(fd, (struct sockaddr *)&peer, &size) != 0) return 0;
  int port = atoi(setting("TRESTLE_FAULT_PORT"));
  if (peer.ss_family == AF_INET) return ntohs(((struct sockaddr_in *)&peer)->sin_port) == port;
  if (peer.ss_family == AF_INET6) return ntohs(((struct sockaddr_in6 *)&peer)->sin6_port) == port;
  return 0;
}

enum verdict { PASS, TORN, FULL };

static enum verdict at_call(int grows) {
  if (!armed()) return PASS;
  long number = atomic_fetch_add(&calls, 1) + 1;
  long at = atol(setting("TRESTLE_FAULT_AT"));
  const char *mode = setting("TRESTLE_FAULT_MODE");
  if (strcmp(mode, "count") == 0) {
    char line[32];
    int length = snprintf(line, sizeof line, "%ld\n", number);
    static ssize_t (*real)(int, const void *, size_t, off_t);
    if (!real) real = dlsym(RTLD_NEXT, "pwrite");
    int fd = open(setting("TRESTLE_FAULT_COUNT"), O_CREAT | O_WRONLY, 0600);
    if (fd >= 0) {
      if (real(fd, line, (size_t)length, 0) < 0) abort();
      close(fd);
    }
    return PASS;
  }
  if (strcmp(mode, "full") == 0) return grows && number >= at ? FULL : PASS;
  if (number != at) return PASS;
  if (strcmp(mode, "torn") == 0 && grows) return TORN;
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

#define REAL(result, name, ...)                              \
  static result (*real)(__VA_ARGS__);                        \
  if (!real) real = (result(*)(__VA_ARGS__))dlsym(RTLD_NEXT, name);

#define DIE_AFTER(call)    \
  do {                     \
    if ((call) < 0) abort(); \
    kill(getpid(), SIGKILL); \
    for (;;) pause();      \
  } while (0)

#define WRITE_AT(name, offset_type)                                                       \
  ssize_t name(int fd, const void *bytes, size_t size, offset_type offset) {              \
    REAL(ssize_t, #name, int, const void *, size_t, offset_type)                          \
    if (watched_fd(fd)) switch (at_call(1)) {                                             \
      case TORN: DIE_AFTER(real(fd, bytes, size / 2, offset));                            \
      case FULL: errno = ENOSPC; return -1;                                               \
      case PASS: break;                                                                   \
    }                                                                                     \
    return real(fd, bytes, size, offset);                                                 \
  }
WRITE_AT(pwrite, off_t)
WRITE_AT(pwrite64, off64_t)

ssize_t write(int fd, const void *bytes, size_t size) {
  REAL(ssize_t, "write", int, const void *, size_t)
  if (watched_fd(fd)) switch (at_call(1)) {
    case TORN: DIE_AFTER(real(fd, bytes, size / 2));
    case FULL: errno = ENOSPC; return -1;
    case PASS: break;
  }
  return real(fd, bytes, size);
}

/* Half of the parts, or half of the only one. */
static ssize_t writev_half(int fd, const struct iovec *parts, int count) {
  struct iovec half = parts[0];
  static ssize_t (*real)(int, const struct iovec *, int);
  if (!real) real = dlsym(RTLD_NEXT, "writev");
  if (count > 1) return real(fd, parts, count / 2);
  half.iov_len /= 2;
  return real(fd, &half, 1);
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
  REAL(ssize_t, "writev", int, const struct iovec *, int)
  if (watched_fd(fd)) switch (at_call(1)) {
    case TORN: DIE_AFTER(writev_half(fd, parts, count));
    case FULL: errno = ENOSPC; return -1;
    case PASS: break;
  }
  return real(fd, parts, count);
}

#define ON_FD(name)                                      \
  int name(int fd) {                                     \
    REAL(int, #name, int)                                \
    if (watched_fd(fd)) at_call(0);                      \
    return real(fd);                                     \
  }
ON_FD(fsync)
ON_FD(fdatasync)

#define TRUNCATE(name, offset_type)                      \
  int name(int fd, offset_type size) {                   \
    REAL(int, #name, int, offset_type)                   \
    if (watched_fd(fd)) at_call(0);                      \
    return real(fd, size);                               \
  }
TRUNCATE(ftruncate, off_t)
TRUNCATE(ftruncate64, off64_t)

int unlink(const char *path) {
  REAL(int, "unlink", const char *)
  if (watched_path(path)) at_call(0);
  return real(path);
}

int rename(const char *from, const char *to) {
  REAL(int, "rename", const char *, const char *)
  if (watched_path(to)) at_call(0);
  return real(from, to);
}
