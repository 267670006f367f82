// Where a program begins that enters containers: it becomes itself on a read-only mount that belongs to nobody, so that
// nothing inside can write to its file (docs/decisions/0002-shim-binary.md), and only then does what every program does
// before main. That takes half a millisecond (on a virtual machine each CPUID alone is a trip to the host), and so it is
// done once. What cannot be done here is left to cl_reexec_sealed, which can also tell why. No library may be used.
#include "CSealedEntry.h"

#include <stddef.h>

#include "../containr/raw.h"

enum { ENTRIES = 8192, AT_EXECUTED_FILE = 31 };

// As in the door: a sealed file has no path below which Swift could look for its crash helper.
static char no_backtrace[] = "SWIFT_BACKTRACE=enable=no,swift-backtrace=/dev/null";
static char *extended[ENTRIES + 2];

static int starts_with(const char *text, const char *start) {
  while (*start)
    if (*text++ != *start++) return 0;
  return 1;
}

static char **with_no_backtrace(char **environment) {
  size_t count = 0;
  for (; environment[count]; count++)
    if (starts_with(environment[count], "SWIFT_BACKTRACE=") || count == ENTRIES) return environment;
  extended[0] = no_backtrace;
  for (size_t i = 0; i <= count; i++) {
    extended[i + 1] = environment[i];
    __asm__ volatile("" ::: "memory");  // no memcpy: the library's is not ready yet
  }
  return extended;
}

// The kernel's own layout: argc, argv, NULL, environment, NULL, pairs of the auxiliary vector.
__attribute__((used)) void containr_seal_self(long *stack) {
  char **argv = (char **)(stack + 1);
  char **environment = argv + stack[0] + 1;
  char **end = environment;
  while (*end) end++;
  for (unsigned long *pair = (unsigned long *)(end + 1); pair[0]; pair += 2)
    if (pair[0] == AT_EXECUTED_FILE && starts_with((const char *)pair[1], "/proc/self/fd/")) return;
  raw_fill_standard();
  long tree = raw_open_tree("/proc/self/exe");
  if (tree < 0) return;
  if (raw_seal_mount((int)tree) == 0 && tree < 100000) {
    char name[24] = "/proc/self/fd/";
    char digits[5];
    int count = 0;
    for (long rest = tree; count == 0 || rest; rest /= 10) digits[count++] = (char)('0' + rest % 10);
    for (int i = 0; i < count; i++) name[14 + i] = digits[count - 1 - i];
    name[14 + count] = 0;
    raw_execve(name, argv, with_no_backtrace(environment));
  }
  raw_close((int)tree);
}

// The stack and the register that _start reads are given back as they were.
#if defined(__x86_64__)
__asm__(
    ".text\n.globl containr_sealed_entry\n.type containr_sealed_entry, @function\ncontainr_sealed_entry:\n"
    "  xor %ebp, %ebp\n  mov %rsp, %rbx\n  mov %rdx, %r12\n  mov %rsp, %rdi\n  and $-16, %rsp\n"
    "  call containr_seal_self\n  mov %rbx, %rsp\n  mov %r12, %rdx\n  jmp _start\n");
#else
__asm__(
    ".text\n.globl containr_sealed_entry\n.type containr_sealed_entry, %function\ncontainr_sealed_entry:\n"
    "  mov x29, #0\n  mov x19, sp\n  mov x20, x0\n  mov x0, sp\n  and sp, x0, #-16\n"
    "  bl containr_seal_self\n  mov sp, x19\n  mov x0, x20\n  b _start\n");
#endif
