// A container's program for benchmarks/operate.py: `writer lines BYTES LENGTH` writes numbered lines as fast as they are taken,
// and says how long that took; `writer clock MILLISECONDS` writes the time, a line each, until it is stopped.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static uint64_t now(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void put(const char *bytes, size_t size) {
  while (size) {
    ssize_t n = write(1, bytes, size);
    if (n <= 0) _exit(1);
    bytes += n, size -= (size_t)n;
  }
}

int main(int count, char **words) {
  if (count == 3 && !strcmp(words[1], "clock")) {
    long pause = atol(words[2]);
    for (;;) {
      char line[64];
      put(line, (size_t)snprintf(line, sizeof line, "%llu\n", (unsigned long long)now(CLOCK_REALTIME)));
      nanosleep(&(struct timespec){pause / 1000, pause % 1000 * 1000000}, 0);
    }
  }
  if (count != 4) return 2;
  uint64_t total = strtoull(words[2], 0, 10), length = strtoull(words[3], 0, 10), lines = total / length;
  static char block[1 << 16];
  size_t fill = 0, each = sizeof block / length * length;
  uint64_t begin = now(CLOCK_MONOTONIC);
  for (uint64_t i = 0; i < lines; i++) {
    char *at = block + fill;
    memset(at, '.', length - 1);
    // Twelve digits, least first: faster than printf, and all that has to be told apart.
    uint64_t number = i;
    for (int digit = 11; digit >= 0; digit--, number /= 10) at[digit] = (char)('0' + number % 10);
    at[length - 1] = '\n';
    fill += length;
    if (fill == each || i + 1 == lines) put(block, fill), fill = 0;
  }
  fprintf(stderr, "%.6f\n", (double)(now(CLOCK_MONOTONIC) - begin) / 1e9);
  return 0;
}
