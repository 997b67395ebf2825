/* SipHash as its authors' reference implementation has it (github.com/veorq/SipHash, siphash.c): two rounds a word,
 * four at the end. Bytes that do not fill a word wait in tail. */
#include "hash.h"

#include <endian.h>

static inline uint64_t rotate(uint64_t x, int bits)
{
    return x << bits | x >> (64 - bits);
}

static inline void round_of(uint64_t v[4])
{
    v[0] += v[1];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[0] = rotate(v[0], 32);
    v[2] += v[3];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[2] = rotate(v[2], 32);
}

static inline void word(uint64_t v[4], uint64_t w)
{
    v[3] ^= w;
    round_of(v);
    round_of(v);
    v[0] ^= w;
}

static inline uint64_t load(const unsigned char *p)
{
    uint64_t w;
    memcpy(&w, p, sizeof w);
    return le64toh(w);
}

/* Of 0 to 7 bytes. Two loads that may overlap take less than one a byte. */
static inline uint64_t load_part(const unsigned char *p, size_t n)
{
    if (n >= 4) {
        uint32_t head, tail;
        memcpy(&head, p, 4);
        memcpy(&tail, p + n - 4, 4);
        return le32toh(head) | (uint64_t)le32toh(tail) << (8 * (n - 4));
    }
    if (n == 0)
        return 0;
    return p[0] | (uint64_t)p[n / 2] << (8 * (n / 2)) | (uint64_t)p[n - 1] << (8 * (n - 1));
}

void hash_init(struct hash *h, bool wide)
{
    const uint64_t k0 = 0x0706050403020100ULL, k1 = 0x0F0E0D0C0B0A0908ULL;
    *h = (struct hash){.v = {k0 ^ 0x736F6D6570736575ULL, k1 ^ 0x646F72616E646F6DULL, k0 ^ 0x6C7967656E657261ULL,
                             k1 ^ 0x7465646279746573ULL},
                       .wide = wide};
    if (wide)
        h->v[1] ^= 0xEE;
}

/* The waiting bits and as many of w as fill a word go into the hash; the others of w wait. */
static inline void add_word(struct hash *h, unsigned waiting, uint64_t w)
{
    word(h->v, h->tail | w << waiting);
    h->tail = w >> 1 >> (63 - waiting);
}

static inline unsigned waiting_bits(const struct hash *h)
{
    return 8 * (h->length & 7);
}

__attribute__((always_inline)) static inline void add_bytes(struct hash *h, const unsigned char *p, size_t n)
{
    unsigned waiting = waiting_bits(h);
    h->length += n;
    for (; n >= 8; p += 8, n -= 8)
        add_word(h, waiting, load(p));
    uint64_t rest = load_part(p, n);
    if (waiting + 8 * n >= 64)
        add_word(h, waiting, rest);
    else
        h->tail |= rest << waiting;
}

static inline void add_number(struct hash *h, uint64_t n)
{
    unsigned waiting = waiting_bits(h);
    h->length += sizeof n;
    add_word(h, waiting, n);
}

/* Each works on a copy, which the compiler keeps in registers: *h might be among the bytes, for all that it knows. */
void hash_add(struct hash *h, const void *bytes, size_t n)
{
    struct hash copy = *h;
    add_bytes(&copy, bytes, n);
    *h = copy;
}

void hash_number(struct hash *h, uint64_t n)
{
    struct hash copy = *h;
    add_number(&copy, n);
    *h = copy;
}

void hash_text(struct hash *h, struct text t)
{
    struct hash copy = *h;
    add_number(&copy, t.n);
    add_bytes(&copy, (const unsigned char *)t.p, t.n);
    *h = copy;
}

static inline uint64_t squeeze(uint64_t v[4])
{
    for (int i = 0; i < 4; i++)
        round_of(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

uint64_t hash_end64(const struct hash *h)
{
    struct hash copy = *h;
    word(copy.v, copy.length << 56 | copy.tail);
    copy.v[2] ^= 0xFF;
    return squeeze(copy.v);
}

struct hash128 hash_end128(const struct hash *h)
{
    struct hash copy = *h;
    struct hash128 out;
    word(copy.v, copy.length << 56 | copy.tail);
    copy.v[2] ^= 0xEE;
    out.lo = squeeze(copy.v);
    copy.v[1] ^= 0xDD;
    out.hi = squeeze(copy.v);
    return out;
}

uint64_t hash64(struct text t)
{
    struct hash h;
    hash_init(&h, false);
    add_bytes(&h, (const unsigned char *)t.p, t.n);
    return hash_end64(&h);
}

/* The eight hex digits of the low 32 bits, as they lie in a text: spread to four bits a byte, the first digit in the
 * highest; then '0' is added to each, and what lies between '9' and 'a' to those over 9. */
static uint64_t hex(uint64_t bits)
{
    bits &= 0xFFFFFFFF;
    bits = (bits | bits << 16) & 0x0000FFFF0000FFFFULL;
    bits = (bits | bits << 8) & 0x00FF00FF00FF00FFULL;
    bits = (bits | bits << 4) & 0x0F0F0F0F0F0F0F0FULL;
    uint64_t over_nine = (bits + 0x0606060606060606ULL) >> 4 & 0x0101010101010101ULL;
    return htobe64(bits + 0x3030303030303030ULL + over_nine * ('a' - '9' - 1));
}

/* RFC 9562, 5.7: 48 bits of milliseconds, version 7, 12 bits, variant 10, 62 bits. */
struct text uuid_derive(moment_us at, struct hash128 h, char out[UUID_TEXT])
{
    uint64_t ms = at > 0 ? (uint64_t)at / 1000 : 0;
    uint64_t half[2] = {ms << 16 | 0x7000 | (h.hi & 0x0FFF), (h.lo & 0x3FFFFFFFFFFFFFFFULL) | 0x8000000000000000ULL};
    uint64_t digits[4] = {hex(half[0] >> 32), hex(half[0]), hex(half[1] >> 32), hex(half[1])};
    memcpy(out, digits, 8);
    out[8] = '-';
    memcpy(out + 9, (char *)digits + 8, 4);
    out[13] = '-';
    memcpy(out + 14, (char *)digits + 12, 4);
    out[18] = '-';
    memcpy(out + 19, (char *)digits + 16, 4);
    out[23] = '-';
    memcpy(out + 24, (char *)digits + 20, 12);
    out[36] = '\0';
    return (struct text){out, UUID_TEXT - 1};
}
