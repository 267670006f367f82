// Where CommandLine.arguments of a static program comes from. The standard library's own object file for it has a constructor
// that looks through /proc/self/maps with sscanf, whether anybody asks or not: 40 us of each start. An archive's member is
// linked only for a name that nobody else has, so these two names keep it out; a library that puts a third into it makes the
// link fail, and does not run both.
#include "CSwiftArguments.h"

static char **all;
static int length;

// glibc gives them to constructors.
__attribute__((constructor)) static void remember(int count, char **arguments) {
  length = count;
  all = arguments;
}

char **_swift_stdlib_getUnsafeArgvArgc(int *count) {
  *count = length;
  return all;
}

void _swift_stdlib_overrideUnsafeArgvArgc(char **arguments, int count) { remember(count, arguments); }
