/* A record in memory and as bytes: what is put in comes back, through copies, tidying, and layouts of old; damaged
 * bytes are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/hash.h"
#include "proto/codec.h"
#include "router/record_codec.h"

static const char *const systems[] = {"sf", "shop", "erp"};

struct fixture {
    struct schema *schema;
    const struct entity *product;
};

static int start(void **state)
{
    static const char *const folders[] = {"proto/entities"};
    struct fixture *f = calloc(1, sizeof *f);
    struct err err;
    if (schema_load(&f->schema, folders, 1, &err))
        fail_msg("%s", err.text);
    f->product = schema_find(f->schema, text_of("product"));
    *state = f;
    return 0;
}

static int stop(void **state)
{
    struct fixture *f = *state;
    schema_free(f->schema);
    free(f);
    return 0;
}

static uint32_t field(const struct fixture *f, const char *name)
{
    return entity_field(f->product, text_of(name))->index;
}

static void set_text(struct record *r, uint32_t f, const char *text, uint32_t origin)
{
    struct buf b;
    struct value v = value_string(text);
    buf_init(&b, 1u << 20);
    codec_write(&b, &v);
    assert_int_equal(record_set(r, f, buf_view(&b), hash64(text_of(text)), origin), 0);
    buf_release(&b);
}

static void assert_field(const struct record *r, uint32_t f, const char *text)
{
    struct arena a;
    struct value v;
    struct err err;
    arena_init(&a, 1u << 20);
    assert_true(field_mask_has(&r->present, f));
    assert_int_equal(record_value(r, f, &a, &v, &err), 0);
    assert_true(text_is(v.text, text));
    assert_int_equal(r->cells[f].hash, hash64(text_of(text)));
    arena_release(&a);
}

static struct record *sample(const struct fixture *f)
{
    struct record *r = record_new(f->product, 3, text_of("sf:product:p1"));
    uint32_t first, second;
    r->revision = 300;
    assert_int_equal(record_keep_origin(r, 0, 1800000000000000, text_of("id-1"), &first), 0);
    assert_int_equal(record_keep_origin(r, 1, 1800000001000000, text_of("id-2"), &second), 0);
    set_text(r, field(f, "sku"), "A-1", first);
    set_text(r, field(f, "name"), "Ale", first);
    set_text(r, field(f, "unit"), "", second);
    struct view *v = &r->views[1];
    record_keep(r, &v->native, text_of("gid://77"));
    record_keep(r, &v->version, text_of("2026"));
    record_keep(r, &v->written, text_of("2027"));
    v->flight = 299;
    v->flight_since = 1800000000000007;
    v->waits = v->deferred = true;
    field_mask_add(&v->has_seen, field(f, "sku"));
    field_mask_add(&v->has_told, field(f, "sku"));
    field_mask_add(&v->has_told, field(f, "name"));
    field_mask_add(&v->settled, field(f, "name"));
    field_mask_add(&v->by_us, field(f, "sku"));
    field_mask_add(&v->refused, field(f, "name"));
    *record_stance(r, 1, field(f, "sku")) = (struct stance){7, 7, 0};
    *record_stance(r, 1, field(f, "name")) = (struct stance){0, 9, 299};
    return r;
}

static void assert_sample(const struct fixture *f, const struct record *r)
{
    assert_true(text_is(r->key, "sf:product:p1"));
    assert_int_equal(r->revision, 300);
    assert_field(r, field(f, "sku"), "A-1");
    assert_field(r, field(f, "name"), "Ale");
    assert_field(r, field(f, "unit"), "");
    assert_false(field_mask_has(&r->present, field(f, "barcode")));
    struct origin o = record_origin(r, &r->cells[field(f, "unit")]);
    assert_int_equal(o.system, 1);
    assert_int_equal(o.at, 1800000001000000);
    assert_true(text_is(o.message, "id-2"));
    assert_true(text_is(record_origin(r, &r->cells[field(f, "name")]).message, "id-1"));
    const struct view *v = &r->views[1];
    assert_true(text_is(record_text(r, v->native), "gid://77"));
    assert_true(text_is(record_text(r, v->version), "2026"));
    assert_true(text_is(record_text(r, v->written), "2027"));
    assert_int_equal(v->flight, 299);
    assert_int_equal(v->flight_since, 1800000000000007);
    assert_true(v->waits && v->deferred && !v->rejected && !v->creating);
    assert_true(field_mask_has(&v->refused, field(f, "name")) && !field_mask_has(&v->refused, field(f, "sku")));
    assert_true(field_mask_has(&v->by_us, field(f, "sku")) && field_mask_has(&v->settled, field(f, "name")));
    assert_false(field_mask_has(&v->has_seen, field(f, "name")));
    assert_int_equal(record_stance(r, 1, field(f, "sku"))->seen, 7);
    assert_int_equal(record_stance(r, 1, field(f, "sku"))->told, 7);
    assert_int_equal(record_stance(r, 1, field(f, "name"))->told, 9);
    assert_int_equal(record_stance(r, 1, field(f, "name"))->told_revision, 299);
    assert_int_equal(r->views[0].native.n, 0);
}

static void a_copy_is_apart(void **state)
{
    const struct fixture *f = *state;
    struct record *r = sample(f), *copy = record_copy(r);
    uint32_t origin;
    record_keep_origin(copy, 2, 5, text_of("id-3"), &origin);
    set_text(copy, field(f, "name"), "Something much longer than it was before", origin);
    record_keep(copy, &copy->views[1].native, text_of("x"));
    assert_field(copy, field(f, "name"), "Something much longer than it was before");
    assert_sample(f, r);
    record_free(copy);
    record_free(r);
}

static void tidying_loses_nothing(void **state)
{
    const struct fixture *f = *state;
    struct record *r = sample(f);
    uint32_t origin;
    for (int i = 0; i < 200; i++) { /* many values and origins come and go */
        record_keep_origin(r, i % 3, i, text_of("an-id-that-is-as-long-as-a-uuid-is--"), &origin);
        set_text(r, field(f, "category"), i % 2 ? "one that is long enough" : "short", origin);
        record_tidy(r);
    }
    assert_true(r->heap_n < 2048);
    assert_sample(f, r);
    assert_field(r, field(f, "category"), "one that is long enough");
    assert_int_equal(record_origin(r, &r->cells[field(f, "category")]).at, 199);
    record_free(r);
}

static struct layout layout_of(const struct fixture *f, const char *line, const char *const *names, size_t count)
{
    struct layout l;
    struct err err;
    if (layout_read(&l, text_of(line), f->schema, names, count, &err))
        fail_msg("%s", err.text);
    return l;
}

static void bytes_come_back(void **state)
{
    const struct fixture *f = *state;
    struct record *r = sample(f), *back;
    struct buf line, bytes;
    struct err err;
    buf_init(&line, LAYOUT_TEXT_MAX);
    buf_init(&bytes, 1u << 20);
    layout_write(&line, f->product, systems, 3);
    struct layout l = layout_of(f, buf_cstr(&line), systems, 3);
    assert_true(l.same);
    record_encode(&bytes, r);
    assert_int_equal(record_decode(&back, &l, 3, r->key, buf_view(&bytes), &err), 0);
    assert_sample(f, back);
    record_free(back);
    for (size_t n = 0; n < bytes.n; n++) { /* cut anywhere: refused, or at least never read past the end */
        char *cut = malloc(n ? n : 1);
        memcpy(cut, bytes.p, n);
        if (record_decode(&back, &l, 3, r->key, (struct text){cut, n}, &err) == 0)
            record_free(back);
        else
            assert_int_equal(err.code, ERR_INVALID);
        free(cut);
    }
    record_free(r);
    buf_release(&line);
    buf_release(&bytes);
}

/* Format 1 has no turns (a number and 8 bytes) after the revision, which is two bytes here. */
static void other_formats(void **state)
{
    const struct fixture *f = *state;
    enum { HEAD = 3, TURNS = 9 };
    struct record *r = sample(f), *back;
    struct buf line, bytes;
    struct err err;
    buf_init(&line, LAYOUT_TEXT_MAX);
    buf_init(&bytes, 1u << 20);
    layout_write(&line, f->product, systems, 3);
    struct layout l = layout_of(f, buf_cstr(&line), systems, 3);
    record_encode(&bytes, r);
    char *old = malloc(bytes.n - TURNS);
    memcpy(old, bytes.p, HEAD);
    memcpy(old + HEAD, bytes.p + HEAD + TURNS, bytes.n - HEAD - TURNS);
    old[0] = 1;
    assert_int_equal(record_decode(&back, &l, 3, r->key, (struct text){old, bytes.n - TURNS}, &err), 0);
    assert_sample(f, back);
    record_free(back);
    old[0] = 3;
    assert_int_equal(record_decode(&back, &l, 3, r->key, (struct text){old, bytes.n - TURNS}, &err), ERR_INVALID);
    assert_non_null(strstr(err.text, "stored by a later version"));
    free(old);
    record_free(r);
    buf_release(&line);
    buf_release(&bytes);
}

static void a_layout_of_old_is_mapped(void **state)
{
    const struct fixture *f = *state;
    static const char *const now[] = {"erp", "shop", "new"}; /* sf is gone, the order differs */
    struct record *r = sample(f), *back;
    struct buf bytes, line;
    struct err err;
    buf_init(&bytes, 1u << 20);
    buf_init(&line, LAYOUT_TEXT_MAX);
    layout_write(&line, f->product, systems, 3);
    char *renamed = strstr(buf_cstr(&line), "unit"); /* the field "unit" was called "qqqq" by a merchant's file */
    memcpy(renamed, "qqqq", 4);
    struct layout l = layout_of(f, buf_cstr(&line), now, 3);
    assert_false(l.same);
    record_encode(&bytes, r);
    assert_int_equal(record_decode(&back, &l, 3, r->key, buf_view(&bytes), &err), 0);
    assert_field(back, field(f, "sku"), "A-1");
    assert_false(field_mask_has(&back->present, field(f, "unit")));
    assert_true(text_is(record_text(back, back->views[1].native), "gid://77"));
    assert_int_equal(record_stance(back, 1, field(f, "name"))->told_revision, 299);
    assert_int_equal(record_origin(back, &back->cells[field(f, "sku")]).system, 255);
    record_free(back);
    record_free(r);
    buf_release(&bytes);
    buf_release(&line);
}

static void a_damaged_layout_is_refused(void **state)
{
    const struct fixture *f = *state;
    struct layout l;
    struct err err;
    assert_int_equal(layout_read(&l, text_of("product"), f->schema, systems, 3, &err), ERR_INVALID);
    assert_int_equal(layout_read(&l, text_of("product|sku"), f->schema, systems, 3, &err), ERR_INVALID);
    assert_int_equal(layout_read(&l, text_of("gone|a,b|sf"), f->schema, systems, 3, &err), 0);
    assert_null(l.entity);
}

static void masks_walk_both_words(void **state)
{
    struct field_mask m = {{0}};
    static const uint32_t fields[] = {0, 5, 63, 64, 127};
    int at = 0;
    (void)state;
    for (size_t i = 0; i < 5; i++)
        field_mask_add(&m, fields[i]);
    for (int f = field_mask_next(&m, 0); f >= 0; f = field_mask_next(&m, f + 1))
        assert_int_equal(f, fields[at++]);
    assert_int_equal(at, 5);
    field_mask_drop(&m, 64);
    assert_int_equal(field_mask_next(&m, 64), 127);
    assert_int_equal(field_mask_next(&m, 128), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_copy_is_apart),
        cmocka_unit_test(tidying_loses_nothing),
        cmocka_unit_test(bytes_come_back),
        cmocka_unit_test(other_formats),
        cmocka_unit_test(a_layout_of_old_is_mapped),
        cmocka_unit_test(a_damaged_layout_is_refused),
        cmocka_unit_test(masks_walk_both_words),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
