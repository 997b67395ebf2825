#include "text.h"

int text_compare(struct text a, struct text b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int order = n ? memcmp(a.p, b.p, n) : 0;
    return order ? order : (a.n > b.n) - (a.n < b.n);
}

bool text_starts(struct text a, const char *prefix)
{
    size_t n = strlen(prefix);
    return a.n >= n && (n == 0 || memcmp(a.p, prefix, n) == 0);
}

bool text_split(struct text a, char c, struct text *head, struct text *tail)
{
    const char *at = a.n ? memchr(a.p, c, a.n) : NULL;
    if (!at)
        return false;
    size_t n = (size_t)(at - a.p);
    *head = (struct text){a.p, n};
    *tail = (struct text){at + 1, a.n - n - 1};
    return true;
}

static size_t ascii_run(const unsigned char *p, size_t n)
{
    size_t i = 0;
    uint64_t word;
    for (; i + sizeof word <= n; i += sizeof word) {
        memcpy(&word, p + i, sizeof word);
        if (word & 0x8080808080808080ULL)
            break;
    }
    while (i < n && p[i] < 0x80)
        i++;
    return i;
}

/* Eight at a time, by "Bit Twiddling Hacks" (S. E. Anderson), "Determine if a word has a byte less than n": right about
 * bytes under 0x80, and the others are masked out. */
static inline bool word_has_control(uint64_t w)
{
    const uint64_t ones = 0x0101010101010101ULL, highs = 0x80 * ones;
    uint64_t under_space = w - 0x20 * ones, is_del = (w ^ 0x7F * ones) - ones;
    return (under_space | is_del) & ~w & highs;
}

bool text_has_control(struct text a)
{
    uint64_t word;
    size_t i = 0;
    for (; i + sizeof word <= a.n; i += sizeof word) {
        memcpy(&word, a.p + i, sizeof word);
        if (word_has_control(word))
            return true;
    }
    for (; i < a.n; i++)
        if ((unsigned char)a.p[i] < 0x20 || a.p[i] == 0x7F)
            return true;
    return false;
}

static bool continues(unsigned char byte)
{
    return (byte & 0xC0) == 0x80;
}

/* The length of the multi-byte character at p, or 0: table 3-7 of the Unicode standard, which bounds the second byte
 * so that no character has two spellings and none is a surrogate or over U+10FFFF. */
static size_t character(const unsigned char *p, size_t n)
{
    if (p[0] >= 0xC2 && p[0] <= 0xDF)
        return n >= 2 && continues(p[1]) ? 2 : 0;
    if (p[0] >= 0xE0 && p[0] <= 0xEF) {
        unsigned char low = p[0] == 0xE0 ? 0xA0 : 0x80, high = p[0] == 0xED ? 0x9F : 0xBF;
        return n >= 3 && p[1] >= low && p[1] <= high && continues(p[2]) ? 3 : 0;
    }
    if (p[0] >= 0xF0 && p[0] <= 0xF4) {
        unsigned char low = p[0] == 0xF0 ? 0x90 : 0x80, high = p[0] == 0xF4 ? 0x8F : 0xBF;
        return n >= 4 && p[1] >= low && p[1] <= high && continues(p[2]) && continues(p[3]) ? 4 : 0;
    }
    return 0;
}

ptrdiff_t text_utf8_fault(struct text a)
{
    const unsigned char *p = (const unsigned char *)a.p;
    size_t i = 0;
    while (i < a.n) {
        i += ascii_run(p + i, a.n - i);
        if (i == a.n)
            break;
        size_t length = character(p + i, a.n - i);
        if (length == 0)
            return (ptrdiff_t)i;
        i += length;
    }
    return -1;
}

bool text_to_i64(struct text a, int64_t *out)
{
    bool negative = a.n > 0 && a.p[0] == '-';
    size_t i = negative;
    if (i == a.n)
        return false;
    int64_t sum = 0; /* kept negative, since there is one more negative number than positive ones */
    for (; i < a.n; i++) {
        if (a.p[i] < '0' || a.p[i] > '9')
            return false;
        if (__builtin_mul_overflow(sum, 10, &sum) || __builtin_sub_overflow(sum, a.p[i] - '0', &sum))
            return false;
    }
    if (!negative && sum == INT64_MIN)
        return false;
    *out = negative ? sum : -sum;
    return true;
}

bool text_eq_constant_time(struct text a, struct text b)
{
    if (a.n != b.n)
        return false;
    volatile unsigned char difference = 0;
    for (size_t i = 0; i < a.n; i++)
        difference |= (unsigned char)(a.p[i] ^ b.p[i]);
    return difference == 0;
}

size_t text_characters(struct text a)
{
    size_t count = 0;
    for (size_t i = 0; i < a.n; i++)
        count += ((unsigned char)a.p[i] & 0xC0) != 0x80;
    return count;
}
