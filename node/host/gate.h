/* gate: open while the system can be talked to.
 *
 *   CLOSED ──open() gives 0──▶ OPEN
 *     ▲                          │ calls fail in a row (health.h), a long pause is asked for, or the
 *     └──────────────────────────┘ adapter says that nothing would pass (credentials)
 *
 * Closed, nothing is consumed, polled or delivered; a task calls the adapter's open until it succeeds: at once, then
 * with back-off to GATE_LOOK_MAX_MS, so that a system that is back is noticed within about a second; to
 * GATE_DENIED_MAX_MS when the credentials are refused, since trying them often may lock the account. A gate that closes
 * soon after it opened goes on in its back-off. */
#ifndef TIDEGATE_HOST_GATE_H
#define TIDEGATE_HOST_GATE_H

#include "base/err.h"
#include "base/moment.h"
#include "edge/loop.h"
#include "health.h"

#define GATE_WAITERS_MAX 64 /* feeds, of which there are fewer */
#define GATE_LOOK_MAX_MS 1000
#define GATE_DENIED_MAX_MS 60000

struct host;
struct gate {
    bool open;
    struct err why;    /* while closed */
    int64_t after_ms;  /* what the system asked for */
    unsigned attempts; /* to open, since it was open for a while */
    int64_t opened_us; /* uptime */
    struct health health;
    struct task *waiters[GATE_WAITERS_MAX];
    size_t waiting;
};

int gate_start(struct host *h, struct err *err); /* begins to open */
void gate_close(struct host *h, const struct err *why, int64_t after_ms);
/* After each call: rc of http_send, the answer when rc is 0, and its trouble in words. Closes when the system is out. */
void gate_heard(struct host *h, int rc, const struct http_response *r, const char *words);
int gate_wait(struct host *h); /* waits; 0 when open, ERR_STOPPING */
void gate_stop(struct host *h); /* everybody who waits gets ERR_STOPPING */

#endif
