#include "skew.h"

#include <time.h>

static bool read_date(const char *date, moment_us *out)
{
    struct tm tm = {0};
    const char *end = strptime(date, "%a, %d %b %Y %H:%M:%S GMT", &tm);
    if (!end || *end)
        return false;
    *out = (moment_us)timegm(&tm) * MOMENT_SECOND;
    return true;
}

void skew_hear(struct skew *s, const char *date, moment_us sent, moment_us received)
{
    moment_us at;
    if (!date || !read_date(date, &at))
        return;
    int64_t low = at - received, high = at + MOMENT_SECOND - sent; /* the answer was dated between the two */
    if (s->heard && low <= s->high && high >= s->low) {
        s->low = low > s->low ? low : s->low;
        s->high = high < s->high ? high : s->high;
        return;
    }
    *s = (struct skew){true, low, high}; /* the first, or a clock was set */
}

int64_t skew_us(const struct skew *s)
{
    return s->low <= 0 && s->high >= 0 ? 0 : s->low + (s->high - s->low) / 2;
}
