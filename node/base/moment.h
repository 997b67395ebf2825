/* moment: a point in time as microseconds since 1970-01-01T00:00:00Z, and its RFC 3339 text.
 * Pure arithmetic: what time it is now is the loop's to say (edge/loop.h). */
#ifndef TIDEGATE_BASE_MOMENT_H
#define TIDEGATE_BASE_MOMENT_H

#include "text.h"

typedef int64_t moment_us;

#define MOMENT_TEXT_MAX 40
#define MOMENT_SECOND 1000000LL

/* "2026-11-21T10:00:00.000000Z", always six digits and Z, so that texts sort as times do. A time outside the years
 * 0000 to 9999 is written as the nearest inside. */
struct text moment_format(moment_us at, char out[MOMENT_TEXT_MAX]);
/* RFC 3339 with any offset and 0 to 9 fraction digits; also "YYYY-MM-DD HH:MM:SS" and an offset without colon
 * ("+0000", as Salesforce writes it). Without a zone the time is taken as UTC. Digits behind the microsecond are dropped. False when it is none. */
bool moment_parse(struct text t, moment_us *out);

#endif
