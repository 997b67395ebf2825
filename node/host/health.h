/* health: whether calls that fail are one call's bad luck or the system's outage. Pure: the gate acts on it.
 *
 * One failing call in a hundred is everyday life with an API across the Internet, and is its own record's trouble. The
 * system counts as out when nothing can be sent to it at all, or when HEALTH_FAILURES calls in a row, of whatever
 * record, got no answer or one that tells of the server's trouble (429, 5xx). Any other answer ends the row. A 429 that
 * says when to come back is no sign of either: its time is waited for. */
#ifndef TIDEGATE_HOST_HEALTH_H
#define TIDEGATE_HOST_HEALTH_H

#include "edge/http_client.h"

#define HEALTH_FAILURES 5
#define HEALTH_PAUSE_MAX_MS (60 * 60 * 1000) /* of what a system may ask for */

struct health {
    unsigned failures; /* calls in a row */
};

/* What became of one call: rc of http_send, and the answer when rc is 0. True: the system is out. */
bool health_heard(struct health *h, int rc, const struct http_response *r);
/* Retry-After of a 429 or 503, in ms: seconds, with a fraction where the system writes one (RFC 9110, 10.2.3, knows
 * whole ones). 0: none, or a date. */
int64_t health_pause_ms(const struct http_response *r);

#endif
