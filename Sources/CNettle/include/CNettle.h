// SHA-256 of nettle, which libarchive links anyway. Inline so that nettle's macros and versions stay here.
#pragma once
#include <nettle/sha2.h>
#include <nettle/version.h>
#include <stddef.h>
#include <stdint.h>

typedef struct sha256_ctx cn_sha256;

static inline void cn_sha256_begin(cn_sha256 *state) { sha256_init(state); }
static inline void cn_sha256_add(cn_sha256 *state, const void *bytes, size_t count) {
  sha256_update(state, count, (const uint8_t *)bytes);
}
/// Writes 32 bytes; the state begins again.
static inline void cn_sha256_end(cn_sha256 *state, uint8_t *digest) {
#if NETTLE_VERSION_MAJOR >= 4
  sha256_digest(state, digest);
#else
  sha256_digest(state, SHA256_DIGEST_SIZE, digest);
#endif
}
