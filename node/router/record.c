#include "record.h"

#include <stdlib.h>

#include "proto/codec.h"

#define HEAP_MAX (64u << 20)
#define HEAP_FIRST 256
#define HEAP_SPARE 128 /* for what one change brings */
#define ORIGIN_HEAD 10 /* system, 8 bytes of time, length of the id */
#define ORIGIN_ID_MAX 255

static size_t fixed_size(const struct entity *e, uint32_t systems, size_t key)
{
    return sizeof(struct record) + e->field_count * sizeof(struct cell) + systems * sizeof(struct view) +
           (size_t)systems * e->field_count * sizeof(struct stance) + key;
}

/* Points into the fixed block, in the order of fixed_size. */
static void lay_out(struct record *r, size_t key)
{
    r->cells = (struct cell *)(r + 1);
    r->views = (struct view *)(r->cells + r->entity->field_count);
    r->stances = (struct stance *)(r->views + r->system_count);
    r->key = (struct text){(char *)(r->stances + (size_t)r->system_count * r->entity->field_count), key};
}

struct record *record_new(const struct entity *e, uint32_t system_count, struct text key)
{
    size_t size = fixed_size(e, system_count, key.n);
    struct record *r = calloc(1, size);
    if (!r)
        return NULL;
    r->entity = e;
    r->system_count = system_count;
    r->size = size;
    lay_out(r, key.n);
    memcpy((char *)r->key.p, key.p, key.n);
    r->dirty = true;
    return r;
}

struct record *record_copy(const struct record *r)
{
    struct record *copy = malloc(r->size + r->heap_n + HEAP_SPARE);
    if (!copy)
        return NULL;
    memcpy(copy, r, r->size);
    copy->heap = (char *)copy + r->size;
    if (r->heap_n)
        memcpy(copy->heap, r->heap, r->heap_n);
    copy->heap_cap = r->heap_n + HEAP_SPARE;
    copy->heap_inside = true;
    lay_out(copy, r->key.n);
    return copy;
}

static void replace_heap(struct record *r, char *heap, uint32_t cap)
{
    if (!r->heap_inside)
        free(r->heap);
    r->heap = heap;
    r->heap_cap = cap;
    r->heap_inside = false;
}

void record_free(struct record *r)
{
    if (!r)
        return;
    if (!r->heap_inside)
        free(r->heap);
    free(r);
}

/* Room for n more bytes at the end of the heap. */
static int heap_room(struct record *r, size_t n)
{
    if (n > HEAP_MAX - r->heap_n)
        return ERR_TOO_LARGE;
    if (r->heap_n + n <= r->heap_cap)
        return 0;
    uint32_t cap = r->heap_cap ? r->heap_cap : HEAP_FIRST;
    while (cap < r->heap_n + n)
        cap *= 2;
    char *heap = malloc(cap);
    if (!heap)
        return ERR_NOMEM;
    if (r->heap_n)
        memcpy(heap, r->heap, r->heap_n);
    replace_heap(r, heap, cap);
    return 0;
}

int record_reserve(struct record *r, size_t n)
{
    char *heap = n <= HEAP_MAX - HEAP_SPARE ? malloc(n + HEAP_SPARE) : NULL;
    if (!heap)
        return ERR_NOMEM;
    replace_heap(r, heap, (uint32_t)n + HEAP_SPARE);
    return 0;
}

static int heap_add(struct record *r, struct text t, uint32_t *at)
{
    int rc = heap_room(r, t.n);
    if (rc)
        return rc;
    if (t.n)
        memcpy(r->heap + r->heap_n, t.p, t.n);
    *at = r->heap_n;
    r->heap_n += (uint32_t)t.n;
    return 0;
}

int record_keep(struct record *r, struct slice *s, struct text t)
{
    r->dirty = true;
    if (t.n <= s->n) {
        if (t.n)
            memmove(r->heap + s->at, t.p, t.n);
        r->heap_waste += s->n - (uint32_t)t.n;
        s->n = (uint32_t)t.n;
        return 0;
    }
    uint32_t at, old = s->n;
    int rc = heap_add(r, t, &at);
    if (rc)
        return rc;
    r->heap_waste += old;
    *s = (struct slice){at, (uint32_t)t.n};
    return 0;
}

int record_keep_origin(struct record *r, int system, moment_us at, struct text message, uint32_t *out)
{
    unsigned char head[ORIGIN_HEAD];
    uint32_t ignored;
    if (message.n > ORIGIN_ID_MAX)
        message.n = ORIGIN_ID_MAX;
    head[0] = (unsigned char)system;
    memcpy(head + 1, &at, 8);
    head[9] = (unsigned char)message.n;
    int rc = heap_room(r, sizeof head + message.n);
    if (rc)
        return rc;
    heap_add(r, (struct text){(char *)head, sizeof head}, out);
    return heap_add(r, message, &ignored);
}

struct origin record_origin(const struct record *r, const struct cell *c)
{
    const unsigned char *head = (const unsigned char *)r->heap + c->origin;
    struct origin o = {.system = head[0], .message = {(const char *)head + ORIGIN_HEAD, head[9]}};
    memcpy(&o.at, head + 1, 8);
    return o;
}

int record_set(struct record *r, uint32_t field, struct text packed, uint64_t hash, uint32_t origin)
{
    struct cell *c = &r->cells[field];
    int rc = record_keep(r, &c->value, packed);
    if (rc)
        return rc;
    if (field_mask_has(&r->present, field) && c->origin != origin)
        r->heap_waste += 24; /* an origin may be shared; a guess will do for when to tidy */
    c->hash = hash;
    c->origin = origin;
    field_mask_add(&r->present, field);
    for (uint32_t s = 0; s < r->system_count; s++)
        field_mask_drop(&r->views[s].settled, field);
    return 0;
}

int record_value(const struct record *r, uint32_t field, struct arena *a, struct value *out, struct err *err)
{
    return codec_read(a, record_text(r, r->cells[field].value), out, err);
}

/* ---- tidying ---- */

struct moving {
    struct record *r;
    char *heap;
    uint32_t n;
};

static void move_slice(struct moving *m, struct slice *s)
{
    if (s->n)
        memcpy(m->heap + m->n, m->r->heap + s->at, s->n);
    s->at = m->n;
    m->n += s->n;
}

/* Cells that share an origin go on sharing it: `moved` remembers the last few. */
static void move_origins(struct moving *m)
{
    struct {
        uint32_t from, to;
    } moved[8];
    uint32_t count = 0;
    for (int f = field_mask_next(&m->r->present, 0); f >= 0; f = field_mask_next(&m->r->present, f + 1)) {
        struct cell *c = &m->r->cells[f];
        uint32_t i = 0, known = count < 8 ? count : 8;
        while (i < known && moved[i].from != c->origin)
            i++;
        if (i == known) {
            uint32_t size = ORIGIN_HEAD + (unsigned char)m->r->heap[c->origin + 9];
            i = count++ % 8;
            moved[i].from = c->origin;
            moved[i].to = m->n;
            memcpy(m->heap + m->n, m->r->heap + c->origin, size);
            m->n += size;
        }
        c->origin = moved[i].to;
    }
}

void record_tidy(struct record *r)
{
    if (r->heap_waste < 512 && r->heap_waste < r->heap_n / 2)
        return;
    /* An origin that is shared by cells far apart may be written twice, so the new heap can be larger than the old. */
    struct moving m = {.r = r, .heap = malloc(r->heap_n + r->entity->field_count * (ORIGIN_HEAD + ORIGIN_ID_MAX))};
    if (!m.heap)
        return;
    for (int f = field_mask_next(&r->present, 0); f >= 0; f = field_mask_next(&r->present, f + 1))
        move_slice(&m, &r->cells[f].value);
    for (uint32_t s = 0; s < r->system_count; s++) {
        move_slice(&m, &r->views[s].native);
        move_slice(&m, &r->views[s].version);
        move_slice(&m, &r->views[s].written);
    }
    move_origins(&m);
    replace_heap(r, m.heap, r->heap_n + r->entity->field_count * (ORIGIN_HEAD + ORIGIN_ID_MAX));
    r->heap_n = m.n;
    r->heap_waste = 0;
}
