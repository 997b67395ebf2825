/* adapter: what an adapter implements. The host owns everything else: the loop, AMQP, HTTP, retries and back-off,
 * budget, order per record, cursors, duplicates, metrics, health, signals.
 *
 * An adapter is one `static const struct adapter` at the end of its file. The host allocates and zeroes its state
 * (state_size bytes) and fills its settings. Every slot that says "waits" runs in a task of its own and may call
 * session_call, task_sleep, and whatever else waits; several such calls run at once, so state shared between them must
 * be consistent whenever one waits. */
#ifndef TIDEGATE_HOST_ADAPTER_H
#define TIDEGATE_HOST_ADAPTER_H

#include "base/arena.h"
#include "base/log.h"
#include "edge/config.h"
#include "edge/http_client.h"
#include "edge/http_server.h"
#include "edge/loop.h"
#include "mapping.h"
#include "proto/message.h"

struct adapter;
struct host;

/* What an adapter works with; one a process, made by the host. */
struct session {
    const struct adapter *adapter;
    struct host *host;
    struct loop *loop;
    const struct log *log;
    const char *system;            /* "shop" */
    struct mapping *mapping;
    const struct config_node *config; /* the system's group, for lists and maps that a settings table cannot say */
    void *settings;                /* the adapter's own struct, filled by its settings table */
    void *state;                   /* the adapter's own struct, zeroed at start */
};

/* Priorities of API calls: the budget serves the lower number first and keeps a reserve for 0. */
enum call_priority { CALL_ORDER, CALL_STOCK, CALL_PRICE, CALL_CATALOGUE, CALL_CAPTURE, CALL_BACKFILL, CALL_PRIORITIES };
enum call_priority call_priority_of(const char *entity);

/* Sends an HTTP request within the budget (waits). As http_send; also counts, measures and logs the call, and judges by
 * it whether the system is out (health.h). Retry-After of a 429 or 503 is obeyed here, for all calls. */
int session_call(struct session *s, enum call_priority p, int cost, const struct http_request *r, struct arena *a,
                 struct http_response *out, struct err *err);
/* Tells the budget what the system says is left: `left` of `max` units, restored at `per_second` (0: unknown). The
 * system's own words rule over what the host counted. */
void session_budget(struct session *s, double left, double max, double per_second);
/* Nothing is sent for this long (429 with Retry-After). */
void session_budget_pause(struct session *s, int64_t ms);

/* ---- capture ---- */

/* Where poll and refresh put what they read. */
struct sink;
/* One object as the API gave it, to be mapped as `entity` and published if it differs from what was published last.
 * object_id: the id to refresh it by (see refresh), usually the mapped native id. Does not wait. ERR_INVALID when the
 * mapping fails: the host notes, counts and shows it; go on with the next object. What it could not even note makes
 * sink_page fail, so the result need not be looked at. An entity that is not mapped is passed over. */
int sink_emit(struct sink *sink, const char *entity, struct text object_id, const struct value *native, struct err *err);
/* An object that is gone. */
int sink_emit_deleted(struct sink *sink, const char *entity, struct text native_id, struct err *err);
/* All that was emitted so far is one page (waits): published, confirmed, then the cursor is kept. A poll may call it
 * several times; after a crash the poll begins again at the last kept cursor. Begin to read the next page only after
 * it returned: what is read counts as read from then on. Only a poll has a cursor; what refresh emits is a page by
 * itself. A negative code means stop: hand it on. */
int sink_page(struct sink *sink, struct text cursor, struct err *err);

/* A kind of object that is polled; may give changes of several entities. */
struct feed {
    const char *name;      /* "orders": names the cursor */
    const char *const *entities; /* what sink_emit may name, NULL-ended */
    int64_t interval_ms;   /* between polls when there is nothing new */
};

/* A push as a hint: what to refresh. */
struct hint {
    struct text entity, object_id;
    struct text event_id; /* the push's own id for dropping duplicates; may be empty */
    bool deleted;         /* the push says that the object is gone */
};
#define HINTS_MAX 64

/* ---- delivery ---- */

struct command { /* borrowed */
    const struct message *message; /* key, revision, op */
    const char *entity;
    struct text key;        /* the record key: the external id in this system */
    struct text native;     /* our object's native id, or empty: look it up by the key, else create it */
    const struct value *fields; /* canonical; refs are native ids of this system */
    bool may_exist;         /* an earlier try may have created it: look before creating */
    struct arena *arena;
};

/* RETRY: this record later, whatever the reason. OUTAGE: nothing would pass now, though calls are answered (credentials). */
enum delivery { DELIVERY_DONE, DELIVERY_RETRY, DELIVERY_REFUSED, DELIVERY_OUTAGE };
struct delivery_result {
    enum delivery kind;
    struct text native;        /* DONE: the native id (keep it in the arena) */
    struct value stored;       /* DONE: the object as the API gives it after the write, in the shape that the mapping
                                * reads; VALUE_NULL when unknown (then what was sent counts as stored) */
    int64_t retry_after_ms;    /* RETRY, OUTAGE: what the system asked for; 0: the host's back-off */
    bool unknown_effect;       /* RETRY: the write may have happened (time-out after sending) */
    enum refusal refusal;      /* REFUSED */
    char words[512];           /* RETRY, REFUSED, OUTAGE: the system's own words; no personal data, no secrets */
};
/* Helpers that fill a result; each returns its kind. */
enum delivery delivery_done(struct delivery_result *r, struct text native, struct value stored);
enum delivery delivery_refused(struct delivery_result *r, enum refusal why, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
enum delivery delivery_retry(struct delivery_result *r, int64_t after_ms, bool unknown_effect, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
enum delivery delivery_outage(struct delivery_result *r, int64_t after_ms, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* From a failed session_call (code of err): DENIED is an outage; UNAVAILABLE is a retry; everything else (time-out, torn
 * connection, an answer that cannot be read) is a retry with unknown effect. A failed mapping_out is to be refused. */
enum delivery delivery_from_err(struct delivery_result *r, const struct err *err);

/* ---- the adapter ---- */

struct adapter_entity {
    const char *name;
    bool captured;  /* changes of it are published */
    bool delivered; /* commands for it are applied */
    const char *const *read_only; /* fields that cannot be written in this system, NULL-ended; may be NULL */
};

struct adapter {
    const char *name;          /* "salesforce": settings `adapter = "…"` names it */
    const char *program;       /* "tidegate-salesforce" */
    const char *mapping;       /* default mapping file below config/systems: "salesforce.cfg" */
    size_t settings_size, state_size;
    const struct setting *settings;
    const char *const *config_names; /* settings that init reads from session.config itself (lists of lists, groups),
                                      * NULL-ended; may be NULL. Every other name in the group is refused */
    const struct adapter_entity *entities; /* ended by a NULL name */
    const struct feed *feeds;              /* ended by a NULL name */
    /* For an adapter that asks with the mapping's object and select: what it adds to the objects, so that a mapping that
     * reads anything else is refused; ended by a NULL entity. NULL: nothing is known. */
    const struct mapping_given *given;

    /* Checks settings beyond their types; no I/O. Once, before anything else. */
    int (*init)(struct session *s, struct err *err);
    /* Waits. Logs in and looks up what the adapter needs to know (locations, price lists). Called at start and again
     * after an outage; until it returns 0 nothing else is called. ERR_DENIED is shown as not ready with its sentence. */
    int (*open)(struct session *s, struct err *err);
    /* Waits. Reads what has changed since cursor (empty: from the beginning), page by page. */
    int (*poll)(struct session *s, const struct feed *feed, struct text cursor, struct sink *sink, struct err *err);
    /* Waits. Reads one object again and emits it. 0 also when it is gone (then emit it as deleted). */
    int (*refresh)(struct session *s, const char *entity, struct text object_id, struct sink *sink, struct err *err);
    /* Does not wait. Every POST below /webhooks/ comes here. Verifies a push on the raw body and says what it hints at; *count 0: known and of no interest.
     * ERR_DENIED: wrong signature (401). ERR_INVALID: 400. May be NULL: no pushes. */
    int (*webhook)(struct session *s, const struct http_incoming *r, struct arena *a, struct hint hints[HINTS_MAX],
                   size_t *count, struct err *err);
    /* Waits. Applies one command. Never two at once for one record key. Must be repeatable: the host calls it again
     * after a crash with may_exist set. */
    enum delivery (*deliver)(struct session *s, const struct command *c, struct delivery_result *r);
};

/* main() of every adapter program: settings, signals, loop, until SIGTERM. Returns the exit code. */
int host_main(const struct adapter *adapter, int argc, char **argv);

#endif
