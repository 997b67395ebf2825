/* listener: a TCP socket that listens on an address as people write it. */
#ifndef TIDEGATE_EDGE_LISTENER_H
#define TIDEGATE_EDGE_LISTENER_H

#include "base/err.h"

/* "127.0.0.1:8080", "[::1]:0" (a free port), "localhost:80", ":8080" (every address). Returns a non-blocking
 * descriptor, the caller's to close, or a negative code: ERR_INVALID, ERR_DENIED, ERR_UNAVAILABLE when another process
 * has the port. */
int listener_open(const char *address, struct err *err);
int listener_port(int fd);

#endif
