// The syscalls of CContainrLinux.h that unpacking a layer needs, and the list of them for its seccomp filter.
#define _GNU_SOURCE
#include "CContainrLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "result.h"

int cl_linkat(int fd, const char *f, int td, const char *t, int flags) { RET(linkat(fd, f, td, t, flags)); }
int cl_utimensat(int d, const char *path, int64_t seconds, uint32_t nanoseconds, int flags) {
  struct timespec t[2] = {{seconds, nanoseconds}, {seconds, nanoseconds}};
  RET(syscall(SYS_utimensat, d, path, t, flags));  // the raw call: glibc refuses a NULL path
}
int cl_fsetxattr(int fd, const char *n, const void *v, size_t s, int flags) { RET(fsetxattr(fd, n, v, s, flags)); }
ssize_t cl_fgetxattr(int fd, const char *n, void *v, size_t s) { RET(fgetxattr(fd, n, v, s)); }
int cl_setxattr(const char *p, const char *n, const void *v, size_t s, int flags) { RET(setxattr(p, n, v, s, flags)); }
ssize_t cl_getxattr(const char *p, const char *n, void *v, size_t s) { RET(getxattr(p, n, v, s)); }
int cl_lsetxattr(const char *p, const char *n, const void *v, size_t s, int flags) {
  RET(lsetxattr(p, n, v, s, flags));
}
ssize_t cl_lgetxattr(const char *p, const char *n, void *v, size_t s) { RET(lgetxattr(p, n, v, s)); }
ssize_t cl_pwrite(int fd, const void *b, size_t s, off_t o) { RETRY(pwrite(fd, b, s, o)); }
int cl_ftruncate(int fd, off_t size) { RETRY(ftruncate(fd, size)); }
ssize_t cl_copy_range(int from, int to, size_t size) { RETRY(copy_file_range(from, NULL, to, NULL, size, 0)); }
int cl_ignore_signal(int number) {
  struct sigaction ignore = {.sa_handler = SIG_IGN};
  RET(sigaction(number, &ignore, NULL));
}

// linux/landlock.h of older systems lacks the later fields, and the numbers are the same on every architecture.
struct ruleset {
  uint64_t file_access, network_access;
};
struct __attribute__((packed)) path_rule {
  uint64_t access;
  int32_t directory;
};
int cl_landlock_abi(void) { RET(syscall(444, NULL, 0, 1)); }
int cl_landlock_ruleset(uint64_t files, uint64_t network, int abi) {
  struct ruleset r = {files, network};
  RET(syscall(444, &r, abi >= 4 ? sizeof r : sizeof r.file_access, 0));
}
int cl_landlock_allow_beneath(int ruleset, int directory, uint64_t access) {
  struct path_rule r = {access, directory};
  RET(syscall(445, ruleset, 1 /* LANDLOCK_RULE_PATH_BENEATH */, &r, 0));
}
int cl_landlock_restrict_self(int ruleset) { RET(syscall(446, ruleset, 0)); }

size_t cl_unpacker_syscalls(uint32_t *numbers, size_t count) {
  static const uint32_t all[] = {
      SYS_read, SYS_write, SYS_pwrite64, SYS_lseek, SYS_close, SYS_fstat, SYS_newfstatat, SYS_statx, SYS_openat2,
      SYS_mkdirat, SYS_mknodat, SYS_symlinkat, SYS_linkat, SYS_unlinkat, SYS_fchownat, SYS_fchmod, SYS_utimensat,
      SYS_fsetxattr, SYS_ftruncate, SYS_getdents64, SYS_fcntl, SYS_ppoll,
#ifdef SYS_poll
      SYS_poll,
#endif
#ifdef SYS_renameat
      SYS_renameat,
#endif
      SYS_brk, SYS_mmap, SYS_munmap, SYS_mremap, SYS_mprotect, SYS_madvise, SYS_futex, SYS_getrandom,
      SYS_clock_gettime, SYS_gettimeofday, SYS_sched_yield, SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigreturn,
      SYS_sigaltstack, SYS_getpid, SYS_gettid, SYS_tgkill, SYS_exit, SYS_exit_group,
  };
  const size_t n = sizeof all / sizeof *all;
  for (size_t i = 0; i < n && i < count; i++) numbers[i] = all[i];
  return n;
}
size_t cl_inflater_syscalls(uint32_t *numbers, size_t count) {
  static const uint32_t all[] = {
      SYS_read, SYS_write, SYS_lseek, SYS_fstat, SYS_newfstatat, SYS_brk, SYS_mmap, SYS_munmap, SYS_mremap, SYS_madvise, SYS_rt_sigreturn, SYS_exit,
      SYS_exit_group,
  };
  const size_t n = sizeof all / sizeof *all;
  for (size_t i = 0; i < n && i < count; i++) numbers[i] = all[i];
  return n;
}
int cl_set_pipe_size(int fd, int bytes) { RETRY(fcntl(fd, F_SETPIPE_SZ, bytes)); }
uint32_t cl_audit_arch(void) {
#if defined(__x86_64__)
  return AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
  return AUDIT_ARCH_AARCH64;
#elif defined(__riscv) && __riscv_xlen == 64
  return AUDIT_ARCH_RISCV64;
#else
  return 0;
#endif
}
