/* http_head: the text side of HTTP that needs no library: addresses as complaints show them, and header fields. */
#ifndef TIDEGATE_EDGE_HTTP_HEAD_H
#define TIDEGATE_EDGE_HTTP_HEAD_H

#include "http_client.h"

#define HTTP_URL_SHOWN 200

/* The address without user, query and fragment, which may hold secrets or personal data. */
void http_url_show(const char *url, char out[HTTP_URL_SHOWN]);
/* False when name or value hold a byte that would end the field (RFC 9110, 5.1 and 5.5). */
bool http_header_is_sound(const struct http_header *h);
/* Reads the field lines of an answer into out, names in lower case. Past HTTP_HEADERS_MAX the rest is left out. */
#define HTTP_HEADERS_MAX 256
void http_headers_read(struct arena *a, struct text head, struct http_response *out);

#endif
