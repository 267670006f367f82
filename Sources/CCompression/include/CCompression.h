// gzip by ISA-L where it is installed (twice as fast as zlib) and else by zlib, and zstd. A step takes bytes and gives
// bytes; what a file of several members means is the caller's. No policy here.
#pragma once
#include <stddef.h>

/// One decompression. Opaque.
typedef struct ci_state ci_state;

/// What a step came to.
enum { CI_MORE = 0, CI_END = 1, CI_BAD = -1, CI_MEMORY = -2 };

/// Loads ISA-L if it is there; returns 1 if it is used from now on, 0 for zlib. Not for several threads at once.
int ci_load(void);
/// NULL: out of memory. `zstd` 0 is gzip.
ci_state *ci_new(int zstd);
/// Begins the next member.
int ci_restart(ci_state *state);
/// Reads from *in and writes to out; both counts are lowered by what was used. CI_END: a member is whole.
int ci_step(ci_state *state, const unsigned char *in, size_t *in_count, unsigned char *out, size_t *out_count);

/// One compression. Opaque.
typedef struct cp_state cp_state;
/// NULL: out of memory. gzip's header has neither name nor time, so the same bytes make the same bytes.
cp_state *cp_new(int zstd, int level);
void cp_free(cp_state *state);
/// Like ci_step; with `finish` no more input comes, and CI_END says that all is out.
int cp_step(cp_state *state, const unsigned char *in, size_t *in_count, unsigned char *out, size_t *out_count, int finish);
