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

static inline uint64_t load_part(const unsigned char *p, size_t n)
{
    uint64_t w = 0;
    for (size_t i = 0; i < n; i++)
        w |= (uint64_t)p[i] << (8 * i);
    return w;
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

void hash_add(struct hash *h, const void *bytes, size_t n)
{
    const unsigned char *p = bytes;
    size_t waiting = h->length & 7;
    h->length += n;
    if (waiting) {
        size_t take = 8 - waiting < n ? 8 - waiting : n;
        h->tail |= load_part(p, take) << (8 * waiting);
        if (waiting + take < 8)
            return;
        word(h->v, h->tail);
        p += take;
        n -= take;
    }
    for (; n >= 8; p += 8, n -= 8)
        word(h->v, load(p));
    h->tail = load_part(p, n);
}

void hash_text(struct hash *h, struct text t)
{
    uint64_t n = htole64(t.n);
    hash_add(h, &n, sizeof n);
    hash_add(h, t.p, t.n);
}

static uint64_t squeeze(uint64_t v[4])
{
    for (int i = 0; i < 4; i++)
        round_of(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

uint64_t hash_end64(struct hash *h)
{
    word(h->v, h->length << 56 | h->tail);
    h->v[2] ^= 0xFF;
    return squeeze(h->v);
}

struct hash128 hash_end128(struct hash *h)
{
    struct hash128 out;
    word(h->v, h->length << 56 | h->tail);
    h->v[2] ^= 0xEE;
    out.lo = squeeze(h->v);
    h->v[1] ^= 0xDD;
    out.hi = squeeze(h->v);
    return out;
}

uint64_t hash64(struct text t)
{
    struct hash h;
    hash_init(&h, false);
    hash_add(&h, t.p, t.n);
    return hash_end64(&h);
}

/* RFC 9562, 5.7: 48 bits of milliseconds, version 7, 12 bits, variant 10, 62 bits. */
struct text uuid_derive(moment_us at, struct hash128 h, char out[UUID_TEXT])
{
    static const char hex[] = "0123456789abcdef";
    uint64_t ms = at > 0 ? (uint64_t)at / 1000 : 0;
    uint64_t half[2] = {ms << 16 | 0x7000 | (h.hi & 0x0FFF), (h.lo & 0x3FFFFFFFFFFFFFFFULL) | 0x8000000000000000ULL};
    char *p = out;
    for (int digit = 0; digit < 32; digit++) {
        if (digit == 8 || digit == 12 || digit == 16 || digit == 20)
            *p++ = '-';
        *p++ = hex[half[digit / 16] >> (60 - 4 * (digit % 16)) & 15];
    }
    *p = '\0';
    return (struct text){out, UUID_TEXT - 1};
}
