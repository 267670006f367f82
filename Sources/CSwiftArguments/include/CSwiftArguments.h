// Nothing is called by name from Swift: what is defined here is what its standard library calls.
#ifndef C_SWIFT_ARGUMENTS_H
#define C_SWIFT_ARGUMENTS_H

// The two functions of swift/stdlib/public/stubs/CommandLine.cpp.
char **_swift_stdlib_getUnsafeArgvArgc(int *count);
void _swift_stdlib_overrideUnsafeArgvArgc(char **arguments, int count);

#endif
