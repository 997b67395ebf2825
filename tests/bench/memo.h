/* memo: stands in front of a stand-in, notes when requests come, and answers what was asked before from memory.
 *
 * The stand-ins check everything and are written in Python; two hundred orders a second through three of them would
 * measure little else. So each call goes through to the stand-in once (while the way is walked slowly, before anything
 * is measured), and then is answered here, with the mark of the push that asks. Calls that ask what has changed since a
 * time always go through. */
#ifndef TIDEGATE_BENCH_MEMO_H
#define TIDEGATE_BENCH_MEMO_H

#include "base/table.h"
#include "edge/http_client.h"
#include "edge/http_server.h"
#include "mark.h"

struct memo {
    const char *name, *upstream; /* "http://127.0.0.1:20123" */
    struct loop *loop;
    struct http_client *client;
    const struct log *log;
    bool learning; /* else all goes through as it is */
    /* The newest mark of the order that this old mark is of. */
    uint32_t (*newest)(void *ctx, uint32_t mark);
    /* Called when a request comes: its mark, or of a read the mark that the answer will carry; MARK_NONE: neither. */
    void (*seen)(void *ctx, struct memo *m, uint32_t mark, bool writes);
    void *ctx;

    struct http_server *server;
    struct table answers;
    unsigned long answered, asked; /* from memory; of the stand-in */
    int64_t busy_us;               /* spent on answering from memory */
};

/* The fields above the gap are filled by the caller. Listens on a free port of 127.0.0.1. */
int memo_start(struct memo *m, struct err *err);
void memo_stop(struct memo *m);

#endif
