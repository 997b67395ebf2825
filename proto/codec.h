/* codec: values as msgpack bytes and back (codec.c alone includes msgpack-c's header).
 *
 * Both directions are bounded: bytes, depth (VALUE_DEPTH_MAX), elements. Reading refuses floating point, extension
 * types, map keys that are no text, a key twice in one map, invalid UTF-8, bytes behind the end. Writing never fails
 * half-way: errors stick to the encoder and are asked for once. */
#ifndef TIDEGATE_PROTO_CODEC_H
#define TIDEGATE_PROTO_CODEC_H

#include "base/buf.h"
#include "base/err.h"
#include "base/value.h"

#define CODEC_BYTES_MAX (4u << 20) /* one message */
#define CODEC_ELEMENTS_MAX 65536u  /* values in one message, at all depths */

/* The value borrows its texts from `bytes`. The error names the path ("data.fields.lines[3].quantity"). */
int codec_read(struct arena *a, struct text bytes, struct value *out, struct err *err);
/* Appends to out (sticky: check buf_failed(out)). A VALUE_NUMBER is written as text. */
void codec_write(struct buf *out, const struct value *v);

/* Writing without building a tree first: the same sticky buffer. */
void codec_write_map(struct buf *out, uint32_t members);
void codec_write_list(struct buf *out, uint32_t elements);
void codec_write_text(struct buf *out, struct text t);
void codec_write_int(struct buf *out, int64_t i);
void codec_write_null(struct buf *out);

#endif
