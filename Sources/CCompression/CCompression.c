// See CCompression.h.
#include "CCompression.h"

#include <dlfcn.h>
#include <isa-l/igzip_lib.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

struct ci_state {
  int kind;  // 0 zlib, 1 ISA-L, 2 zstd
  z_stream zlib;
  struct inflate_state *isal;
  ZSTD_DStream *zstd;
};

// The header's own declarations give the types, so that a changed library does not compile unnoticed.
static __typeof__(isal_inflate_init) *begin;
static __typeof__(isal_inflate) *inflate_some;

int ci_load(void) {
  if (inflate_some) return 1;
  void *handle = dlopen("libisal.so.2", RTLD_NOW | RTLD_LOCAL);
  if (!handle) return 0;
  *(void **)&begin = dlsym(handle, "isal_inflate_init");
  void *some = dlsym(handle, "isal_inflate");
  if (!begin || !some) return 0;
  *(void **)&inflate_some = some;
  return 1;
}

ci_state *ci_new(int zstd) {
  ci_state *state = calloc(1, sizeof *state);
  if (!state) return NULL;
  if (zstd) {
    state->kind = 2;
    state->zstd = ZSTD_createDStream();
    if (!state->zstd) return NULL;
    // 128 MiB: what `zstd -d` takes without being asked; more is for those who pass --long.
    ZSTD_DCtx_setParameter(state->zstd, ZSTD_d_windowLogMax, 27);
  } else if (inflate_some) {
    state->kind = 1;
    state->isal = malloc(sizeof *state->isal);
    if (!state->isal) return NULL;
  } else if (inflateInit2(&state->zlib, 15 + 16) != Z_OK) {
    return NULL;
  }
  return ci_restart(state) == CI_MORE ? state : NULL;
}

int ci_restart(ci_state *state) {
  switch (state->kind) {
    case 0: return inflateReset(&state->zlib) == Z_OK ? CI_MORE : CI_MEMORY;
    case 1:
      begin(state->isal);
      state->isal->crc_flag = ISAL_GZIP;
      return CI_MORE;
    default: return ZSTD_isError(ZSTD_initDStream(state->zstd)) ? CI_MEMORY : CI_MORE;
  }
}

static int zlib_step(ci_state *s, const unsigned char *in, size_t *in_count, unsigned char *out, size_t *out_count) {
  s->zlib.next_in = (unsigned char *)in;
  s->zlib.avail_in = (unsigned)*in_count;
  s->zlib.next_out = out;
  s->zlib.avail_out = (unsigned)*out_count;
  int result = inflate(&s->zlib, Z_NO_FLUSH);
  *in_count = s->zlib.avail_in;
  *out_count = s->zlib.avail_out;
  if (result == Z_STREAM_END) return CI_END;
  if (result == Z_MEM_ERROR) return CI_MEMORY;
  return result == Z_OK || result == Z_BUF_ERROR ? CI_MORE : CI_BAD;
}

static int isal_step(ci_state *s, const unsigned char *in, size_t *in_count, unsigned char *out, size_t *out_count) {
  s->isal->next_in = (uint8_t *)in;
  s->isal->avail_in = (uint32_t)*in_count;
  s->isal->next_out = out;
  s->isal->avail_out = (uint32_t)*out_count;
  int result = inflate_some(s->isal);
  *in_count = s->isal->avail_in;
  *out_count = s->isal->avail_out;
  if (result < 0) return CI_BAD;
  return s->isal->block_state == ISAL_BLOCK_FINISH ? CI_END : CI_MORE;
}

static int zstd_step(ci_state *s, const unsigned char *in, size_t *in_count, unsigned char *out, size_t *out_count) {
  ZSTD_inBuffer from = {in, *in_count, 0};
  ZSTD_outBuffer to = {out, *out_count, 0};
  size_t result = ZSTD_decompressStream(s->zstd, &to, &from);
  *in_count = from.size - from.pos;
  *out_count = to.size - to.pos;
  if (ZSTD_isError(result)) return CI_BAD;
  return result == 0 ? CI_END : CI_MORE;
}

int ci_step(ci_state *s, const unsigned char *in, size_t *in_count, unsigned char *out, size_t *out_count) {
  switch (s->kind) {
    case 0: return zlib_step(s, in, in_count, out, out_count);
    case 1: return isal_step(s, in, in_count, out, out_count);
    default: return zstd_step(s, in, in_count, out, out_count);
  }
}

struct cp_state {
  int is_zstd;
  z_stream zlib;
  ZSTD_CStream *zstd;
};

cp_state *cp_new(int zstd, int level) {
  cp_state *state = calloc(1, sizeof *state);
  if (!state) return NULL;
  state->is_zstd = zstd;
  if (zstd) {
    state->zstd = ZSTD_createCStream();
    if (state->zstd && !ZSTD_isError(ZSTD_initCStream(state->zstd, level))) return state;
  } else if (deflateInit2(&state->zlib, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK) {
    return state;
  }
  free(state);
  return NULL;
}

void cp_free(cp_state *state) {
  if (state->is_zstd) ZSTD_freeCStream(state->zstd);
  else deflateEnd(&state->zlib);
  free(state);
}

int cp_step(
    cp_state *s, const unsigned char *in, size_t *in_count, unsigned char *out, size_t *out_count, int finish) {
  if (s->is_zstd) {
    ZSTD_inBuffer from = {in, *in_count, 0};
    ZSTD_outBuffer to = {out, *out_count, 0};
    size_t left = ZSTD_compressStream2(s->zstd, &to, &from, finish ? ZSTD_e_end : ZSTD_e_continue);
    *in_count = from.size - from.pos;
    *out_count = to.size - to.pos;
    if (ZSTD_isError(left)) return CI_BAD;
    return finish && left == 0 ? CI_END : CI_MORE;
  }
  s->zlib.next_in = (unsigned char *)in;
  s->zlib.avail_in = (unsigned)*in_count;
  s->zlib.next_out = out;
  s->zlib.avail_out = (unsigned)*out_count;
  int result = deflate(&s->zlib, finish ? Z_FINISH : Z_NO_FLUSH);
  *in_count = s->zlib.avail_in;
  *out_count = s->zlib.avail_out;
  if (result == Z_STREAM_END) return CI_END;
  return result == Z_OK || result == Z_BUF_ERROR ? CI_MORE : CI_BAD;
}
