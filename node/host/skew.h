/* skew: how far a system's clock is from ours, from the Date of its answers (RFC 9110, 6.6.1: whole seconds), so that times
 * which systems give can be compared with one another: "the later change holds". Two clocks that may agree are taken to. */
#ifndef TIDEGATE_HOST_SKEW_H
#define TIDEGATE_HOST_SKEW_H

#include "base/moment.h"

struct skew { /* all zero: nothing heard. The system's clock less ours is from low to high, microseconds */
    bool heard;
    int64_t low, high;
};

/* date: the header, or NULL; sent and received: our clock before the call and after it. */
void skew_hear(struct skew *s, const char *date, moment_us sent, moment_us received);
/* What to take from a time of the system's. */
int64_t skew_us(const struct skew *s);

#endif
