/* Days are counted in the proleptic Gregorian calendar, in years that begin in March, so that the leap day is a
 * year's last and a month's first day is a linear function of its number. Hand-written digits, since every message
 * carries a time or two. */
#include "moment.h"

#define MINUTE (60 * MOMENT_SECOND)
#define DAY (24 * 60 * MINUTE)
#define DAYS_TO_1970 719468LL                            /* from 0000-03-01 */
#define MOMENT_FIRST (-62167219200LL * MOMENT_SECOND)    /* 0000-01-01T00:00:00Z */
#define MOMENT_LAST (253402300800LL * MOMENT_SECOND - 1) /* 9999-12-31T23:59:59.999999Z */

static int64_t days_from_date(int64_t year, int month, int day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t of_era = year - era * 400;
    int64_t of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - DAYS_TO_1970;
}

static void date_from_days(int64_t days, int *year, int *month, int *day)
{
    days += DAYS_TO_1970;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int of_era = (int)(days - era * 146097);
    int year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int march_month = (5 * of_year + 2) / 153;
    *day = of_year - (153 * march_month + 2) / 5 + 1;
    *month = march_month < 10 ? march_month + 3 : march_month - 9;
    *year = (int)(era * 400) + year_of_era + (*month <= 2);
}

/* Two digits of 0 to 99. */
static inline void put(char *p, int value)
{
    p[0] = (char)('0' + value / 10);
    p[1] = (char)('0' + value % 10);
}

struct text moment_format(moment_us at, char out[MOMENT_TEXT_MAX])
{
    static const char form[] = "YYYY-MM-DDTHH:MM:SS.uuuuuuZ";
    if (at < MOMENT_FIRST)
        at = MOMENT_FIRST;
    if (at > MOMENT_LAST)
        at = MOMENT_LAST;
    int64_t days = at / DAY - (at % DAY < 0);
    int64_t rest = at - days * DAY;
    int seconds = (int)(rest / MOMENT_SECOND);
    int year, month, day;
    date_from_days(days, &year, &month, &day);
    int micros = (int)(rest % MOMENT_SECOND);
    memcpy(out, form, sizeof form);
    put(out, year / 100);
    put(out + 2, year % 100);
    put(out + 5, month);
    put(out + 8, day);
    put(out + 11, seconds / 3600);
    put(out + 14, seconds / 60 % 60);
    put(out + 17, seconds % 60);
    put(out + 20, micros / 10000);
    put(out + 22, micros / 100 % 100);
    put(out + 24, micros % 100);
    return (struct text){out, sizeof form - 1};
}

/* Reads just `digits` digits off the head of t. */
static bool take_number(struct text *t, size_t digits, int *out)
{
    if (t->n < digits)
        return false;
    int value = 0;
    for (size_t i = 0; i < digits; i++) {
        if (t->p[i] < '0' || t->p[i] > '9')
            return false;
        value = value * 10 + (t->p[i] - '0');
    }
    *out = value;
    *t = (struct text){t->p + digits, t->n - digits};
    return true;
}

static inline bool take_char(struct text *t, const char *any_of)
{
    for (; *any_of && t->n; any_of++)
        if (t->p[0] == *any_of) {
            *t = (struct text){t->p + 1, t->n - 1};
            return true;
        }
    return false;
}

static int days_in_month(int year, int month)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && leap);
}

static bool take_date(struct text *t, int64_t *days)
{
    int year, month, day;
    if (!take_number(t, 4, &year) || !take_char(t, "-") || !take_number(t, 2, &month) || !take_char(t, "-") ||
        !take_number(t, 2, &day))
        return false;
    if (month < 1 || month > 12 || day < 1 || day > days_in_month(year, month))
        return false;
    *days = days_from_date(year, month, day);
    return true;
}

/* Up to nine digits, as microseconds. */
static bool take_fraction(struct text *t, int *micros)
{
    int digits = 0, value = 0, digit;
    for (; take_number(t, 1, &digit); digits++)
        if (digits < 6)
            value = value * 10 + digit;
    for (int i = digits; i < 6; i++)
        value *= 10;
    *micros = value;
    return digits >= 1 && digits <= 9;
}

/* A leap second (RFC 3339, 5.6: seconds may be 60) is the first moment of the minute that follows. */
static bool take_time(struct text *t, int64_t *us)
{
    int hour, minute, second, micros = 0;
    if (!take_number(t, 2, &hour) || !take_char(t, ":") || !take_number(t, 2, &minute) || !take_char(t, ":") ||
        !take_number(t, 2, &second) || hour > 23 || minute > 59 || second > 60)
        return false;
    if (take_char(t, ".") && !take_fraction(t, &micros))
        return false;
    *us = (hour * 60 + minute) * MINUTE + second * MOMENT_SECOND + micros;
    return true;
}

static bool take_zone(struct text *t, int64_t *us)
{
    *us = 0;
    if (t->n == 0 || take_char(t, "Zz"))
        return true;
    bool west = t->p[0] == '-';
    int hours, minutes;
    if (!take_char(t, "+-") || !take_number(t, 2, &hours))
        return false;
    take_char(t, ":");
    if (!take_number(t, 2, &minutes) || hours > 23 || minutes > 59)
        return false;
    *us = (hours * 60 + minutes) * MINUTE * (west ? -1 : 1);
    return true;
}

bool moment_parse(struct text t, moment_us *out)
{
    int64_t days, time, zone;
    if (!take_date(&t, &days) || !take_char(&t, "Tt ") || !take_time(&t, &time) || !take_zone(&t, &zone) || t.n)
        return false;
    int64_t at = days * DAY + time - zone;
    if (at < MOMENT_FIRST || at > MOMENT_LAST)
        return false;
    *out = at;
    return true;
}
