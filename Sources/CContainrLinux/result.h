// The gate's two forms of a call, for this target's own files: errno is read at once and answered as -errno.
#pragma once
#include <errno.h>

#define RET(call)                \
  do {                           \
    long r_ = (call);            \
    return r_ < 0 ? -errno : r_; \
  } while (0)
// The same for calls that a signal may interrupt before they have done anything.
#define RETRY(call)                   \
  do {                                \
    long r_;                          \
    do r_ = (call);                   \
    while (r_ < 0 && errno == EINTR); \
    return r_ < 0 ? -errno : r_;      \
  } while (0)
