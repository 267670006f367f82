// The syscalls of CContainrLinux.h: processes, files, mounts. Each returns its result or -errno.
#define _GNU_SOURCE
#include "CContainrLinux.h"

#include <fcntl.h>
#include <dirent.h>
#include <errno.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#include "result.h"

struct clone_args_v2 {  // linux/sched.h, up to CLONE_ARGS_SIZE_VER2
  uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size, cgroup;
};

int cl_clone3(const struct cl_clone *a, int *pidfd) {
  // CLONE_PARENT: the parent's own signal, and the kernel refuses another.
  struct clone_args_v2 args = {.flags = a->flags, .exit_signal = a->flags & CLONE_PARENT ? 0 : SIGCHLD};
  if (pidfd) args.flags |= CLONE_PIDFD, args.pidfd = (uint64_t)(uintptr_t)pidfd;
  if (a->cgroup >= 0) args.flags |= 0x200000000ULL /* CLONE_INTO_CGROUP */, args.cgroup = (uint64_t)a->cgroup;
  RET(syscall(SYS_clone3, &args, sizeof args));
}
int cl_clone3_borrowing(const struct cl_clone *a, int *pidfd, void (*run)(void *), void *context) {
  // Deep enough below this frame that nothing of it is touched; no more has to be kept free.
  uintptr_t top = ((uintptr_t)__builtin_frame_address(0) - 8192) & ~(uintptr_t)15;
  struct clone_args_v2 args = {.flags = a->flags | CLONE_VM | CLONE_VFORK | CLONE_PIDFD, .exit_signal = SIGCHLD};
  args.pidfd = (uint64_t)(uintptr_t)pidfd, args.stack = top - 65536, args.stack_size = 65536;
  if (a->cgroup >= 0) args.flags |= 0x200000000ULL /* CLONE_INTO_CGROUP */, args.cgroup = (uint64_t)a->cgroup;
#if defined(__x86_64__)
  long result;
  __asm__ volatile(
      "syscall\n\ttest %%rax, %%rax\n\tjnz 1f\n\t"
      "xor %%ebp, %%ebp\n\tmov %[context], %%rdi\n\tcall *%[run]\n\tud2\n1:"
      : "=a"(result)
      : "0"((long)SYS_clone3), "D"(&args), "S"(sizeof args), [run] "r"(run), [context] "r"(context)
      : "rcx", "r11", "memory");
#elif defined(__aarch64__)
  register long result __asm__("x0") = (long)(uintptr_t)&args;
  register long size __asm__("x1") = (long)sizeof args;
  register long number __asm__("x8") = SYS_clone3;
  __asm__ volatile(
      "svc #0\n\tcbnz x0, 1f\n\tmov x29, #0\n\tmov x0, %[context]\n\tblr %[run]\n\tbrk #1\n1:"
      : "+r"(result)
      : "r"(size), "r"(number), [run] "r"(run), [context] "r"(context)
      : "memory", "x30");
#else
#error "cl_clone3_borrowing: not written for this processor"
#endif
  return (int)result;
}
int cl_unshare(int flags) { RET(unshare(flags)); }
int cl_setns(int fd, int flags) { RET(setns(fd, flags)); }
int cl_pidfd_open(pid_t pid, unsigned flags) { RET(syscall(SYS_pidfd_open, pid, flags)); }
int cl_pidfd_send_signal(int pidfd, int signal) { RET(syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0)); }

static int wait_for(idtype_t type, id_t id, int options, pid_t *pid, int *code, int *status) {
  siginfo_t info;
  long r;
  do {
    memset(&info, 0, sizeof info);
    r = waitid(type, id, &info, options);
  } while (r < 0 && errno == EINTR);
  if (r < 0) return -errno;
  *pid = info.si_pid, *code = info.si_code, *status = info.si_status;
  return 0;
}
int cl_waitid_pidfd(int pidfd, int options, pid_t *pid, int *code, int *status) {
  return wait_for(P_PIDFD, (id_t)pidfd, options | WEXITED, pid, code, status);
}
int cl_waitid_any(int options, pid_t *pid, int *code, int *status) {
  return wait_for(P_ALL, 0, options | WEXITED, pid, code, status);
}
int cl_prctl(int o, unsigned long a, unsigned long b, unsigned long c, unsigned long d) { RET(prctl(o, a, b, c, d)); }
pid_t cl_getpid(void) { return getpid(); }
uint32_t cl_geteuid(void) { return geteuid(); }
uint32_t cl_getegid(void) { return getegid(); }
int cl_set_subreaper(void) { RET(prctl(36 /* PR_SET_CHILD_SUBREAPER */, 1, 0, 0, 0)); }
int cl_setsid(void) { RET(setsid()); }
int cl_sethostname(const char *name, size_t length) { RET(sethostname(name, length)); }
int cl_setdomainname(const char *name, size_t length) { RET(setdomainname(name, length)); }
// The raw syscalls: glibc's wrappers signal all threads, of which the shim has none.
int cl_setgroups(size_t count, const uint32_t *groups) { RET(syscall(SYS_setgroups, count, groups)); }
int cl_setresuid(uint32_t r, uint32_t e, uint32_t s) { RET(syscall(SYS_setresuid, r, e, s)); }
int cl_setresgid(uint32_t r, uint32_t e, uint32_t s) { RET(syscall(SYS_setresgid, r, e, s)); }
int cl_capset(uint64_t e, uint64_t p, uint64_t i) {
  struct __user_cap_header_struct h = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct d[2] = {{(uint32_t)e, (uint32_t)p, (uint32_t)i},
                                        {(uint32_t)(e >> 32), (uint32_t)(p >> 32), (uint32_t)(i >> 32)}};
  RET(syscall(SYS_capset, &h, d));
}
int cl_capget(uint64_t *e, uint64_t *p, uint64_t *i) {
  struct __user_cap_header_struct h = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct d[2];
  if (syscall(SYS_capget, &h, d) < 0) return -errno;
  *e = d[0].effective | (uint64_t)d[1].effective << 32;
  *p = d[0].permitted | (uint64_t)d[1].permitted << 32;
  *i = d[0].inheritable | (uint64_t)d[1].inheritable << 32;
  return 0;
}
int cl_seccomp_filter(const void *program, size_t bytes, unsigned flags) {
  struct sock_fprog p = {(unsigned short)(bytes / sizeof(struct sock_filter)), (struct sock_filter *)program};
  RET(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &p));
}
int cl_setrlimit(int resource, uint64_t soft, uint64_t hard) {
  struct rlimit l = {soft, hard};
  RET(setrlimit(resource, &l));
}
int cl_prlimit(pid_t pid, int resource, uint64_t soft, uint64_t hard) {
  struct rlimit l = {soft, hard};
  RET(prlimit(pid, resource, &l, NULL));
}
int cl_prlimit_get(pid_t pid, int resource, uint64_t *soft, uint64_t *hard) {
  struct rlimit l;
  if (prlimit(pid, resource, NULL, &l) < 0) return -errno;
  *soft = l.rlim_cur, *hard = l.rlim_max;
  return 0;
}
int cl_getrlimit(int resource, uint64_t *soft, uint64_t *hard) {
  struct rlimit l;
  if (getrlimit(resource, &l) < 0) return -errno;
  *soft = l.rlim_cur, *hard = l.rlim_max;
  return 0;
}
int cl_keyctl_join_session(const char *name) { RET(syscall(SYS_keyctl, 1 /* KEYCTL_JOIN_SESSION_KEYRING */, name)); }
int cl_execve(const char *path, char *const *argv, char *const *envp) { RET(execve(path, argv, envp)); }
int cl_keep_descriptors(const int *descriptors, int count) {
  int copies[8];
  if (count > 8) return -EINVAL;
  for (int i = 0; i < count; i++)
    if ((copies[i] = fcntl(descriptors[i], F_DUPFD_CLOEXEC, count)) < 0) return -errno;
  for (int i = 0; i < count; i++)
    if (dup2(copies[i], i) < 0) return -errno;
  return cl_close_range((unsigned)count, ~0u, 0);
}

int cl_close_range(unsigned first, unsigned last, unsigned flags) { RET(syscall(SYS_close_range, first, last, flags)); }
int cl_reset_signals(void) {
  struct sigaction d = {.sa_handler = SIG_DFL};
  for (int s = 1; s <= 64; s++)
    if (s != SIGKILL && s != SIGSTOP) sigaction(s, &d, NULL);  // 32 and 33 are glibc's: EINVAL, harmless
  sigset_t none;
  sigemptyset(&none);
  RET(sigprocmask(SIG_SETMASK, &none, NULL));
}
int cl_umask(unsigned mask) { return (int)umask(mask); }
int cl_ioprio_set_none(void) { RET(syscall(SYS_ioprio_set, 1 /* IOPRIO_WHO_PROCESS */, 0, 0)); }
int cl_ioprio_set(unsigned class_, unsigned level) {
  RET(syscall(SYS_ioprio_set, 1 /* IOPRIO_WHO_PROCESS */, 0, class_ << 13 | level));
}
int cl_set_mempolicy(unsigned mode, const uint8_t *nodes, size_t bits) {
  // The kernel counts one bit less than it is told.
  RET(syscall(SYS_set_mempolicy, mode, bits ? nodes : NULL, bits ? bits + 1 : 0));
}
int cl_personality(unsigned long persona) { RET(syscall(SYS_personality, persona)); }
int cl_sched_setattr(uint32_t policy, uint64_t flags, int32_t nice, uint32_t priority, uint64_t runtime, uint64_t deadline, uint64_t period) {
  struct {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime, deadline, period;
  } a = {sizeof a, policy, flags, nice, priority, runtime, deadline, period};
  RET(syscall(SYS_sched_setattr, 0, &a, 0));
}
int cl_sched_setaffinity(const uint8_t *set, size_t size) { RET(syscall(SYS_sched_setaffinity, 0, size, set)); }
int cl_sched_setaffinity_all(void) {
  unsigned char all[1024];
  memset(all, 0xff, sizeof all);
  RET(syscall(SYS_sched_setaffinity, 0, sizeof all, all));
}
int cl_move_to_other_cpu(pid_t pid) {
  unsigned cpu;
  unsigned char own[1024], set[sizeof own];
  if (syscall(SYS_getcpu, &cpu, NULL, NULL) < 0 || cpu >= sizeof set * 8) return 0;
  long size = syscall(SYS_sched_getaffinity, 0, sizeof own, own);
  if (size <= 0) return 0;
  memcpy(set, own, (size_t)size);
  set[cpu / 8] &= ~(1u << cpu % 8);
  // Refused where this is the only one.
  if (syscall(SYS_sched_setaffinity, pid, size, set) < 0) return 0;
  RET(syscall(SYS_sched_setaffinity, pid, size, own));
}
int cl_dup3(int from, int to, int flags) { RETRY(dup3(from, to, flags)); }
int cl_dup_cloexec(int fd) { RET(fcntl(fd, F_DUPFD_CLOEXEC, 3)); }
int cl_O_CLOEXEC(void) { return O_CLOEXEC; }
int cl_O_DIRECTORY(void) { return O_DIRECTORY; }
int cl_O_TMPFILE(void) { return O_TMPFILE; }
int cl_O_NOFOLLOW(void) { return O_NOFOLLOW; }
int cl_fork(void) { RET(fork()); }
void cl__exit(int code) { _exit(code); }
static uint64_t clock_ns(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}
uint64_t cl_boottime_ns(void) { return clock_ns(CLOCK_BOOTTIME); }
uint64_t cl_realtime_ns(void) { return clock_ns(CLOCK_REALTIME); }
uint64_t cl_monotonic_ns(void) { return clock_ns(CLOCK_MONOTONIC); }

int cl_openat2(int directory, const char *path, const struct cl_open_how *how) {
  RETRY(syscall(SYS_openat2, directory, path, how, sizeof *how));
}
int cl_mkdirat(int d, const char *p, unsigned m) { RET(mkdirat(d, p, m)); }
int cl_mknodat(int d, const char *p, unsigned m, unsigned major, unsigned minor) {
  RET(mknodat(d, p, m, makedev(major, minor)));
}
int cl_symlinkat(const char *t, int d, const char *p) { RET(symlinkat(t, d, p)); }
int cl_unlinkat(int d, const char *p, int f) { RET(unlinkat(d, p, f)); }
int cl_faccessat(int d, const char *p, int m, int f) { RET(syscall(439 /* SYS_faccessat2 */, d, p, m, f)); }
int cl_renameat(int fd, const char *f, int td, const char *t) { RET(renameat(fd, f, td, t)); }
int cl_rename_exchange(const char *a, const char *b) { RET(syscall(SYS_renameat2, AT_FDCWD, a, AT_FDCWD, b, 2)); }
int cl_fchownat(int d, const char *p, uint32_t u, uint32_t g, int f) { RET(fchownat(d, p, u, g, f)); }
int cl_fchmod(int fd, unsigned m) { RET(fchmod(fd, m)); }
int cl_chmod(const char *p, unsigned m) { RET(chmod(p, m)); }
int cl_fchdir(int fd) { RET(fchdir(fd)); }
int cl_chdir(const char *p) { RET(chdir(p)); }
int cl_chroot(const char *p) { RET(chroot(p)); }
int cl_getcwd(char *b, size_t s) { RET(syscall(SYS_getcwd, b, s)); }
int cl_readlinkat(int d, const char *p, char *b, size_t s) { RET(readlinkat(d, p, b, s)); }
int cl_memfd_create(const char *name, unsigned flags) { RET(syscall(SYS_memfd_create, name, flags)); }
int cl_fcntl_add_seals(int fd, int seals) { RET(fcntl(fd, 1033 /* F_ADD_SEALS */, seals)); }
int cl_set_cloexec(int fd, int on) { RET(fcntl(fd, F_SETFD, on ? FD_CLOEXEC : 0)); }
int cl_stays_open(int fd) {
  int flags = fcntl(fd, F_GETFD);
  return flags >= 0 && !(flags & FD_CLOEXEC);
}
int cl_set_nonblocking(int fd, int on) {
  int flags = fcntl(fd, F_GETFL);
  if (flags < 0) return -errno;
  RET(fcntl(fd, F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK));
}
int cl_flock(int fd, int operation) { RETRY(flock(fd, operation)); }
int cl_fsync(int fd) { RETRY(fsync(fd)); }
int cl_sync_file_range(int fd, off_t offset, off_t count, unsigned flags) { RETRY(sync_file_range(fd, offset, count, flags)); }
int cl_fdatasync(int fd) { RETRY(fdatasync(fd)); }
off_t cl_lseek(int fd, off_t offset, int whence) { RETRY(lseek(fd, offset, whence)); }
ssize_t cl_flistxattr(int fd, char *names, size_t size) { RETRY(flistxattr(fd, names, size)); }
int cl_syncfs(int fd) { RETRY(syncfs(fd)); }
int cl_pipe2(int *fds, int flags) { RET(pipe2(fds, flags)); }
int cl_eventfd(unsigned initial, int flags) { RET(eventfd(initial, flags)); }
ssize_t cl_read(int fd, void *b, size_t s) { RETRY(read(fd, b, s)); }
ssize_t cl_write(int fd, const void *b, size_t s) { RETRY(write(fd, b, s)); }
ssize_t cl_pread(int fd, void *b, size_t s, off_t o) { RETRY(pread(fd, b, s, o)); }
void *cl_map_counters(int fd, size_t size) {
  // Room first: a page that tmpfs cannot give would be a SIGBUS at the first write.
  if (fallocate(fd, 0, 0, (off_t)size) < 0) return 0;
  void *at = mmap(0, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  return at == MAP_FAILED ? 0 : at;
}
void cl_unmap(void *at, size_t size) { munmap(at, size); }
int cl_close(int fd) { RET(close(fd)); }  // never retried: Linux has released the number even on EINTR

int cl_statx(int d, const char *p, int flags, struct cl_stat *o) {
  struct statx s;
  if (statx(d, p, flags | AT_NO_AUTOMOUNT, STATX_BASIC_STATS | 0x1000u /* STATX_MNT_ID */, &s) < 0) return -errno;
  *o = (struct cl_stat){
      .device = makedev(s.stx_dev_major, s.stx_dev_minor), .inode = s.stx_ino, .size = s.stx_size,
      .mount_id = s.stx_mnt_id, .mode = s.stx_mode, .uid = s.stx_uid, .gid = s.stx_gid, .links = s.stx_nlink,
      .rdev_major = s.stx_rdev_major, .rdev_minor = s.stx_rdev_minor, .mtime_seconds = s.stx_mtime.tv_sec,
      .mtime_nanoseconds = s.stx_mtime.tv_nsec, .ctime_seconds = s.stx_ctime.tv_sec,
      .ctime_nanoseconds = s.stx_ctime.tv_nsec};
  return 0;
}
int cl_fstatfs_type(int fd, int64_t *type) {
  struct statfs s;
  if (fstatfs(fd, &s) < 0) return -errno;
  *type = s.f_type;
  return 0;
}
int cl_is_readonly(const char *path) {
  struct statfs s;
  if (statfs(path, &s) < 0) return -errno;
  return (s.f_flags & 1 /* ST_RDONLY */) != 0;
}
int cl_statfs_space(const char *path, cl_space *space) {
  struct statfs s;
  if (statfs(path, &s) < 0) return -errno;
  space->free_bytes = (uint64_t)s.f_bavail * (uint64_t)s.f_bsize;
  space->inodes = s.f_files, space->free_inodes = s.f_ffree;
  space->read_only = (s.f_flags & 1 /* ST_RDONLY */) != 0;
  return 0;
}
ssize_t cl_getdents(int fd, char *out, size_t size, int type) {
  struct record {
    uint64_t inode;
    int64_t offset;
    unsigned short length;
    unsigned char type;
    char name[];
  };
  char raw[8192];
  if (size < sizeof raw) return -EINVAL;  // names are shorter than their records, so one fill always fits
  for (;;) {
    long n = syscall(SYS_getdents64, fd, raw, sizeof raw);
    if (n <= 0) return n < 0 ? -errno : 0;
    size_t used = 0;
    for (long at = 0; at < n;) {
      struct record *r = (struct record *)(raw + at);
      at += r->length;
      if (!strcmp(r->name, ".") || !strcmp(r->name, "..")) continue;
      if (type && r->type && r->type != type) continue;
      size_t length = strlen(r->name) + 1;
      memcpy(out + used, r->name, length);
      used += length;
    }
    if (used) return (ssize_t)used;  // only dots so far: read on, 0 means the end
  }
}

int cl_fsopen(const char *type, unsigned flags) { RET(syscall(SYS_fsopen, type, flags)); }
int cl_fsconfig(int fd, unsigned c, const char *k, const void *v, int aux) { RET(syscall(SYS_fsconfig, fd, c, k, v, aux)); }
int cl_fsmount(int fd, unsigned flags, unsigned attributes) { RET(syscall(SYS_fsmount, fd, flags, attributes)); }
int cl_open_tree(int d, const char *p, unsigned flags) { RET(syscall(SYS_open_tree, d, p, flags)); }
int cl_move_mount(int fd, const char *f, int td, const char *t, unsigned flags) {
  RET(syscall(SYS_move_mount, fd, f, td, t, flags));
}
int cl_mount_setattr(int d, const char *p, unsigned flags, uint64_t set, uint64_t clear, uint64_t propagation, int userns) {
  struct {
    uint64_t set, clear, propagation, userns;
  } a = {set, clear, propagation, userns < 0 ? 0 : (uint64_t)userns};
  RET(syscall(442 /* SYS_mount_setattr */, d, p, flags, &a, sizeof a));
}

int cl_mount(const char *s, const char *t, const char *type, unsigned long f, const char *data) { RET(mount(s, t, type, f, data)); }
int cl_umount2(const char *t, int f) { RET(umount2(t, f)); }
int cl_pivot_root(const char *n, const char *o) { RET(syscall(SYS_pivot_root, n, o)); }
