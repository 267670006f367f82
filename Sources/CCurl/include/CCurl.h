// libcurl, loaded at its first use (docs/decisions/0006-libnftables-at-first-use.md says why): with its libraries it costs
// several milliseconds of a start, and most commands ask no registry. Functions of variable arguments are wrapped with
// one type each; every other one does what its namesake of <curl/curl.h> does. No policy here.
#pragma once
#include <curl/curl.h>

/// Why the library could not be loaded; NULL if it was. Loads and starts it at the first call; not for several threads at
/// once.
const char *cc_load(void);

// Only after `cc_load` has answered NULL.
CURL *cc_easy_init(void);
void cc_easy_reset(CURL *handle);
void cc_easy_cleanup(CURL *handle);
CURLcode cc_easy_perform(CURL *handle);
const char *cc_easy_strerror(CURLcode code);
CURLcode cc_set_long(CURL *handle, CURLoption option, long value);
CURLcode cc_set_offset(CURL *handle, CURLoption option, curl_off_t value);
CURLcode cc_set_string(CURL *handle, CURLoption option, const char *value);
CURLcode cc_set_list(CURL *handle, CURLoption option, struct curl_slist *value);
/// The bytes are copied.
CURLcode cc_set_blob(CURL *handle, CURLoption option, const void *bytes, size_t count);
CURLcode cc_set_context(CURL *handle, CURLoption option, void *value);
CURLcode cc_set_data_function(CURL *handle, CURLoption option, curl_write_callback function);
CURLcode cc_set_progress_function(CURL *handle, curl_xferinfo_callback function);
CURLcode cc_set_seek_function(CURL *handle, curl_seek_callback function);
/// `context` comes to it as its first argument.
CURLcode cc_set_socket_function(CURL *handle, curl_opensocket_callback function, void *context);
/// A number; -1 if there is none.
long cc_info_long(CURL *handle, CURLINFO info);
/// A text of the handle's, good until its next use; NULL if there is none.
const char *cc_info_string(CURL *handle, CURLINFO info);
struct curl_slist *cc_slist_append(struct curl_slist *list, const char *text);
void cc_slist_free_all(struct curl_slist *list);
CURLU *cc_url(void);
void cc_url_cleanup(CURLU *url);
CURLUcode cc_url_set(CURLU *url, CURLUPart part, const char *text, unsigned int flags);
/// A text of its own, for `cc_free`; NULL if the part is absent.
char *cc_url_get(CURLU *url, CURLUPart part, unsigned int flags);
void cc_free(void *memory);
