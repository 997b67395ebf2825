/* url: an address taken apart (RFC 3986, 3), as far as settings need it: what is written wrong is to be told before
 * anything is called. */
#ifndef TIDEGATE_BASE_URL_H
#define TIDEGATE_BASE_URL_H

#include "text.h"

struct url { /* borrows */
    struct text scheme, user; /* user: with the password, up to the "@"; as it is written */
    struct text host;         /* "[::1]" with its brackets */
    int port;                 /* 0: none is given */
    struct text path;         /* from the "/" on, with query and fragment */
};

/* NULL, or what is wrong, as half a sentence that repeats nothing of it: it may hold a secret. */
const char *url_split(struct text t, struct url *out);
/* "HOST:PORT" to listen on: NULL, or what is wrong. The host may be empty, the port 0. */
const char *url_address_fault(struct text t);
/* 127.0.0.0/8, [::1] and localhost. */
bool url_host_is_loopback(struct text host);

#endif
