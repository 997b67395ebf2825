/* message: what travels: change, command and outcome. One msgpack map with CloudEvents 1.0 attribute names; the page
 * docs/messages.md is the same for people who write an adapter in another language.
 *
 *   specversion "1.0" · id UUIDv7 · source system · type tidegate.{change,command,outcome}.v1 · subject "<entity>/<id>"
 *   · time RFC 3339 UTC · traceparent W3C · datacontenttype "application/vnd.tidegate+msgpack" · data { … }
 *
 * data of a change:  op, key?, version?, fields.            subject id: the native id in `source`.
 * data of a command: op, key, target, native?, revision, fields. source: "router"; subject id: the record key. refs
 *                    within fields are native ids of the target.
 * data of an outcome: op, key, command, revision, verdict, native?, version?, fields?, class?, reason?, retry_at?.
 *                    source: the target system; subject id: the record key. */
#ifndef TIDEGATE_PROTO_MESSAGE_H
#define TIDEGATE_PROTO_MESSAGE_H

#include "base/buf.h"
#include "base/hash.h"
#include "schema.h"

enum message_type { MESSAGE_CHANGE, MESSAGE_COMMAND, MESSAGE_OUTCOME };
enum message_op {
    OP_UPSERT,
    OP_DELETE,
    OP_SNAPSHOT, /* a change only: all objects of the entity that were there when the system was first read have been told */
};
enum verdict {
    VERDICT_DONE,    /* native, version and fields say what the system now holds */
    VERDICT_RETRY,   /* not yet, and the adapter goes on trying: for the router's information */
    VERDICT_REFUSED, /* the system said no: class and reason; will not be tried again */
    VERDICT_STALE,   /* a higher revision was applied before; `revision` is that one */
};
enum refusal {
    REFUSAL_NONE,
    REFUSAL_VALUE,
    REFUSAL_MISSING,
    REFUSAL_DUPLICATE,
    REFUSAL_PERMISSION,
    REFUSAL_TOO_LARGE,
    REFUSAL_CONFLICT,
    REFUSAL_UNSUPPORTED
};

#define MESSAGE_CONTENT_TYPE "application/vnd.tidegate+msgpack"
#define MESSAGE_NATIVE_ID_MAX 255 /* bytes */
#define MESSAGE_KEY_MAX 400       /* "<system>:<entity>:<native id>" */
#define MESSAGE_SYSTEM_MAX 63     /* [a-z][a-z0-9_]* */
#define MESSAGE_VERSION_MAX 255
#define MESSAGE_REASON_MAX 4096
#define MESSAGE_ROUTING_KEY_MAX 160 /* bytes that any routing key fits in, NUL included */

struct message { /* texts are borrowed from the bytes or the arena that it was read from */
    enum message_type type;
    struct text id, source, traceparent;
    struct text entity;     /* from subject */
    struct text subject_id; /* change: native id; command and outcome: record key */
    moment_us time;
    enum message_op op;
    struct text key;     /* record key: command, outcome; change: when the object carries one (may be empty) */
    struct text version; /* orderable within one system by text_compare; empty: unknown */
    struct value fields; /* VALUE_MAP, checked when `schema` was given */
    struct text target;  /* command */
    struct text native;  /* command: empty when the target has no object of this record yet; outcome */
    int64_t revision;    /* command, outcome; change: of the last command that was applied to the object before it was read */
    bool stamped;        /* change: revision is known; 0: no command was ever applied to it */
    struct text command; /* outcome: id of the command */
    enum verdict verdict;
    enum refusal refusal;
    struct text reason; /* outcome: the system's own words; written cut to MESSAGE_REASON_MAX */
    moment_us retry_at; /* outcome, verdict retry: when the adapter tries again; 0: unknown */
    bool replayed;      /* change: comes from `tidegate replay` (extension attribute "replayed") */
};

/* Reads, bounds and checks a message; with a schema also entity and fields. *entity (may be NULL) gets the entity.
 * ERR_INVALID, ERR_TOO_LARGE, ERR_DENIED (card number); ERR_NOT_FOUND for an entity that the schema lacks. After an
 * error, out holds what was read until then and is empty in the rest, so that a held message can be told apart. */
int message_read(const struct schema *schema, struct text bytes, struct arena *a, struct message *out,
                 const struct entity **entity, struct err *err);
void message_write(struct buf *out, const struct message *m);         /* sticky */
struct value message_value(struct arena *a, const struct message *m); /* the CloudEvent as a value, for JSON */
/* One readable line: time, source → …, entity, id, op, masked fields. */
void message_line(struct buf *out, const struct schema *schema, const struct message *m);

/* The CloudEvent as JSON (specification: CloudEvents JSON format), fields masked as in message_line. */
void message_json(struct buf *out, const struct schema *schema, const struct message *m, struct arena *a);

/* "<origin>.<entity>.<op>" or "<target>.<entity>.<op>" for m; out is NUL-terminated. */
void message_routing_key(char *out, size_t size, const struct message *m);
const char *message_type_name(enum message_type t); /* "tidegate.change.v1" */
const char *verdict_word(enum verdict v);
const char *refusal_word(enum refusal r);

/* The id of a change, from what it says: time, system, entity, native id, op, version, fields. The same observation
 * read twice gets the same id, if `time` is the one that the system gives. */
struct text message_change_id(const struct message *m, char out[UUID_TEXT]);
/* The id of a command: from record key, target, revision. */
struct text message_command_id(struct text key, struct text target, int64_t revision, moment_us at,
                               char out[UUID_TEXT]);
struct text message_record_key(struct arena *a, struct text system, struct text entity, struct text native);

#endif
