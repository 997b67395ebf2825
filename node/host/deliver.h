/* deliver: one command, from the broker's message to the confirmed outcome. */
#ifndef TIDEGATE_HOST_DELIVER_H
#define TIDEGATE_HOST_DELIVER_H

#include "adapter.h"
#include "lane.h"

enum deliver_verdict { DELIVER_ENDED /* ack it */, DELIVER_RETRY, DELIVER_OUTAGE, DELIVER_STOPPING };
/* Waits. RETRY: *after_ms is what the system asked for (0: the host's back-off), words says why. */
enum deliver_verdict deliver(struct host *h, struct job *j, int64_t *after_ms, char words[512]);

#endif
