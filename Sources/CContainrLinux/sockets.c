// The syscalls of CContainrLinux.h: sockets, waiting, spawn. Each returns its result or -errno.
#define _GNU_SOURCE
#include "CContainrLinux.h"

#include <fcntl.h>
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <malloc.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <unistd.h>

#include "result.h"
enum { MAX_FDS = 64 };

int cl_socket(int domain, int type, int protocol) { RET(socket(domain, type, protocol)); }
int cl_socketpair(int domain, int type, int protocol, int *fds) { RET(socketpair(domain, type, protocol, fds)); }

ssize_t cl_send(int socket, const void *buffer, size_t size, const int *fds, size_t count, int flags) {
  union {
    char bytes[CMSG_SPACE(MAX_FDS * sizeof(int))];
    struct cmsghdr align;
  } control;
  struct iovec io = {(void *)buffer, size};
  struct msghdr m = {.msg_iov = &io, .msg_iovlen = 1};
  if (count > MAX_FDS) return -EINVAL;
  if (count) {
    memset(&control, 0, sizeof control);
    m.msg_control = control.bytes, m.msg_controllen = CMSG_SPACE(count * sizeof(int));
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    c->cmsg_level = SOL_SOCKET, c->cmsg_type = SCM_RIGHTS, c->cmsg_len = CMSG_LEN(count * sizeof(int));
    memcpy(CMSG_DATA(c), fds, count * sizeof(int));
  }
  RETRY(sendmsg(socket, &m, flags | MSG_NOSIGNAL));
}

ssize_t cl_receive(int socket, void *buffer, size_t size, int *fds, size_t *count, int flags) {
  union {
    char bytes[CMSG_SPACE(MAX_FDS * sizeof(int))];
    struct cmsghdr align;
  } control;
  struct iovec io = {buffer, size};
  struct msghdr m = {.msg_iov = &io, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control};
  size_t room = *count, got = 0;
  ssize_t n;
  do n = recvmsg(socket, &m, flags | MSG_CMSG_CLOEXEC);
  while (n < 0 && errno == EINTR);
  *count = 0;
  if (n < 0) return -errno;
  int dropped = 0;
  for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
    size_t k = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < k; i++) {
      int fd;
      memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof fd);
      if (got < room) fds[got++] = fd;
      else close(fd), dropped = 1;  // never keep a descriptor that nobody asked for
    }
  }
  *count = got;
  if (dropped || (m.msg_flags & (MSG_CTRUNC | MSG_TRUNC))) {
    while (got) close(fds[--got]);
    *count = 0;
    return -EMSGSIZE;
  }
  return n;
}

int cl_loopback_up(void) {
  // Any socket takes the interface ioctls of its namespace (netdevice(7)); this one needs no IPv4 in the kernel.
  int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  struct ifreq request = {.ifr_name = "lo"};
  int result = ioctl(fd, SIOCGIFFLAGS, &request) < 0 ? -errno : 0;
  if (result == 0) {
    request.ifr_flags |= IFF_UP;
    if (ioctl(fd, SIOCSIFFLAGS, &request) < 0) result = -errno;
  }
  close(fd);
  return result;
}
int cl_bind_netlink(int socket, uint32_t groups) {
  struct sockaddr_nl a = {.nl_family = AF_NETLINK, .nl_groups = groups};
  RET(bind(socket, (struct sockaddr *)&a, sizeof a));
}
int cl_setsockopt_int(int socket, int level, int option, int value) { RET(setsockopt(socket, level, option, &value, sizeof value)); }
int cl_receive_nsid(int socket, int *nsid) {
  union {
    char bytes[CMSG_SPACE(sizeof(int))];
    struct cmsghdr align;
  } control;
  char head;
  struct iovec io = {&head, sizeof head};
  struct msghdr m = {.msg_iov = &io, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control};
  ssize_t n;
  do n = recvmsg(socket, &m, MSG_DONTWAIT);
  while (n < 0 && errno == EINTR);
  if (n < 0) return -errno;
  *nsid = -1;
  for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c))
    if (c->cmsg_level == SOL_NETLINK && c->cmsg_type == NETLINK_LISTEN_ALL_NSID) memcpy(nsid, CMSG_DATA(c), sizeof *nsid);
  return 0;
}

union ip_address {
  struct sockaddr any;
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;
};
static socklen_t to_kernel(const struct cl_endpoint *e, union ip_address *a) {
  memset(a, 0, sizeof *a);
  if (!e->is_ipv6) {
    a->v4.sin_family = AF_INET, a->v4.sin_port = htons(e->port);
    memcpy(&a->v4.sin_addr, e->address, 4);
    return sizeof a->v4;
  }
  a->v6.sin6_family = AF_INET6, a->v6.sin6_port = htons(e->port), a->v6.sin6_scope_id = e->zone;
  memcpy(&a->v6.sin6_addr, e->address, 16);
  return sizeof a->v6;
}
static void from_kernel(const union ip_address *a, struct cl_endpoint *e) {
  memset(e, 0, sizeof *e);
  if (a->any.sa_family == AF_INET6) {
    e->is_ipv6 = 1, e->port = ntohs(a->v6.sin6_port), e->zone = a->v6.sin6_scope_id;
    memcpy(e->address, &a->v6.sin6_addr, 16);
  } else {
    e->port = ntohs(a->v4.sin_port);
    memcpy(e->address, &a->v4.sin_addr, 4);
  }
}
int cl_bind_ip(int socket, const struct cl_endpoint *e) {
  union ip_address a;
  socklen_t l = to_kernel(e, &a);
  RET(bind(socket, &a.any, l));
}
int cl_connect_ip(int socket, const struct cl_endpoint *e) {
  union ip_address a;
  socklen_t l = to_kernel(e, &a);
  RET(connect(socket, &a.any, l));
}
int cl_peer_ip(int socket, struct cl_endpoint *e) {
  union ip_address a = {0};
  socklen_t l = sizeof a;
  if (getpeername(socket, &a.any, &l) < 0) return -errno;
  from_kernel(&a, e);
  return 0;
}
int cl_local_ip(int socket, struct cl_endpoint *e) {
  union ip_address a = {0};
  socklen_t l = sizeof a;
  if (getsockname(socket, &a.any, &l) < 0) return -errno;
  from_kernel(&a, e);
  return 0;
}
enum { MOST_DATAGRAMS = 32 };
int cl_receive_datagrams(int socket, void *buffer, size_t each, uint32_t count, uint32_t *sizes, struct cl_endpoint *from) {
  struct mmsghdr m[MOST_DATAGRAMS] = {0};
  struct iovec io[MOST_DATAGRAMS];
  union ip_address a[MOST_DATAGRAMS];
  if (count > MOST_DATAGRAMS) count = MOST_DATAGRAMS;
  for (uint32_t i = 0; i < count; i++) {
    io[i] = (struct iovec){(char *)buffer + i * each, each};
    m[i].msg_hdr = (struct msghdr){.msg_name = &a[i], .msg_namelen = sizeof a[i], .msg_iov = &io[i], .msg_iovlen = 1};
  }
  int n;
  do n = recvmmsg(socket, m, count, MSG_DONTWAIT, NULL);
  while (n < 0 && errno == EINTR);
  if (n < 0) return -errno;
  for (int i = 0; i < n; i++) sizes[i] = m[i].msg_len, from_kernel(&a[i], &from[i]);
  return n;
}
int cl_send_datagrams(
    int socket, const void *buffer, const uint32_t *sizes, const struct cl_endpoint *to, uint32_t count) {
  struct mmsghdr m[MOST_DATAGRAMS] = {0};
  struct iovec io[MOST_DATAGRAMS];
  union ip_address a[MOST_DATAGRAMS];
  const char *at = buffer;
  if (count > MOST_DATAGRAMS) count = MOST_DATAGRAMS;
  for (uint32_t i = 0; i < count; at += sizes[i++]) {
    io[i] = (struct iovec){(void *)at, sizes[i]};
    m[i].msg_hdr.msg_name = &a[i], m[i].msg_hdr.msg_namelen = to_kernel(&to[i], &a[i]);
    m[i].msg_hdr.msg_iov = &io[i], m[i].msg_hdr.msg_iovlen = 1;
  }
  for (uint32_t sent = 0; sent < count;) {
    int n = sendmmsg(socket, m + sent, count - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && errno == EINTR) continue;
    // An error is that of the first one: who asked is gone, or asks again.
    sent += n > 0 ? (uint32_t)n : 1;
  }
  return (int)count;
}
uint32_t cl_interface_index(const char *name) { return if_nametoindex(name); }
static int unix_address(struct sockaddr_un *a, const char *path) {
  memset(a, 0, sizeof *a);
  a->sun_family = AF_UNIX;
  if (strlen(path) >= sizeof a->sun_path) return -ENAMETOOLONG;
  strcpy(a->sun_path, path);
  return 0;
}
int cl_bind_unix(int socket, const char *path) {
  struct sockaddr_un a;
  int r = unix_address(&a, path);
  if (r) return r;
  RET(bind(socket, (struct sockaddr *)&a, sizeof a));
}
int cl_connect_unix(int socket, const char *path) {
  struct sockaddr_un a;
  int r = unix_address(&a, path);
  if (r) return r;
  RET(connect(socket, (struct sockaddr *)&a, sizeof a));
}
int cl_connect_abstract(int socket, const char *name) {
  struct sockaddr_un a = {.sun_family = AF_UNIX};
  size_t length = strlen(name);
  if (length >= sizeof a.sun_path) return -ENAMETOOLONG;
  memcpy(a.sun_path + 1, name, length);
  RET(connect(socket, (struct sockaddr *)&a, offsetof(struct sockaddr_un, sun_path) + 1 + length));
}
int cl_listen(int socket, int backlog) { RET(listen(socket, backlog)); }
int cl_shutdown(int socket, int how) { RET(shutdown(socket, how)); }
int cl_accept4(int socket, int flags) { RETRY(accept4(socket, NULL, NULL, flags)); }
int cl_peer_uid(int socket, uint32_t *uid, pid_t *pid) {
  struct ucred c;
  socklen_t l = sizeof c;
  if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &c, &l) < 0) return -errno;
  *uid = c.uid, *pid = c.pid;
  return 0;
}
int cl_mount_namespace_id(int fd, uint64_t *id) {
  RET(ioctl(fd, _IOR(0xb7, 5, uint64_t) /* NS_GET_MNTNS_ID */, id));
}
int cl_netns_cookie(int socket, uint64_t *cookie) {
  socklen_t l = sizeof *cookie;
  RET(getsockopt(socket, SOL_SOCKET, 71 /* SO_NETNS_COOKIE, Linux 5.14 */, cookie, &l));
}

int cl_epoll_create(void) { RET(epoll_create1(EPOLL_CLOEXEC)); }
int cl_epoll_ctl(int epoll, int operation, int fd, uint32_t events, uint64_t data) {
  struct epoll_event e = {.events = events, .data.u64 = data};
  RET(epoll_ctl(epoll, operation, fd, &e));
}
int cl_epoll_wait(int epoll, uint64_t *data, uint32_t *events, int count, int timeout) {
  struct epoll_event e[32];
  int n = epoll_wait(epoll, e, count > 32 ? 32 : count, timeout);
  if (n < 0) return -errno;  // EINTR too: the caller looks at its signals
  for (int i = 0; i < n; i++) data[i] = e[i].data.u64, events[i] = e[i].events;
  return n;
}

// Drops the pages of [begin, end) that still are the file's: bit 63 of an entry of pagemap is present, 61 is file.
static void drop_file_pages(uintptr_t begin, uintptr_t end) {
  enum { PAGE = 4096, CHUNK = 512 };
  uint64_t entries[CHUNK], clean = 1ULL << 63 | 1ULL << 61;
  int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
  if (pagemap < 0) return;  // less memory given back, nothing else
  for (uintptr_t at = begin & ~(uintptr_t)(PAGE - 1); at < end; at += CHUNK * PAGE) {
    size_t pages = (end - at + PAGE - 1) / PAGE;
    if (pages > CHUNK) pages = CHUNK;
    ssize_t got = pread(pagemap, entries, pages * sizeof *entries, (off_t)(at / PAGE * sizeof *entries));
    for (ssize_t i = 0, n = got / (ssize_t)sizeof *entries; i < n;) {
      ssize_t run = i;
      while (run < n && (entries[run] & clean) == clean) run++;
      if (run > i) madvise((void *)(at + (uintptr_t)i * PAGE), (size_t)(run - i) * PAGE, MADV_DONTNEED);
      i = run + 1;
    }
  }
  close(pagemap);
}
int cl_epoll_wait_trimmed(int epoll, uint64_t *data, uint32_t *events, int count) {
  extern char __executable_start, edata;  // ld's: the program's file in memory
  malloc_trim(0);
  drop_file_pages((uintptr_t)&__executable_start, (uintptr_t)&edata);
  // From here to the system call hardly a page is touched again.
  return cl_epoll_wait(epoll, data, events, count, -1);
}
int cl_poll_one(int fd, short events, int timeout) {
  struct pollfd p = {fd, events, 0};
  int r = poll(&p, 1, timeout);
  return r < 0 ? -errno : r ? p.revents : 0;
}
static sigset_t set_of(uint64_t mask) {
  sigset_t s;
  sigemptyset(&s);
  for (int i = 1; i <= 64; i++)
    if (mask >> (i - 1) & 1) sigaddset(&s, i);
  return s;
}
int cl_signalfd(uint64_t mask, int flags) {
  sigset_t s = set_of(mask);
  RET(signalfd(-1, &s, flags | SFD_CLOEXEC));
}
int cl_block_signals(uint64_t mask, int block) {
  sigset_t s = set_of(mask);
  return -pthread_sigmask(block ? SIG_BLOCK : SIG_UNBLOCK, &s, NULL);
}
int cl_read_signalfd(int fd) {
  struct signalfd_siginfo i;
  ssize_t n;
  do n = read(fd, &i, sizeof i);
  while (n < 0 && errno == EINTR);
  return n < 0 ? -errno : (int)i.ssi_signo;
}
int cl_timerfd(void) { RET(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)); }
int cl_timerfd_set(int fd, uint64_t ns) {
  struct itimerspec t = {.it_value = {(time_t)(ns / 1000000000u), (long)(ns % 1000000000u)}};
  RET(timerfd_settime(fd, 0, &t, NULL));
}
int cl_wall_timerfd(void) { RET(timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK)); }
int cl_wall_timerfd_set(int fd, uint64_t seconds) {
  struct itimerspec t = {.it_value = {(time_t)seconds, 0}};
  RET(timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &t, NULL));
}
void cl_trim_heap(void) { malloc_trim(0); }
int cl_inotify_init(void) { RET(inotify_init1(IN_CLOEXEC | IN_NONBLOCK)); }
int cl_inotify_add(int fd, const char *path, uint32_t mask) { RET(inotify_add_watch(fd, path, mask)); }
int cl_inotify_remove(int fd, int watch) { RET(inotify_rm_watch(fd, watch)); }
int cl_ioctl_winsize(int fd, unsigned short *rows, unsigned short *columns) {
  struct winsize w;
  if (ioctl(fd, TIOCGWINSZ, &w) < 0) return -errno;
  *rows = w.ws_row, *columns = w.ws_col;
  return 0;
}

int cl_spawn(const struct cl_spawn_request *w) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  sigset_t all, none;
  int lifted[64], error, n = w->fd_count;
  pid_t pid = 0;
  if (n < 3 || n > 64) return -EINVAL;
  for (int i = 0; i < n; i++) lifted[i] = -1;
  // First out of the way, so that no dup2 below overwrites a source that is still needed.
  for (int i = 0; i < n; i++)
    if ((lifted[i] = fcntl(w->fds[i], F_DUPFD_CLOEXEC, n)) < 0) {
      error = errno;
      while (i > 0) close(lifted[--i]);
      return -error;
    }
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
  for (int i = 0; i < n; i++) posix_spawn_file_actions_adddup2(&actions, lifted[i], i);
  posix_spawn_file_actions_addclosefrom_np(&actions, n);
  sigfillset(&all), sigemptyset(&none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, (short)(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | (w->new_session ? POSIX_SPAWN_SETSID : 0)));
  error = posix_spawn(&pid, w->path, &actions, &attributes, w->argv, w->envp);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  for (int i = 0; i < n; i++) close(lifted[i]);
  return error ? -error : pid;
}
