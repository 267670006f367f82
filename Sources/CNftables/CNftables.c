// See CNftables.h.
#include "CNftables.h"

#include <dlfcn.h>
#include <stddef.h>

// The header's own declarations give the types, so that a changed library does not compile unnoticed.
static __typeof__(nft_ctx_new) *ctx_new;
static __typeof__(nft_ctx_buffer_output) *buffer_output;
static __typeof__(nft_ctx_buffer_error) *buffer_error;
static __typeof__(nft_ctx_output_set_flags) *output_set_flags;
static __typeof__(nft_run_cmd_from_buffer) *run_cmd_from_buffer;
static __typeof__(nft_ctx_get_output_buffer) *get_output_buffer;
static __typeof__(nft_ctx_get_error_buffer) *get_error_buffer;

const char *cnft_load(void) {
  static void *library;
  if (library) return NULL;
  // By soname: the version whose header this was compiled with.
  void *handle = dlopen("libnftables.so.1", RTLD_NOW | RTLD_LOCAL);
  if (!handle) return dlerror();
#define SYMBOL(variable, name) \
  if (!(*(void **)&variable = dlsym(handle, name))) return dlerror()
  SYMBOL(ctx_new, "nft_ctx_new");
  SYMBOL(buffer_output, "nft_ctx_buffer_output");
  SYMBOL(buffer_error, "nft_ctx_buffer_error");
  SYMBOL(output_set_flags, "nft_ctx_output_set_flags");
  SYMBOL(run_cmd_from_buffer, "nft_run_cmd_from_buffer");
  SYMBOL(get_output_buffer, "nft_ctx_get_output_buffer");
  SYMBOL(get_error_buffer, "nft_ctx_get_error_buffer");
  library = handle;
  return NULL;
}

struct nft_ctx *cnft_ctx_new(void) { return ctx_new(NFT_CTX_DEFAULT); }
int cnft_ctx_buffer(struct nft_ctx *c) { return buffer_output(c) || buffer_error(c) ? -1 : 0; }
void cnft_ctx_output_set_flags(struct nft_ctx *c, unsigned int flags) { output_set_flags(c, flags); }
int cnft_run_cmd_from_buffer(struct nft_ctx *c, const char *commands) { return run_cmd_from_buffer(c, commands); }
const char *cnft_ctx_get_output_buffer(struct nft_ctx *c) { return get_output_buffer(c); }
const char *cnft_ctx_get_error_buffer(struct nft_ctx *c) { return get_error_buffer(c); }
