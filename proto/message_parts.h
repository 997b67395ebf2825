/* What reading, writing and showing a message share: its words. The module's own. */
#ifndef TIDEGATE_PROTO_MESSAGE_PARTS_H
#define TIDEGATE_PROTO_MESSAGE_PARTS_H

#include "message.h"

/* The members of a message, and of its `data`, in the order in which they are written. */
enum attribute {
    AT_SPECVERSION,
    AT_ID,
    AT_SOURCE,
    AT_TYPE,
    AT_SUBJECT,
    AT_TIME,
    AT_TRACEPARENT,
    AT_REPLAYED,
    AT_DATACONTENTTYPE,
    AT_DATA,
    AT_COUNT
};
enum data_member {
    IN_OP,
    IN_KEY,
    IN_TARGET,
    IN_COMMAND,
    IN_REVISION,
    IN_VERDICT,
    IN_NATIVE,
    IN_VERSION,
    IN_CLASS,
    IN_REASON,
    IN_RETRY_AT,
    IN_FIELDS,
    IN_COUNT
};

extern const struct text attribute_names[AT_COUNT];
extern const struct text data_names[IN_COUNT];

const char *op_word(enum message_op op);

#endif
