// See CCurl.h.
#include "CCurl.h"

#include <dlfcn.h>
#include <stddef.h>

// The header makes macros of some of these, and their types are what is wanted.
#undef curl_easy_setopt
#undef curl_easy_getinfo

// The header's own declarations give the types, so that a changed library does not compile unnoticed.
static __typeof__(curl_global_init) *global_init;
static __typeof__(curl_easy_init) *easy_init;
static __typeof__(curl_easy_reset) *easy_reset;
static __typeof__(curl_easy_cleanup) *easy_cleanup;
static __typeof__(curl_easy_perform) *easy_perform;
static __typeof__(curl_easy_strerror) *easy_strerror;
static __typeof__(curl_easy_setopt) *easy_setopt;
static __typeof__(curl_easy_getinfo) *easy_getinfo;
static __typeof__(curl_slist_append) *slist_append;
static __typeof__(curl_slist_free_all) *slist_free_all;
static __typeof__(curl_url) *url_new;
static __typeof__(curl_url_cleanup) *url_cleanup;
static __typeof__(curl_url_set) *url_set;
static __typeof__(curl_url_get) *url_get;
static __typeof__(curl_free) *memory_free;

const char *cc_load(void) {
  static void *library;
  if (library) return NULL;
  // By soname: the version whose header this was compiled with.
  void *handle = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
  if (!handle) return dlerror();
#define SYMBOL(variable, name) \
  if (!(*(void **)&variable = dlsym(handle, name))) return dlerror()
  SYMBOL(global_init, "curl_global_init");
  SYMBOL(easy_init, "curl_easy_init");
  SYMBOL(easy_reset, "curl_easy_reset");
  SYMBOL(easy_cleanup, "curl_easy_cleanup");
  SYMBOL(easy_perform, "curl_easy_perform");
  SYMBOL(easy_strerror, "curl_easy_strerror");
  SYMBOL(easy_setopt, "curl_easy_setopt");
  SYMBOL(easy_getinfo, "curl_easy_getinfo");
  SYMBOL(slist_append, "curl_slist_append");
  SYMBOL(slist_free_all, "curl_slist_free_all");
  SYMBOL(url_new, "curl_url");
  SYMBOL(url_cleanup, "curl_url_cleanup");
  SYMBOL(url_set, "curl_url_set");
  SYMBOL(url_get, "curl_url_get");
  SYMBOL(memory_free, "curl_free");
  CURLcode code = global_init(CURL_GLOBAL_DEFAULT);
  if (code != CURLE_OK) return easy_strerror(code);
  library = handle;
  return NULL;
}

CURL *cc_easy_init(void) { return easy_init(); }
void cc_easy_reset(CURL *h) { easy_reset(h); }
void cc_easy_cleanup(CURL *h) { easy_cleanup(h); }
CURLcode cc_easy_perform(CURL *h) { return easy_perform(h); }
const char *cc_easy_strerror(CURLcode code) { return easy_strerror(code); }
CURLcode cc_set_long(CURL *h, CURLoption option, long value) { return easy_setopt(h, option, value); }
CURLcode cc_set_offset(CURL *h, CURLoption option, curl_off_t value) { return easy_setopt(h, option, value); }
CURLcode cc_set_string(CURL *h, CURLoption option, const char *value) { return easy_setopt(h, option, value); }
CURLcode cc_set_list(CURL *h, CURLoption option, struct curl_slist *value) { return easy_setopt(h, option, value); }
CURLcode cc_set_blob(CURL *h, CURLoption option, const void *bytes, size_t count) {
  struct curl_blob blob = {.data = (void *)bytes, .len = count, .flags = CURL_BLOB_COPY};
  return easy_setopt(h, option, &blob);
}
CURLcode cc_set_context(CURL *h, CURLoption option, void *value) { return easy_setopt(h, option, value); }
CURLcode cc_set_data_function(CURL *h, CURLoption option, curl_write_callback function) {
  return easy_setopt(h, option, function);
}
CURLcode cc_set_progress_function(CURL *h, curl_xferinfo_callback function) {
  return easy_setopt(h, CURLOPT_XFERINFOFUNCTION, function);
}
CURLcode cc_set_seek_function(CURL *h, curl_seek_callback function) {
  return easy_setopt(h, CURLOPT_SEEKFUNCTION, function);
}
CURLcode cc_set_socket_function(CURL *h, curl_opensocket_callback function, void *context) {
  CURLcode code = easy_setopt(h, CURLOPT_OPENSOCKETDATA, context);
  return code == CURLE_OK ? easy_setopt(h, CURLOPT_OPENSOCKETFUNCTION, function) : code;
}
long cc_info_long(CURL *h, CURLINFO info) {
  long value = -1;
  return easy_getinfo(h, info, &value) == CURLE_OK ? value : -1;
}
const char *cc_info_string(CURL *h, CURLINFO info) {
  const char *value = NULL;
  return easy_getinfo(h, info, &value) == CURLE_OK ? value : NULL;
}
struct curl_slist *cc_slist_append(struct curl_slist *list, const char *text) { return slist_append(list, text); }
void cc_slist_free_all(struct curl_slist *list) { slist_free_all(list); }
CURLU *cc_url(void) { return url_new(); }
void cc_url_cleanup(CURLU *url) { url_cleanup(url); }
CURLUcode cc_url_set(CURLU *url, CURLUPart part, const char *text, unsigned int flags) {
  return url_set(url, part, text, flags);
}
char *cc_url_get(CURLU *url, CURLUPart part, unsigned int flags) {
  char *text = NULL;
  return url_get(url, part, &text, flags) == CURLUE_OK ? text : NULL;
}
void cc_free(void *memory) { memory_free(memory); }
