/* Whatever bytes come as a message: no crash, and
 *  - what our reader takes, msgpack-c's unpacker takes too, and both see the same value;
 *  - a value that was read says the same when it is written and read again;
 *  - a message that was read and checked is the same message, with the same ids and hashes, when it is written and
 *    read again: what the check has brought to its canonical form stays as it is. */
#include <msgpack.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json_text.h"
#include "proto/codec.h"
#include "proto/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { memory_max = 16 << 20 };

static void must(bool fine)
{
    if (!fine)
        abort();
}

/* ---- the judge ---- */

static bool same_text(struct text t, const char *p, uint32_t n)
{
    return text_eq(t, (struct text){p, n});
}

static bool same(const struct value *v, const msgpack_object *o)
{
    switch (v->kind) {
    case VALUE_NULL:
        return o->type == MSGPACK_OBJECT_NIL;
    case VALUE_BOOL:
        return o->type == MSGPACK_OBJECT_BOOLEAN && o->via.boolean == v->boolean;
    case VALUE_INT:
        return v->integer < 0 ? o->type == MSGPACK_OBJECT_NEGATIVE_INTEGER && o->via.i64 == v->integer
                              : o->type == MSGPACK_OBJECT_POSITIVE_INTEGER && o->via.u64 == (uint64_t)v->integer;
    case VALUE_TEXT:
        return o->type == MSGPACK_OBJECT_STR && same_text(v->text, o->via.str.ptr, o->via.str.size);
    case VALUE_LIST:
        if (o->type != MSGPACK_OBJECT_ARRAY || o->via.array.size != v->count)
            return false;
        for (uint32_t i = 0; i < v->count; i++)
            if (!same(&v->items[i], &o->via.array.ptr[i]))
                return false;
        return true;
    case VALUE_MAP:
        if (o->type != MSGPACK_OBJECT_MAP || o->via.map.size != v->count)
            return false;
        for (uint32_t i = 0; i < v->count; i++) {
            const msgpack_object_kv *kv = &o->via.map.ptr[i];
            if (kv->key.type != MSGPACK_OBJECT_STR || !same(&v->members[i].value, &kv->val) ||
                !same_text(v->members[i].name, kv->key.via.str.ptr, kv->key.via.str.size))
                return false;
        }
        return true;
    default:
        return false;
    }
}

static void judge(struct text bytes, const struct value *v)
{
    msgpack_unpacked unpacked;
    size_t offset = 0;
    msgpack_unpacked_init(&unpacked);
    must(msgpack_unpack_next(&unpacked, bytes.p, bytes.n, &offset) == MSGPACK_UNPACK_SUCCESS);
    must(offset == bytes.n && same(v, &unpacked.data));
    msgpack_unpacked_destroy(&unpacked);
}

static void try_codec(struct text bytes, struct arena *a)
{
    struct value first, again;
    struct err err = {0};
    struct buf out;
    int rc = codec_read(a, bytes, &first, &err);
    must(rc == 0 || (rc == err.code && err.text[0] && text_utf8_fault(text_of(err.text)) < 0));
    if (rc)
        return;
    judge(bytes, &first);
    buf_init(&out, CODEC_BYTES_MAX);
    codec_write(&out, &first);
    must(!buf_failed(&out) && out.n <= bytes.n);
    must(codec_read(a, buf_view(&out), &again, &err) == 0 && value_equal(&first, &again));
    buf_release(&out);
}

/* ---- messages ---- */

static int keep_ref(void *ctx, const struct field *ref, struct value *v, struct text path)
{
    (void)ctx;
    must(ref->type == FIELD_REF || ref->of == FIELD_REF);
    must(v->kind == VALUE_TEXT && v->text.n > 0 && path.n > 0);
    return 0;
}

static uint64_t hash_all(const struct entity *e, struct value *fields)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < fields->count; i++) {
        const struct field *f = entity_field(e, fields->members[i].name);
        must(f && field_each_ref(f, &fields->members[i].value, keep_ref, NULL) == 0);
        sum = sum * 31 + field_hash(f, &fields->members[i].value);
    }
    return sum;
}

static void show(const struct schema *s, const struct message *m)
{
    struct buf line;
    buf_init(&line, 8 * memory_max);
    message_line(&line, s, m);
    must(!buf_failed(&line) && !memchr(line.p, '\n', line.n) && text_utf8_fault(buf_view(&line)) < 0);
    buf_release(&line);
}

static void try_again(const struct schema *s, struct arena *a, struct message *m, const struct entity *e)
{
    struct message again;
    struct err err = {0};
    struct buf out, twice;
    char id[UUID_TEXT], other[UUID_TEXT];
    buf_init(&out, 2 * CODEC_BYTES_MAX);
    buf_init(&twice, 2 * CODEC_BYTES_MAX);
    message_write(&out, m);
    must(!buf_failed(&out) && message_read(s, buf_view(&out), a, &again, NULL, &err) == 0);
    message_write(&twice, &again);
    must(text_eq(buf_view(&out), buf_view(&twice)));
    must(text_eq(message_change_id(m, id), message_change_id(&again, other)));
    must(hash_all(e, &m->fields) == hash_all(e, &again.fields));
    buf_release(&twice);
    buf_release(&out);
}

static void try_message(const struct schema *s, struct text bytes, struct arena *a)
{
    struct message m;
    const struct entity *e;
    struct err err = {0};
    int rc = message_read(s, bytes, a, &m, &e, &err);
    must(rc == 0 || (rc == err.code && err.text[0] && text_utf8_fault(text_of(err.text)) < 0));
    show(s, &m);
    if (rc == 0)
        try_again(s, a, &m, e);
}

static const struct schema *load(void)
{
    static const char *const folders[] = {"proto/entities"};
    struct schema *s;
    struct err err = {0};
    if (schema_load(&s, folders, 1, &err)) {
        fprintf(stderr, "%s (run from the checkout's top folder)\n", err.text);
        exit(2);
    }
    return s;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct schema *schema; /* the fuzzer has no place of its own for what lives longer than one input */
    struct text bytes = {(const char *)data, size};
    struct arena a;
    if (!schema)
        schema = load();
    arena_init(&a, memory_max);
    try_codec(bytes, &a);
    try_message(schema, bytes, &a);
    arena_release(&a);
    return 0;
}
