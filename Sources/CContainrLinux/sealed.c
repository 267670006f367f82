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

int cl_ensure_standard(void) {
  for (int fd = 0; fd < 3; fd++) {
    if (fcntl(fd, F_GETFD) >= 0) continue;
    // The lowest free number, which is this one.
    if (open("/dev/null", O_RDWR) < 0) return -errno;
  }
  return 0;
}
