// What the small init of a container needs and Glibc's module lacks: by what name it was called, a fork, and the
// children that have ended.
#define _GNU_SOURCE
#include "CContainrLinux.h"
#include "result.h"
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

int cl_is_called(const char *name) {
  char *const *arguments = cl_arguments();
  return arguments && arguments[0] && !strcmp(arguments[0], name);
}
pid_t cl_wait_any(int *status) { RETRY(waitpid(-1, status, WNOHANG)); }
int cl_kill(pid_t pid, int signal) { RET(kill(pid, signal)); }
int cl_execveat(int fd, char *const *argv, char *const *envp) {
  RET(syscall(SYS_execveat, fd, "", argv, envp, AT_EMPTY_PATH));
}
