/* amqp_retry: how long to wait before connecting again. */
#ifndef TIDEGATE_EDGE_AMQP_RETRY_H
#define TIDEGATE_EDGE_AMQP_RETRY_H

#include <stdint.h>

#define AMQP_RETRY_FIRST_MS 100
#define AMQP_RETRY_LAST_MS 5000

/* Doubles from 100 ms to 5 s; the upper half of it is by chance, so that many processes do not come back as one. */
static inline int64_t amqp_retry_ms(unsigned attempt, uint64_t random)
{
    int64_t most = attempt < 6 ? (int64_t)AMQP_RETRY_FIRST_MS << attempt : AMQP_RETRY_LAST_MS;
    return most / 2 + (int64_t)(random % (uint64_t)(most / 2 + 1));
}

#endif
