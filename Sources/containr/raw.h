// System calls by the architecture's own instruction, with no library below: of the door, and of the entry of programs that
// seal themselves (Sources/CSealedEntry).
#pragma once
#include <stddef.h>
#include <stdint.h>

#if defined(__x86_64__)
enum { RAW_READLINKAT = 267, RAW_OPENAT = 257, RAW_FCNTL = 72, RAW_WRITE = 1, RAW_CLOSE = 3, RAW_EXECVE = 59, RAW_EXIT = 231 };
static inline long raw_call(long number, long a, long b, long c, long d, long e) {
  long result;
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
                   : "rcx", "r11", "memory");
  return result;
}
#elif defined(__aarch64__)
enum { RAW_READLINKAT = 78, RAW_OPENAT = 56, RAW_FCNTL = 25, RAW_WRITE = 64, RAW_CLOSE = 57, RAW_EXECVE = 221, RAW_EXIT = 94 };
static inline long raw_call(long number, long a, long b, long c, long d, long e) {
  register long x8 __asm__("x8") = number;
  register long x0 __asm__("x0") = a;
  register long x1 __asm__("x1") = b;
  register long x2 __asm__("x2") = c;
  register long x3 __asm__("x3") = d;
  register long x4 __asm__("x4") = e;
  __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4) : "memory");
  return x0;
}
#else
#error "the door knows x86-64 and aarch64"
#endif

// Each returns its result or -errno. Numbers above 423 are the same on all architectures.
enum { RAW_OPEN_TREE = 428, RAW_MOUNT_SETATTR = 442, RAW_AT_FDCWD = -100 };

static inline long raw_readlink(const char *path, char *out, size_t size) {
  return raw_call(RAW_READLINKAT, RAW_AT_FDCWD, (long)path, (long)out, (long)size, 0);
}

static inline long raw_write(int fd, const void *bytes, size_t count) {
  return raw_call(RAW_WRITE, fd, (long)bytes, (long)count, 0, 0);
}

static inline long raw_close(int fd) { return raw_call(RAW_CLOSE, fd, 0, 0, 0, 0); }

static inline long raw_execve(const char *path, char **argv, char **environment) {
  return raw_call(RAW_EXECVE, (long)path, (long)argv, (long)environment, 0, 0);
}

// Opens /dev/null as 0, 1 and 2 as far as the caller has left them closed, as the loader does for programs that are set-uid:
// else the next thing that is opened would be taken for a standard stream. Where there is no /dev/null it stays as it is.
static inline void raw_fill_standard(void) {
  for (int fd = 0; fd < 3; fd++)
    if (raw_call(RAW_FCNTL, fd, 1 /* F_GETFD */, 0, 0, 0) < 0 &&
        raw_call(RAW_OPENAT, RAW_AT_FDCWD, (long)"/dev/null", 2 /* O_RDWR */, 0, 0) < 0)
      return;
}

// A detached mount of one file (OPEN_TREE_CLONE); it outlives execve.
static inline long raw_open_tree(const char *path) {
  return raw_call(RAW_OPEN_TREE, RAW_AT_FDCWD, (long)path, 1, 0, 0);
}

// Makes such a mount read-only and private.
static inline long raw_seal_mount(int fd) {
  // struct mount_attr: set MOUNT_ATTR_RDONLY, clear nothing, propagation MS_PRIVATE, no user namespace.
  const uint64_t attributes[4] = {1, 0, 1 << 18, 0};
  return raw_call(RAW_MOUNT_SETATTR, fd, (long)"", 0x1000 /* AT_EMPTY_PATH */, (long)attributes, sizeof attributes);
}

__attribute__((noreturn)) static inline void raw_exit(int code) {
  for (;;) raw_call(RAW_EXIT, code, 0, 0, 0, 0);
}
