/* hash: SipHash-2-4 (Aumasson, Bernstein 2012) with 64 or 128 bits of output, and ids derived from it. The key is that
 * of the published test vectors (bytes 0 to 15): the hash names things, it does not protect them.
 * Ids that leave a process are derived, never drawn: the same cause gives the same id after a crash. */
#ifndef TIDEGATE_BASE_HASH_H
#define TIDEGATE_BASE_HASH_H

#include "moment.h"

struct hash { /* state for hashing in parts; the result does not depend on how the input was cut */
    uint64_t v[4];
    uint64_t tail;
    uint64_t length;
    bool wide;
};
struct hash128 { /* lo is the first 8 bytes of the reference's output, hi the others, both little-endian */
    uint64_t hi, lo;
};

void hash_init(struct hash *h, bool wide);
void hash_add(struct hash *h, const void *p, size_t n);
void hash_number(struct hash *h, uint64_t n);  /* eight bytes, the lowest first */
void hash_text(struct hash *h, struct text t); /* length first, so that ("ab","c") and ("a","bc") differ */
uint64_t hash_end64(const struct hash *h);        /* only of a hash made with wide = false */
struct hash128 hash_end128(const struct hash *h); /* only with wide = true */
uint64_t hash64(struct text t);

#define UUID_TEXT 37
/* A UUID of version 7 (RFC 9562) whose time is `at` and whose other bits come from h. */
struct text uuid_derive(moment_us at, struct hash128 h, char out[UUID_TEXT]);

#endif
