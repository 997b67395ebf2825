#include "health.h"

#include <stdlib.h>

int64_t health_pause_ms(const struct http_response *r)
{
    const char *after = http_response_header(r, "retry-after");
    char *end;
    if ((r->status != 429 && r->status != 503) || after == NULL)
        return 0;
    double ms = strtod(after, &end) * 1000;
    if (*end != '\0' || !(ms > 0))
        return 0;
    return ms < HEALTH_PAUSE_MAX_MS ? (int64_t)ms : HEALTH_PAUSE_MAX_MS;
}

bool health_heard(struct health *h, int rc, const struct http_response *r)
{
    bool unanswered = rc == ERR_UNAVAILABLE || rc == ERR_TIMEOUT || rc == ERR_IO;
    if (rc != 0 && !unanswered)
        return false; /* our own trouble */
    if (rc == 0 && r->status == 429 && health_pause_ms(r) > 0)
        return false; /* it is busy, and works */
    if (rc == 0 && r->status != 429 && r->status < 500) {
        h->failures = 0;
        return false;
    }
    h->failures++;
    return rc == ERR_UNAVAILABLE || h->failures >= HEALTH_FAILURES;
}
