// Programs that enter containers, executed so that nothing inside can write to their files. Each returns its result or
// -errno. Reads nothing but its arguments.
#define _GNU_SOURCE
#include "CContainrLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "result.h"

int cl_open_sealed(const char *path) {
  int tree = cl_open_tree(AT_FDCWD, path, 1 /* OPEN_TREE_CLONE */ | O_CLOEXEC);
  if (tree < 0) return tree;
  // MOUNT_ATTR_RDONLY; MS_PRIVATE
  int result = cl_mount_setattr(tree, "", AT_EMPTY_PATH, 1, 0, 1 << 18, -1);
  if (result == 0) {
    char name[32];
    snprintf(name, sizeof name, "/proc/self/fd/%d", tree);
    result = open(name, O_PATH | O_CLOEXEC);
    if (result < 0) result = -errno;
  }
  // Without its own descriptor the mount is in no namespace, and what is in none cannot be changed any more.
  close(tree);
  return result;
}

int cl_exec_sealed(const char *path, char *const *argv, char *const *envp) {
  // The door (Sources/containr) does the same without a library.
  int tree = cl_open_tree(AT_FDCWD, path, 1 /* OPEN_TREE_CLONE */);
  if (tree < 0) return tree;
  int result = cl_mount_setattr(tree, "", AT_EMPTY_PATH, 1, 0, 1 << 18, -1);
  if (result == 0) {
    char name[32];
    snprintf(name, sizeof name, "/proc/self/fd/%d", tree);
    execve(name, argv, envp);
    result = -errno;
  }
  close(tree);
  return result;
}

int cl_seal_descriptor(void) {
  const char *name = (const char *)getauxval(AT_EXECFN);
  static const char start[] = "/proc/self/fd/";
  if (!name || strncmp(name, start, sizeof start - 1)) return -ENOENT;
  int fd = atoi(name + sizeof start - 1);
  return fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 ? -errno : fd;
}

static int exec_copy(char *const *argv, char *const *envp) {
  int in = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  if (in < 0) return -errno;
  struct stat st;
  if (fstat(in, &st) < 0) {
    int e = -errno;
    close(in);
    return e;
  }
  int out = (int)syscall(SYS_memfd_create, "containr-runtime", 3 /* MFD_CLOEXEC | MFD_ALLOW_SEALING */);
  int result = out < 0 ? -errno : 0;
  for (off_t done = 0; result == 0 && done < st.st_size;) {
    ssize_t n = sendfile(out, in, &done, (size_t)(st.st_size - done));
    if (n <= 0) result = n < 0 ? -errno : -EIO;
  }
  if (result == 0 && fcntl(out, 1033 /* F_ADD_SEALS */, 0xF) < 0) result = -errno;
  if (result == 0) {
    char name[32];
    // By number, which tells the program that it is sealed; the descriptor goes with execve.
    snprintf(name, sizeof name, "/proc/self/fd/%d", out);
    execve(name, argv, envp);
    result = -errno;
  }
  if (out >= 0) close(out);
  close(in);
  return result;
}

// glibc gives them to constructors; there is no other way to them that does not read /proc.
static char **arguments;
__attribute__((constructor)) static void remember(int count, char **argv) {
  (void)count;
  arguments = argv;
}
char *const *cl_arguments(void) { return arguments; }
char *const *cl_environment(void) { return environ; }
const char *cl_variable(const char *name) { return getenv(name); }

int cl_reexec_sealed(void) {
  char *const *argv = arguments, *const *envp = environ;
  const char *name = (const char *)getauxval(AT_EXECFN);
  static const char start[] = "/proc/self/fd/";
  if (name && !strncmp(name, start, sizeof start - 1)) return 0;
  int result = cl_exec_sealed("/proc/self/exe", argv, envp);
  if (result != -EPERM) return result;
  if (access("/proc/self/exe", W_OK) < 0) return 0;
  return exec_copy(argv, envp);
}

int cl_ensure_standard(void) {
  for (int fd = 0; fd < 3; fd++) {
    if (fcntl(fd, F_GETFD) >= 0) continue;
    // The lowest free number, which is this one.
    if (open("/dev/null", O_RDWR) < 0) return -errno;
  }
  return 0;
}
