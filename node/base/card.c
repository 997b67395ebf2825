/* Is there a payment card number in this text?
 *
 * A wrong "no" lets a card number into queues and logs; a wrong "yes" refuses an honest message, and one number in
 * ten passes the Luhn check by chance: thirteen-digit ids of web shops and EAN-13 bar codes would suffer. So a number
 * must also have a length that the issuers of its first digits use.
 *
 * The text is cut into groups of digits; groups that a single space or hyphen joins form a chain; every sequence of
 * neighbouring groups of a chain is tried ("2026-11-21 4111 1111 1111 1111" is one chain, its last four groups are
 * the card). Only the last digits_max digits of a chain can still be part of such a
 * sequence, so only those are remembered. */
#include "text.h"

enum { digits_min = 13, digits_max = 19 };

/* Which first digits are issued with which lengths. Visa, Mir, Mastercard, Maestro, American Express, Diners Club,
 * JCB, then Discover, UnionPay, RuPay and Maestro. */
static const struct issuer {
    uint16_t low, high;
    uint8_t prefix, shortest, longest;
} issuers[] = {
    {4, 4, 1, 13, 13},     {4, 4, 1, 16, 19},   {2200, 2204, 4, 16, 19}, {2221, 2720, 4, 16, 16}, {51, 55, 2, 16, 16},
    {50, 50, 2, 16, 19},   {56, 58, 2, 16, 19}, {34, 34, 2, 15, 15},     {37, 37, 2, 15, 15},     {300, 305, 3, 14, 19},
    {309, 309, 3, 14, 19}, {36, 36, 2, 14, 19}, {38, 39, 2, 14, 19},     {3528, 3589, 4, 16, 19}, {6, 6, 1, 16, 19},
};

static bool issued(const char *digit, int n)
{
    for (size_t i = 0; i < sizeof issuers / sizeof issuers[0]; i++) {
        const struct issuer *it = &issuers[i];
        int head = 0;
        for (int k = 0; k < it->prefix; k++)
            head = head * 10 + (digit[k] - '0');
        if (head >= it->low && head <= it->high && n >= it->shortest && n <= it->longest)
            return true;
    }
    return false;
}

static bool luhn(const char *digit, int n)
{
    int sum = 0;
    for (int i = 0; i < n; i++) {
        int d = digit[n - 1 - i] - '0';
        if (i % 2 == 1)
            d = d < 5 ? 2 * d : 2 * d - 9;
        sum += d;
    }
    return sum % 10 == 0;
}

static bool card(const char *digit, int n)
{
    return n >= digits_min && n <= digits_max && issued(digit, n) && luhn(digit, n);
}

/* The last digits of a chain, and where in them the groups begin that a number may begin with. */
struct chain {
    char digit[digits_max];
    int n;
    uint8_t start[digits_max + 1];
    int starts;
};

static void chain_forget(struct chain *c, int digits)
{
    memmove(c->digit, c->digit + digits, (size_t)(c->n - digits));
    c->n -= digits;
    int kept = 0;
    for (int i = 0; i < c->starts; i++)
        if (c->start[i] >= digits)
            c->start[kept++] = (uint8_t)(c->start[i] - digits);
    c->starts = kept;
}

/* Adds a group of at most digits_max digits. */
static void chain_add(struct chain *c, const char *digit, int n, bool may_begin)
{
    int over = c->n + n - digits_max;
    if (over > 0)
        chain_forget(c, over < c->n ? over : c->n);
    if (may_begin)
        c->start[c->starts++] = (uint8_t)c->n;
    memcpy(c->digit + c->n, digit, (size_t)n);
    c->n += n;
}

static bool chain_ends_in_card(const struct chain *c)
{
    for (int i = 0; i < c->starts; i++)
        if (card(c->digit + c->start[i], c->n - c->start[i]))
            return true;
    return false;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool text_has_card_number(struct text a)
{
    struct chain chain = {.n = 0};
    for (size_t i = 0; i < a.n;) {
        if (!is_digit(a.p[i])) {
            i++;
            continue;
        }
        size_t from = i;
        while (i < a.n && is_digit(a.p[i]))
            i++;
        bool joined = from >= 2 && (a.p[from - 1] == ' ' || a.p[from - 1] == '-') && is_digit(a.p[from - 2]);
        if (!joined || i - from > digits_max)
            chain.n = chain.starts = 0;
        if (i - from > digits_max)
            continue;
        chain_add(&chain, a.p + from, (int)(i - from), from == 0 || !is_letter(a.p[from - 1]));
        if ((i == a.n || !is_letter(a.p[i])) && chain_ends_in_card(&chain))
            return true;
    }
    return false;
}
