/* Everything in base that reads a stranger's text: UTF-8, integers, decimals, times, card numbers, and JSON strings and
 * log lines as writers of such text. The input is one text; where two are needed, its first line and the rest. */
#include <stdio.h>
#include <stdlib.h>

#include "base/decimal.h"
#include "base/hash.h"
#include "base/json_text.h"
#include "base/moment.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool truth)
{
    if (!truth)
        abort();
}

static void try_utf8(struct text t)
{
    ptrdiff_t fault = text_utf8_fault(t);
    must(fault >= -1 && (fault < 0 || (size_t)fault < t.n));
    if (fault >= 0) {
        must(text_utf8_fault((struct text){t.p, (size_t)fault}) == -1);
        must(text_utf8_fault((struct text){t.p + fault, t.n - (size_t)fault}) == 0);
    }
    struct buf out;
    buf_init(&out, 6 * t.n + 2);
    json_write_string(&out, t);
    must(!buf_failed(&out) && text_utf8_fault(buf_view(&out)) == -1);
    buf_release(&out);
}

static void try_integer(struct text t)
{
    int64_t value, again;
    char text[32];
    if (!text_to_i64(t, &value))
        return;
    int n = snprintf(text, sizeof text, "%lld", (long long)value);
    must(text_to_i64((struct text){text, (size_t)n}, &again) && again == value);
}

static void try_decimal(struct text t)
{
    char canonical[DECIMAL_MAX], again[DECIMAL_MAX];
    if (decimal_from_number(t, again))
        must(decimal_valid(text_of(again)));
    if (!decimal_valid(t)) {
        must(!decimal_is_canonical(t));
        return;
    }
    struct text c = decimal_canonical(t, canonical);
    must(decimal_is_canonical(t) == text_eq(t, c));
    must(decimal_valid(c) && c.n <= t.n && decimal_compare(t, c) == 0);
    must(text_eq(decimal_canonical(c, again), c));
}

static void negate(struct text t, char out[DECIMAL_MAX])
{
    must(decimal_mul(t, text_of("-1"), out));
}

static void try_decimals(struct text a, struct text b)
{
    char sum[DECIMAL_MAX], minus[DECIMAL_MAX], back[DECIMAL_MAX], other[DECIMAL_MAX];
    if (!decimal_valid(a) || !decimal_valid(b))
        return;
    int order = decimal_compare(a, b);
    must(order == -decimal_compare(b, a));
    negate(b, minus);
    if (decimal_add(a, text_of(minus), sum)) /* the sign of a - b is the order of a and b */
        must(decimal_compare(text_of(sum), text_of("0")) == order);
    bool fits = decimal_add(a, b, sum);
    must(fits == decimal_add(b, a, other) && (!fits || text_is(text_of(sum), other)));
    if (fits && decimal_add(text_of(sum), text_of(minus), back))
        must(decimal_compare(text_of(back), a) == 0);
    fits = decimal_mul(a, b, sum);
    must(fits == decimal_mul(b, a, other) && (!fits || text_is(text_of(sum), other)));
}

static void try_moment(struct text t)
{
    moment_us at, again;
    char text[MOMENT_TEXT_MAX];
    if (!moment_parse(t, &at))
        return;
    must(moment_parse(moment_format(at, text), &again) && again == at);
}

static bool is_alphanumeric(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* The plain reading of the rule in base/text.h without the issuers: from this place, is there a number? */
static bool luhn_number_at(struct text t, size_t at)
{
    char digit[19];
    int n = 0;
    for (size_t i = at; i < t.n && n < 19; i++) {
        if (t.p[i] >= '0' && t.p[i] <= '9')
            digit[n++] = (char)(t.p[i] - '0');
        else if ((t.p[i] != ' ' && t.p[i] != '-') || t.p[i - 1] < '0' || t.p[i - 1] > '9')
            return false;
        if (n < 13 || t.p[i] < '0' || t.p[i] > '9' || (i + 1 < t.n && is_alphanumeric(t.p[i + 1])))
            continue;
        int sum = 0;
        for (int k = 0; k < n; k++) {
            int d = digit[n - 1 - k] * (1 + k % 2);
            sum += d > 9 ? d - 9 : d;
        }
        if (sum % 10 == 0)
            return true;
    }
    return false;
}

static void try_card(struct text t)
{
    bool plainly = false;
    for (size_t i = 0; i < t.n && !plainly; i++)
        plainly = t.p[i] >= '2' && t.p[i] <= '6' && (i == 0 || !is_alphanumeric(t.p[i - 1])) && luhn_number_at(t, i);
    must(plainly || !text_has_card_number(t));
}

static void try_hash(struct text t)
{
    struct hash h;
    hash_init(&h, false);
    hash_add(&h, t.p, t.n / 3);
    hash_add(&h, t.p + t.n / 3, t.n - t.n / 3);
    must(hash_end64(&h) == hash64(t));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text t = {(const char *)data, size}, first = t, rest;
    if (size == 0 || size > 4096)
        return 0;
    try_utf8(t);
    try_card(t);
    try_hash(t);
    if (text_split(t, '\n', &first, &rest))
        try_decimals(first, rest);
    try_integer(first);
    try_decimal(first);
    try_moment(first);
    return 0;
}
