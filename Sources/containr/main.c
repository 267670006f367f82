// The program `containr`: the door. It becomes the program that does the work: `containr-run` for `containr run`, sealed
// since containers are its children; `containr-cli` for everything else. It may use nothing of a C library: what that does
// before main (on a virtual machine each CPUID alone is a trip to the host) takes longer than all that is done here.
#include <linux/errno.h>
#include <stddef.h>

#include "raw.h"

// Where it begins.
#if defined(__x86_64__)
__asm__(".globl _start\n_start:\n  xor %ebp, %ebp\n  mov %rsp, %rdi\n  and $-16, %rsp\n  call door\n");
#else
__asm__(".globl _start\n_start:\n  mov x29, #0\n  mov x0, sp\n  and sp, x0, #-16\n  bl door\n");
#endif

enum { PATH_SIZE = 4096, ENTRIES = 8192 };

// Swift looks for its crash helper beside the program, and a sealed file has no path: it would look below the caller's
// working directory. Sources/ContainrCLI/Surroundings.swift takes the word away again.
static char no_backtrace[] = "SWIFT_BACKTRACE=enable=no,swift-backtrace=/dev/null";

static size_t length_of(const char *text) {
  size_t length = 0;
  while (text[length]) length++;
  return length;
}

static int starts_with(const char *text, const char *start) {
  while (*start)
    if (*text++ != *start++) return 0;
  return 1;
}

// Appends; what does not fit is cut off, and such a path does not exist.
static void append(char *out, const char *text) {
  size_t at = length_of(out);
  while (*text && at + 1 < PATH_SIZE) out[at++] = *text++;
  out[at] = 0;
}

static void cut_at_last_slash(char *path) {
  char *slash = path;
  for (char *c = path; *c; c++)
    if (*c == '/') slash = c;
  *slash = 0;
}

static void say(const char *text) { raw_write(2, text, length_of(text)); }

static void say_error(int error) {
  static const struct {
    int number;
    const char *words;
  } known[] = {{EPERM, "Operation not permitted"}, {ENOENT, "No such file or directory"}, {E2BIG, "Argument list too long"},
               {ENOEXEC, "Exec format error"},     {ENOMEM, "Cannot allocate memory"},    {EACCES, "Permission denied"},
               {ENOTDIR, "Not a directory"},       {ETXTBSY, "Text file busy"},           {ENOSYS, "this kernel is too old, Linux 5.12 or newer is needed"}};
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    if (known[i].number == error) return say(known[i].words);
  char digits[] = "error 0000";
  for (int at = 9; at > 5; at--, error /= 10) digits[at] = (char)('0' + error % 10);
  say(digits);
}

static char *extended[ENTRIES + 2];

static char **with_no_backtrace(char **environment) {
  size_t count = 0;
  for (; environment[count]; count++)
    if (starts_with(environment[count], "SWIFT_BACKTRACE=") || count == ENTRIES) return environment;
  extended[0] = no_backtrace;
  for (size_t i = 0; i <= count; i++) extended[i + 1] = environment[i];
  return extended;
}

// Executes a file on a read-only mount of its own, through that mount's descriptor, whose number the program finds in
// AT_EXECFN. It closes it when it has the time: the kernel waits then until nobody looks at the mount any more.
static int execute_sealed(const char *path, char **argv, char **environment) {
  long tree = raw_open_tree(path);
  if (tree < 0) return (int)-tree;
  long result = raw_seal_mount((int)tree);
  if (result < 0) {
    raw_close((int)tree);
    return (int)-result;
  }
  char name[] = "/proc/self/fd/00000";
  char digits[5];
  int count = 0;
  for (long rest = tree; count == 0 || (rest && count < 5); rest /= 10) digits[count++] = (char)('0' + rest % 10);
  for (int i = 0; i < count; i++) name[14 + i] = digits[count - 1 - i];
  name[14 + count] = 0;
  result = raw_execve(name, argv, environment);
  // What is executed instead is not to have it.
  raw_close((int)tree);
  return (int)-result;
}

static char self[PATH_SIZE], path[2][PATH_SIZE];

static int enter(int argc, char **argv, char **environment) {
  long length = raw_readlink("/proc/self/exe", self, sizeof self - 1);
  if (length < 0) {
    say("error: /proc/self/exe: ");
    say_error((int)-length);
    say("\n");
    return 1;
  }
  cut_at_last_slash(self);
  int runs = argc > 1 && starts_with(argv[1], "run") && !argv[1][3];
  const char *name = runs ? "containr-run" : "containr-cli";
  append(path[0], self), append(path[0], "/"), append(path[0], name);
  cut_at_last_slash(self);
  append(path[1], self), append(path[1], "/libexec/containr/"), append(path[1], name);
  int error = ENOENT;
  for (int i = 0; i < 2 && error == ENOENT; i++) {
    if (!runs) {
      error = (int)-raw_execve(path[i], argv, environment);
      continue;
    }
    argv[0] = path[i];  // where it is: its own /proc/self/exe will not tell
    error = execute_sealed(path[i], argv, with_no_backtrace(environment));
    // Who may not seal is not root, which the other program explains.
    if (error == EPERM) {
      cut_at_last_slash(path[i]);
      append(path[i], "/containr-cli");
      error = (int)-raw_execve(path[i], argv, environment);
    }
  }
  say("error: ");
  if (error == ENOENT) {
    say(name), say(" is not installed\n  = note: looked for "), say(path[0]), say(" and "), say(path[1]);
    say("\n  = help: `make install` puts it there\n");
  } else {
    say(path[0]), say(": "), say_error(error), say("\n");
  }
  return 1;
}

// The kernel's own layout at entry: argc, argv, NULL, environment, NULL.
__attribute__((noreturn, used)) void door(long *stack) {
  int argc = (int)stack[0];
  char **argv = (char **)(stack + 1);
  raw_fill_standard();
  raw_exit(enter(argc, argv, argv + argc + 1));
}
