// The program `containr`: the door. Starts in a third of a millisecond and becomes the program that does the work:
// `containr-run` for `containr run`, sealed since containers are its children; `containr-cli` for everything else.
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "CContainrLinux.h"

// A sealed file has no path beside which Swift could look for its crash helper; it would look below the caller's
// working directory. Sources/ContainrCLI/Surroundings.swift takes the word away again.
static char no_backtrace[] = "SWIFT_BACKTRACE=enable=no,swift-backtrace=/dev/null";

static char **with_no_backtrace(char **environment) {
  size_t count = 0;
  for (; environment[count]; count++)
    if (!strncmp(environment[count], "SWIFT_BACKTRACE=", 16)) return environment;
  char **copy = malloc((count + 2) * sizeof *copy);
  if (!copy) return environment;
  copy[0] = no_backtrace;
  memcpy(copy + 1, environment, (count + 1) * sizeof *copy);
  return copy;
}

int main(int argc, char **argv, char **environment) {
  char self[PATH_MAX], path[2][PATH_MAX + 64];
  ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
  if (length < 0) return perror("error: /proc/self/exe"), 1;
  self[length] = 0;
  *strrchr(self, '/') = 0;
  int runs = argc > 1 && !strcmp(argv[1], "run");
  const char *name = runs ? "containr-run" : "containr-cli";
  snprintf(path[0], sizeof path[0], "%s/%s", self, name);
  char *parent = strrchr(self, '/');
  if (parent) *parent = 0;
  snprintf(path[1], sizeof path[1], "%s/libexec/containr/%s", self, name);
  int error = ENOENT;
  for (int i = 0; i < 2 && error == ENOENT; i++) {
    if (runs) {
      argv[0] = path[i];  // where it is: its own /proc/self/exe will not tell
      error = -cl_exec_sealed(path[i], argv, with_no_backtrace(environment));
      // Who may not seal is not root, which the other program explains.
      if (error == EPERM) {
        *strrchr(path[i], '/') = 0;
        strcat(path[i], "/containr-cli");
        execve(path[i], argv, environment);
        error = errno;
      }
    } else {
      execve(path[i], argv, environment);
      error = errno;
    }
  }
  if (error == ENOENT) {
    fprintf(stderr, "error: %s is not installed\n  = note: looked for %s and %s\n  = help: `make install` puts it there\n",
            name, path[0], path[1]);
  } else {
    fprintf(stderr, "error: %s: %s\n", path[0], strerror(error));
  }
  return 1;
}
