/* amqp_link: the connection under an amqp, kept up for ever. amqp.c is what others call, amqp_link.c what the loop
 * calls; this is what the two share. */
#ifndef TIDEGATE_EDGE_AMQP_LINK_H
#define TIDEGATE_EDGE_AMQP_LINK_H

#include "amqp_acks.h"
#include "amqp_confirm.h"
#include "amqp_consumers.h"
#include "amqp_wire.h"

struct amqp {
    struct loop *loop;
    const struct log *log;
    struct amqp_settings settings; /* with the defaults filled in */
    struct amqp_handler handler;
    struct consumers consumers;
    struct confirms confirms; /* of this connection, as are the acks */
    struct acks acks;
    struct amqp_wire *wire; /* NULL: down */
    int fd, watched;
    uint64_t epoch;
    bool broken;  /* of no use any more, but not yet taken down */
    bool blocked; /* the broker takes no publishes: memory or disk alarm */
    struct err why, last_refusal;
    unsigned attempts;
    uint64_t connect_timer, tick_timer, flush_timer, lost_timer;
    int64_t up_us, received_us, sent_us;
};

void amqp_link_start(struct amqp *a); /* connects from the loop */
void amqp_link_stop(struct amqp *a);  /* sends what waits and closes */
/* The connection is of no use any more. Calls no handler: the loop's next round does the rest. */
void amqp_link_break(struct amqp *a, const struct err *why);
void amqp_link_touch(struct amqp *a); /* something was added to what is to be sent */
void amqp_link_flush(struct amqp *a); /* send it now */
void amqp_link_consume(struct amqp *a, struct consumer *c);
/* What a publish and its return have in common. */
uint64_t amqp_link_fingerprint(struct text exchange, struct text routing_key, struct text message_id, uint64_t size);

#endif
