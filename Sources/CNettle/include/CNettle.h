// SHA-256 and SHA-512 of nettle. Inline so that nettle's macros and versions stay here.
#pragma once
#include <nettle/sha2.h>
#include <nettle/version.h>
#include <stddef.h>
#include <stdint.h>

typedef struct sha256_ctx cn_sha256;
typedef struct sha512_ctx cn_sha512;

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

static inline void cn_sha512_begin(cn_sha512 *state) { sha512_init(state); }
static inline void cn_sha512_add(cn_sha512 *state, const void *bytes, size_t count) {
  sha512_update(state, count, (const uint8_t *)bytes);
}
/// Writes 64 bytes; the state begins again.
static inline void cn_sha512_end(cn_sha512 *state, uint8_t *digest) {
#if NETTLE_VERSION_MAJOR >= 4
  sha512_digest(state, digest);
#else
  sha512_digest(state, SHA512_DIGEST_SIZE, digest);
#endif
}
