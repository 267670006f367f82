// Reading back credentials, and what a process inherits of its caller's scheduling. Each returns its result or -errno.
#define _GNU_SOURCE
#include "CContainrLinux.h"

#include <errno.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

int cl_getresuid(uint32_t *real, uint32_t *effective, uint32_t *saved) {
  return syscall(SYS_getresuid, real, effective, saved) < 0 ? -errno : 0;
}
int cl_getresgid(uint32_t *real, uint32_t *effective, uint32_t *saved) {
  return syscall(SYS_getresgid, real, effective, saved) < 0 ? -errno : 0;
}
int cl_getgroups(size_t count, uint32_t *groups) {
  long n = syscall(SYS_getgroups, count, groups);
  return n < 0 ? -errno : (int)n;
}
int cl_reset_priority(void) {
  struct sched_param normal = {0};
  // Whoever has made themselves more patient may not take it back without CAP_SYS_NICE: EPERM, EACCES.
  if (syscall(SYS_sched_getscheduler, 0) != SCHED_OTHER &&
      syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, &normal) < 0 && errno != EPERM)
    return -errno;
  if (syscall(SYS_getpriority, PRIO_PROCESS, 0) == 20) return 0;  // the raw call answers 20 - nice
  return syscall(SYS_setpriority, PRIO_PROCESS, 0, 0) < 0 && errno != EACCES && errno != EPERM ? -errno : 0;
}
