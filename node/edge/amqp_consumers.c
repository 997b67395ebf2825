#include "amqp_consumers.h"

#include <stdio.h>
#include <stdlib.h>

void consumers_release(struct consumers *c)
{
    while (c->first) {
        struct consumer *next = c->first->next;
        free(c->first);
        c->first = next;
    }
}

int consumers_add(struct consumers *c, struct consumer **out, const char *queue, int prefetch, const char *stream_from,
                  struct err *err)
{
    if (strlen(queue) > CONSUMER_QUEUE_MAX)
        return err_set(err, ERR_TOO_LARGE, "queue name over %d bytes: %s", CONSUMER_QUEUE_MAX, queue);
    if (stream_from && strlen(stream_from) >= sizeof c->first->from)
        return err_set(err, ERR_TOO_LARGE, "no position of a stream: %s", stream_from);
    if (consumers_of_queue(c, queue))
        return err_set(err, ERR_CONFLICT, "queue %s is consumed already", queue);
    struct consumer *new = calloc(1, sizeof *new);
    if (!new)
        return err_set(err, ERR_NOMEM, "no memory for a consumer");
    snprintf(new->queue, sizeof new->queue, "%s", queue);
    snprintf(new->from, sizeof new->from, "%s", stream_from ? stream_from : "");
    new->stream = stream_from != NULL;
    new->last_offset = -1;
    new->prefetch = prefetch;
    new->next = c->first;
    c->first = *out = new;
    return 0;
}

struct consumer *consumers_of_queue(const struct consumers *c, const char *queue)
{
    struct consumer *i = c->first;
    while (i && strcmp(i->queue, queue) != 0)
        i = i->next;
    return i;
}

struct consumer *consumers_of_tag(const struct consumers *c, struct text tag)
{
    size_t n = tag.n;
    while (n > 0 && tag.p[n - 1] != '/')
        n--;
    struct text queue = {tag.p, n ? n - 1 : 0};
    struct consumer *i = c->first;
    while (i && !text_is(queue, i->queue))
        i = i->next;
    return i;
}

void consumer_rename(struct consumer *c)
{
    snprintf(c->tag, sizeof c->tag, "%s/%u", c->queue, ++c->generation);
}

const char *consumer_from(struct consumer *c)
{
    if (!c->stream)
        return NULL;
    if (c->last_offset >= 0)
        snprintf(c->from, sizeof c->from, "%lld", (long long)c->last_offset + 1);
    return c->from;
}
