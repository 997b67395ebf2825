/* A decimal is taken apart into its significant digits and the place of the point; then order and equality are those
 * of the digits. Sums and products are done in columns, as at school: 38 digits are few.
 *
 * Invariant of struct number once read: neither the first nor the last digit is 0; zero has no digits, point 0 and no
 * sign. So each value has one form. */
#include "decimal.h"

#include <assert.h>

enum {
    digits_max = 38,
    room = 2 * digits_max,
    columns = 4 * (digits_max + 2), /* any product of two decimals, with the units in the middle */
    units = columns / 2,
    literal_max = 4096,
    exponent_max = 2 * literal_max, /* more is as good as infinite */
};

struct number { /* 0.d1d2d3… times ten to the power of point */
    bool negative;
    int n, point;
    char digit[room]; /* 0 to 9 */
};

/* Adds a digit behind the others; false when a digit that matters finds no room. */
static bool push(struct number *d, int digit, bool whole)
{
    if (d->n == 0 && digit == 0) {
        d->point -= !whole;
        return true;
    }
    d->point += whole;
    if (d->n == room)
        return digit == 0;
    d->digit[d->n++] = (char)digit;
    return true;
}

static void settle(struct number *d)
{
    while (d->n > 0 && d->digit[d->n - 1] == 0)
        d->n--;
    if (d->n == 0) {
        d->negative = false;
        d->point = 0;
    }
}

static size_t push_run(struct number *d, struct text t, bool whole, bool *fits)
{
    size_t n = 0;
    for (; n < t.n && t.p[n] >= '0' && t.p[n] <= '9'; n++)
        *fits &= push(d, t.p[n] - '0', whole);
    return n;
}

static struct text skip(struct text t, size_t n)
{
    return n ? (struct text){t.p + n, t.n - n} : t;
}

/* Reads -?digits(.digits)? off the head of *t and counts its digits; false when that is not what is there. */
static bool take(struct text *t, struct number *d, size_t *digits)
{
    bool fits = true;
    d->negative = t->n > 0 && t->p[0] == '-';
    d->n = d->point = 0;
    *t = skip(*t, d->negative);
    size_t whole = push_run(d, *t, true, &fits);
    *t = skip(*t, whole);
    size_t fraction = 0;
    if (t->n > 0 && t->p[0] == '.') {
        *t = skip(*t, 1);
        fraction = push_run(d, *t, false, &fits);
        *t = skip(*t, fraction);
        if (fraction == 0)
            return false;
    }
    settle(d);
    *digits = whole + fraction;
    return whole > 0 && fits;
}

static bool number_read(struct number *d, struct text t)
{
    size_t digits;
    return t.n < DECIMAL_MAX && take(&t, d, &digits) && t.n == 0 && digits <= digits_max;
}

static char *put(char *p, const struct number *d, int from, int to)
{
    for (int i = from; i < to; i++)
        *p++ = (char)('0' + (i >= 0 && i < d->n ? d->digit[i] : 0));
    return p;
}

/* Writes the shortest form with a NUL. Its length, or 0 when it has more than 38 digits. */
static size_t number_write(const struct number *d, char out[DECIMAL_MAX])
{
    int from = d->point > 0 ? 0 : d->point - 1; /* at least one whole digit, though it be 0 */
    int to = d->n > d->point ? d->n : d->point;
    if (to - from > digits_max)
        return 0;
    char *p = out;
    if (d->negative)
        *p++ = '-';
    p = put(p, d, from, d->point);
    if (to > d->point) {
        *p++ = '.';
        p = put(p, d, d->point, to);
    }
    *p = '\0';
    return (size_t)(p - out);
}

bool decimal_valid(struct text t)
{
    struct number d;
    return number_read(&d, t);
}

static int compare_sizes(const struct number *a, const struct number *b)
{
    if (a->n == 0 || b->n == 0)
        return (a->n > 0) - (b->n > 0);
    if (a->point != b->point)
        return a->point < b->point ? -1 : 1;
    return text_compare((struct text){a->digit, (size_t)a->n}, (struct text){b->digit, (size_t)b->n});
}

int decimal_compare(struct text a, struct text b)
{
    struct number x, y;
    bool valid = number_read(&x, a) && number_read(&y, b);
    assert(valid);
    if (!valid || x.negative != y.negative)
        return valid ? (x.negative ? -1 : 1) : text_compare(a, b);
    int order = x.negative ? compare_sizes(&y, &x) : compare_sizes(&x, &y);
    return (order > 0) - (order < 0);
}

struct text decimal_canonical(struct text t, char out[DECIMAL_MAX])
{
    struct number d;
    bool valid = number_read(&d, t);
    assert(valid);
    out[0] = '\0';
    return (struct text){out, valid ? number_write(&d, out) : 0};
}

static size_t digits_at(struct text t, size_t from)
{
    size_t n = 0;
    while (from + n < t.n && t.p[from + n] >= '0' && t.p[from + n] <= '9')
        n++;
    return n;
}

bool decimal_is_canonical(struct text t)
{
    size_t from = t.n > 0 && t.p[0] == '-', whole = digits_at(t, from), end = from + whole;
    if (whole == 0 || whole > digits_max || (whole > 1 && t.p[from] == '0'))
        return false;
    if (end == t.n)
        return t.p[from] != '0' || from == 0;
    size_t fraction = digits_at(t, end + 1);
    return t.p[end] == '.' && fraction > 0 && end + 1 + fraction == t.n && t.p[t.n - 1] != '0' &&
           whole + fraction <= digits_max;
}

/* RFC 8259, section 6: no leading zeros, an exponent of any size. */
static bool take_exponent(struct text t, int *exponent)
{
    *exponent = 0;
    if (t.n == 0)
        return true;
    if (t.p[0] != 'e' && t.p[0] != 'E')
        return false;
    t = skip(t, 1);
    bool negative = t.n > 0 && t.p[0] == '-';
    t = skip(t, t.n > 0 && (t.p[0] == '-' || t.p[0] == '+'));
    for (size_t i = 0; i < t.n; i++) {
        if (t.p[i] < '0' || t.p[i] > '9')
            return false;
        if (*exponent < exponent_max)
            *exponent = *exponent * 10 + (t.p[i] - '0');
    }
    if (negative)
        *exponent = -*exponent;
    return t.n > 0;
}

static bool leading_zero(struct text t)
{
    t = skip(t, t.n > 0 && t.p[0] == '-');
    return t.n > 1 && t.p[0] == '0' && t.p[1] >= '0' && t.p[1] <= '9';
}

bool decimal_from_number(struct text literal, char out[DECIMAL_MAX])
{
    struct number d;
    size_t digits;
    int exponent;
    if (literal.n > literal_max || leading_zero(literal) || !take(&literal, &d, &digits) ||
        !take_exponent(literal, &exponent))
        return false;
    if (d.n > 0)
        d.point += exponent;
    return number_write(&d, out) > 0;
}

/* Carries every column into 0 to 9; false when the whole is negative. */
static bool carry(int column[columns])
{
    for (int i = columns - 1; i > 0; i--) {
        int up = column[i] / 10 - (column[i] % 10 < 0);
        column[i] -= 10 * up;
        column[i - 1] += up;
    }
    return column[0] >= 0;
}

static bool columns_write(int column[columns], bool negative, char out[DECIMAL_MAX])
{
    struct number d = {.negative = negative};
    if (!carry(column)) {
        for (int i = 0; i < columns; i++)
            column[i] = -column[i];
        carry(column);
        d.negative = !negative;
    }
    for (int i = 0; i < columns; i++)
        if (!push(&d, column[i], i < units))
            return false;
    settle(&d);
    return number_write(&d, out) > 0;
}

static void columns_add(int column[columns], const struct number *d)
{
    for (int i = 0; i < d->n; i++)
        column[units - d->point + i] += d->negative ? -d->digit[i] : d->digit[i];
}

bool decimal_add(struct text a, struct text b, char out[DECIMAL_MAX])
{
    struct number x, y;
    int column[columns] = {0};
    if (!number_read(&x, a) || !number_read(&y, b))
        return false;
    columns_add(column, &x);
    columns_add(column, &y);
    return columns_write(column, false, out);
}

bool decimal_mul(struct text a, struct text b, char out[DECIMAL_MAX])
{
    struct number x, y;
    int column[columns] = {0};
    if (!number_read(&x, a) || !number_read(&y, b))
        return false;
    for (int i = 0; i < x.n; i++)
        for (int k = 0; k < y.n; k++)
            column[units - x.point - y.point + 1 + i + k] += x.digit[i] * y.digit[k];
    return columns_write(column, x.negative != y.negative, out);
}
