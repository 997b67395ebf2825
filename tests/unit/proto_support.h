/* What the tests of proto/ share: values written as JSON, and the schema of the checkout's own entity files. */
#ifndef TIDEGATE_TESTS_PROTO_SUPPORT_H
#define TIDEGATE_TESTS_PROTO_SUPPORT_H

#include "base/buf.h"
#include "proto/schema.h"

#define ROWS(table) (sizeof(table) / sizeof *(table))

/* These end the program with a sentence when the test itself is wrong. */
struct value json_value(struct arena *a, const char *json);
const char *json_of(struct arena *a, const struct value *v);
struct schema *shipped_schema(void);                           /* proto/entities */
struct schema *schema_of(const char *const *files, int count); /* of texts, each a file in one folder */
int try_schema(struct schema **out, const char *const *files, int count, struct err *err);

#endif
