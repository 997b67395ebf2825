/* peer: a raw TCP server in a thread, that does what its script says, however wrong: for tests of the HTTP client. */
#ifndef TIDEGATE_TESTS_PEER_H
#define TIDEGATE_TESTS_PEER_H

#include <pthread.h>
#include <stddef.h>

struct peer {
    int port;
    int requests, connections; /* what came so far; read them after peer_stop */
    int listener, fd;
    pthread_t thread;
    void (*script)(struct peer *p);
    char request[65536]; /* the last one, head and body, NUL-terminated */
};

void peer_start(struct peer *p, void (*script)(struct peer *p));
void peer_stop(struct peer *p); /* waits for the script's end */

/* For scripts. peer_next: waits for a request on the connection (the first one, or after a close, on a new one); 0 when
 * none came within two seconds. */
int peer_next(struct peer *p);
void peer_send(struct peer *p, const char *bytes);
void peer_send_n(struct peer *p, const void *bytes, size_t n);
void peer_close(struct peer *p);
void peer_pause(int ms);

#endif
