/* json_text: writes a value as JSON text (RFC 8259). Reading JSON is edge/json.h's. */
#ifndef TIDEGATE_BASE_JSON_TEXT_H
#define TIDEGATE_BASE_JSON_TEXT_H

#include "buf.h"
#include "value.h"

void json_write(struct buf *out, const struct value *v);
void json_write_string(struct buf *out, struct text t); /* with quotes and escapes */

#endif
