// libnftables, loaded at its first use: with its five own libraries it costs 0.8 ms of a start, and most commands never
// change a rule. Each function does what its namesake of <nftables/libnftables.h> does. No policy here.
#pragma once
#include <nftables/libnftables.h>

/// Why the library could not be loaded; NULL if it was. Loads it at the first call; not for several threads at once.
const char *cnft_load(void);

// Only after `cnft_load` has answered NULL.
struct nft_ctx *cnft_ctx_new(void);
int cnft_ctx_buffer(struct nft_ctx *context);
void cnft_ctx_output_set_flags(struct nft_ctx *context, unsigned int flags);
int cnft_run_cmd_from_buffer(struct nft_ctx *context, const char *commands);
const char *cnft_ctx_get_output_buffer(struct nft_ctx *context);
const char *cnft_ctx_get_error_buffer(struct nft_ctx *context);
