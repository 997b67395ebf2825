/* Writing msgpack through msgpack-c, whose header no other file includes. The shortest form of every value is taken,
 * so that equal values have equal bytes (docs/messages.md, "Ids", builds on it). */
#include "codec.h"

#include <msgpack.h>

static int put(void *ctx, const char *p, size_t n)
{
    buf_add(ctx, p, n);
    return 0;
}

static msgpack_packer packer(struct buf *out)
{
    return (msgpack_packer){.data = out, .callback = put};
}

void codec_write_map(struct buf *out, uint32_t members)
{
    msgpack_packer pk = packer(out);
    msgpack_pack_map(&pk, members);
}

void codec_write_list(struct buf *out, uint32_t elements)
{
    msgpack_packer pk = packer(out);
    msgpack_pack_array(&pk, elements);
}

/* Apart, so that writing a short text needs no room for a packer. */
__attribute__((noinline)) static void write_long(struct buf *out, struct text t)
{
    msgpack_packer pk = packer(out);
    if (t.n > CODEC_BYTES_MAX) {
        out->failed = true;
        return;
    }
    msgpack_pack_str(&pk, t.n);
    if (t.n)
        msgpack_pack_str_body(&pk, t.p, t.n);
}

/* Nearly all texts have one byte of type and length, and these are half the time of writing a message: they are written
 * here, where there is room for them. */
static inline void write_text(struct buf *out, struct text t)
{
    if (t.n > 31 || out->failed || t.n + 1 >= out->cap - out->n) {
        write_long(out, t);
        return;
    }
    char *p = out->p + out->n;
    *p = (char)(0xA0 | t.n);
    out->n += t.n + 1;
    if (t.n)
        memcpy(p + 1, t.p, t.n);
}

void codec_write_text(struct buf *out, struct text t)
{
    write_text(out, t);
}

void codec_write_int(struct buf *out, int64_t i)
{
    msgpack_packer pk = packer(out);
    msgpack_pack_int64(&pk, i);
}

void codec_write_null(struct buf *out)
{
    msgpack_packer pk = packer(out);
    msgpack_pack_nil(&pk);
}

static void write_bool(struct buf *out, bool b)
{
    msgpack_packer pk = packer(out);
    if (b)
        msgpack_pack_true(&pk);
    else
        msgpack_pack_false(&pk);
}

static void write_value(struct buf *out, const struct value *v, int depth);

/* Most are texts. */
static inline void write_any(struct buf *out, const struct value *v, int depth)
{
    if (v->kind == VALUE_TEXT)
        write_text(out, v->text);
    else
        write_value(out, v, depth);
}

static void write_value(struct buf *out, const struct value *v, int depth)
{
    if (depth == VALUE_DEPTH_MAX && (v->kind == VALUE_LIST || v->kind == VALUE_MAP)) {
        out->failed = true;
        return;
    }
    switch (v->kind) {
    case VALUE_NULL:
        codec_write_null(out);
        break;
    case VALUE_BOOL:
        write_bool(out, v->boolean);
        break;
    case VALUE_INT:
        codec_write_int(out, v->integer);
        break;
    case VALUE_NUMBER:
    case VALUE_TEXT:
        write_text(out, v->text);
        break;
    case VALUE_LIST:
        codec_write_list(out, v->count);
        for (uint32_t i = 0; i < v->count; i++)
            write_any(out, &v->items[i], depth + 1);
        break;
    case VALUE_MAP:
        codec_write_map(out, v->count);
        for (uint32_t i = 0; i < v->count; i++) {
            write_text(out, v->members[i].name);
            write_any(out, &v->members[i].value, depth + 1);
        }
        break;
    }
}

void codec_write(struct buf *out, const struct value *v)
{
    write_value(out, v, 0);
}
