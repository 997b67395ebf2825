/* The bytes of a record: numbers as LEB128, hashes and times as 8 bytes little-endian, texts with their length before
 * them. Only what is there is written: present cells, views of systems that know the record, stances that say
 * something. A hash that was told and then seen is written once. */
#include "record_codec.h"

#include <endian.h>

#define FORMAT 2 /* 1 has no turns; it is read, too */
#define FLAG_WAITS 1
#define FLAG_REJECTED 2
#define FLAG_CREATING 4
#define FLAG_DEFERRED 8
#define FLAG_REFUSED 16 /* a mask follows */

/* ---- writing ---- */

static void put_long_number(struct buf *out, uint64_t n)
{
    char bytes[10];
    size_t count = 0;
    do {
        bytes[count++] = (char)((n & 127) | (n > 127 ? 128 : 0));
        n >>= 7;
    } while (n);
    buf_add(out, bytes, count);
}

static inline void put_number(struct buf *out, uint64_t n)
{
    if (n < 128) /* as most are */
        buf_char(out, (char)n);
    else
        put_long_number(out, n);
}

static void put_fixed(struct buf *out, uint64_t n)
{
    n = htole64(n);
    buf_add(out, &n, sizeof n);
}

static void put_text(struct buf *out, struct text t)
{
    put_number(out, t.n);
    buf_text(out, t);
}

static void put_mask(struct buf *out, const struct field_mask *m)
{
    put_number(out, m->w[0]);
    put_number(out, m->w[1]);
}

/* The distinct origins of the present cells; index[field] is the place of each in the list. */
static uint32_t list_origins(const struct record *r, uint32_t *origins, uint8_t *index)
{
    uint32_t count = 0;
    for (int f = field_mask_next(&r->present, 0); f >= 0; f = field_mask_next(&r->present, f + 1)) {
        uint32_t i = 0;
        while (i < count && origins[i] != r->cells[f].origin)
            i++;
        if (i == count)
            origins[count++] = r->cells[f].origin;
        index[f] = (uint8_t)i;
    }
    return count;
}

static void put_cells(struct buf *out, const struct record *r)
{
    uint32_t origins[SCHEMA_FIELDS_MAX];
    uint8_t index[SCHEMA_FIELDS_MAX];
    uint32_t count = list_origins(r, origins, index);
    put_number(out, count);
    for (uint32_t i = 0; i < count; i++) {
        struct origin o = record_origin(r, &(struct cell){.origin = origins[i]});
        put_number(out, (uint64_t)o.system);
        put_fixed(out, (uint64_t)o.at);
        put_text(out, o.message);
    }
    for (int f = field_mask_next(&r->present, 0); f >= 0; f = field_mask_next(&r->present, f + 1)) {
        put_fixed(out, r->cells[f].hash);
        put_number(out, index[f]);
        put_text(out, record_text(r, r->cells[f].value));
    }
}

static bool view_empty(const struct view *v)
{
    return !v->native.n && !v->version.n && !v->written.n && !v->done && !v->flight && !v->waits && !v->rejected && !v->creating &&
           !v->deferred && field_mask_empty(&v->has_seen) && field_mask_empty(&v->has_told) &&
           field_mask_empty(&v->settled);
}

static void put_stances(struct buf *out, const struct record *r, int system, const struct view *v)
{
    struct field_mask pending = {{0}}, same = {{0}};
    for (uint32_t f = 0; f < r->entity->field_count; f++) {
        const struct stance *s = record_stance(r, system, f);
        if (s->told_revision)
            field_mask_add(&pending, f);
        if (field_mask_has(&v->has_seen, f) && field_mask_has(&v->has_told, f) && s->seen == s->told)
            field_mask_add(&same, f);
    }
    put_mask(out, &pending);
    put_mask(out, &same);
    for (uint32_t f = 0; f < r->entity->field_count; f++) {
        const struct stance *s = record_stance(r, system, f);
        if (field_mask_has(&pending, f))
            put_number(out, (uint64_t)s->told_revision);
        if (field_mask_has(&v->has_seen, f))
            put_fixed(out, s->seen);
        if (field_mask_has(&v->has_told, f) && !field_mask_has(&same, f))
            put_fixed(out, s->told);
    }
}

static void put_view(struct buf *out, const struct record *r, int system)
{
    const struct view *v = &r->views[system];
    put_number(out, (uint64_t)system);
    put_text(out, record_text(r, v->native));
    put_text(out, record_text(r, v->version));
    put_text(out, record_text(r, v->written));
    put_number(out, (uint64_t)v->done);
    put_number(out, (uint64_t)v->flight);
    put_fixed(out, (uint64_t)v->flight_since);
    put_number(out, (v->waits ? FLAG_WAITS : 0) | (v->rejected ? FLAG_REJECTED : 0) |
                        (v->creating ? FLAG_CREATING : 0) | (v->deferred ? FLAG_DEFERRED : 0) |
                        (field_mask_empty(&v->refused) ? 0 : FLAG_REFUSED));
    if (!field_mask_empty(&v->refused))
        put_mask(out, &v->refused);
    put_mask(out, &v->has_seen);
    put_mask(out, &v->has_told);
    put_mask(out, &v->by_us);
    put_mask(out, &v->settled);
    put_stances(out, r, system, v);
}

void record_encode(struct buf *out, const struct record *r)
{
    put_number(out, FORMAT);
    put_number(out, (uint64_t)r->revision);
    put_number(out, r->turns);
    put_fixed(out, (uint64_t)r->turns_since);
    put_mask(out, &r->present);
    put_mask(out, &r->unresolved);
    put_cells(out, r);
    for (uint32_t s = 0; s < r->system_count; s++)
        if (!view_empty(&r->views[s]))
            put_view(out, r, (int)s);
}

/* ---- reading ---- */

struct reading {
    const unsigned char *at, *end;
    bool broken; /* sticky: past it, everything reads as nothing */
    const struct layout *layout;
    struct record *record;
};

static uint64_t get_number(struct reading *in)
{
    uint64_t n = 0;
    if (in->at < in->end && *in->at < 128) /* as most are */
        return *in->at++;
    for (unsigned shift = 0; shift < 64 && in->at < in->end; shift += 7) {
        unsigned char byte = *in->at++;
        n |= (uint64_t)(byte & 127) << shift;
        if (!(byte & 128))
            return n;
    }
    in->broken = true;
    return 0;
}

static uint64_t get_fixed(struct reading *in)
{
    uint64_t n = 0;
    if (in->end - in->at < (ptrdiff_t)sizeof n) {
        in->broken = true;
        return 0;
    }
    memcpy(&n, in->at, sizeof n);
    in->at += sizeof n;
    return le64toh(n);
}

static struct text get_text(struct reading *in)
{
    uint64_t n = get_number(in);
    if (in->broken || n > (uint64_t)(in->end - in->at)) {
        in->broken = true;
        return (struct text){NULL, 0};
    }
    in->at += n;
    return (struct text){(const char *)in->at - n, (size_t)n};
}

static struct field_mask get_mask(struct reading *in)
{
    struct field_mask m;
    m.w[0] = get_number(in);
    m.w[1] = get_number(in);
    return m;
}

/* The mask in today's indexes. */
static struct field_mask now(const struct reading *in, const struct field_mask *m)
{
    struct field_mask out = {{0}};
    if (in->layout->same)
        return *m;
    for (int f = field_mask_next(m, 0); f >= 0; f = field_mask_next(m, f + 1))
        if ((uint32_t)f < in->layout->field_count && in->layout->field[f] >= 0)
            field_mask_add(&out, (uint32_t)in->layout->field[f]);
    return out;
}

static int field_now(struct reading *in, uint32_t f)
{
    if (f >= in->layout->field_count) {
        in->broken = true;
        return -1;
    }
    return in->layout->field[f];
}

static int system_now(struct reading *in, uint64_t s)
{
    if (s >= in->layout->system_count) {
        in->broken = true;
        return -1;
    }
    return in->layout->system[s];
}

static void keep(struct reading *in, struct slice *s, struct text t)
{
    if (!in->broken && record_keep(in->record, s, t))
        in->broken = true;
}

static uint32_t get_origins(struct reading *in, uint32_t *origins)
{
    uint64_t count = get_number(in);
    if (count > SCHEMA_FIELDS_MAX)
        in->broken = true;
    for (uint64_t i = 0; i < count && !in->broken; i++) {
        int system = system_now(in, get_number(in));
        moment_us at = (moment_us)get_fixed(in);
        struct text message = get_text(in);
        if (!in->broken && record_keep_origin(in->record, system < 0 ? 255 : system, at, message, &origins[i]))
            in->broken = true;
    }
    return in->broken ? 0 : (uint32_t)count;
}

static void get_cells(struct reading *in, const struct field_mask *present)
{
    uint32_t origins[SCHEMA_FIELDS_MAX];
    uint32_t count = get_origins(in, origins);
    for (int f = field_mask_next(present, 0); f >= 0 && !in->broken; f = field_mask_next(present, f + 1)) {
        uint64_t hash = get_fixed(in), origin = get_number(in);
        struct text value = get_text(in);
        int to = field_now(in, (uint32_t)f);
        if (origin >= count)
            in->broken = true;
        if (to < 0 || in->broken)
            continue;
        struct cell *c = &in->record->cells[to];
        c->hash = hash;
        c->origin = origins[origin];
        keep(in, &c->value, value);
    }
}

static void get_stances(struct reading *in, int system, const struct field_mask *seen, const struct field_mask *told)
{
    struct field_mask pending = get_mask(in), same = get_mask(in);
    for (uint32_t f = 0; f < in->layout->field_count && !in->broken; f++) {
        struct stance s = {0};
        if (field_mask_has(&pending, f))
            s.told_revision = (int64_t)get_number(in);
        if (field_mask_has(seen, f))
            s.seen = get_fixed(in);
        if (field_mask_has(told, f))
            s.told = field_mask_has(&same, f) ? s.seen : get_fixed(in);
        int to = field_now(in, f);
        if (to >= 0 && system >= 0)
            *record_stance(in->record, system, (uint32_t)to) = s;
    }
}

static void get_view(struct reading *in)
{
    struct view ignored = {.flight = 0};
    int system = system_now(in, get_number(in));
    struct view *v = system < 0 ? &ignored : &in->record->views[system];
    struct text native = get_text(in), version = get_text(in), written = get_text(in);
    if (system >= 0) {
        keep(in, &v->native, native);
        keep(in, &v->version, version);
        keep(in, &v->written, written);
    }
    v->done = (int64_t)get_number(in);
    v->flight = (int64_t)get_number(in);
    v->flight_since = (moment_us)get_fixed(in);
    uint64_t flags = get_number(in);
    v->waits = flags & FLAG_WAITS;
    v->rejected = flags & FLAG_REJECTED;
    v->creating = flags & FLAG_CREATING;
    v->deferred = flags & FLAG_DEFERRED;
    if (flags & FLAG_REFUSED) {
        struct field_mask refused = get_mask(in);
        v->refused = now(in, &refused);
    }
    struct field_mask seen = get_mask(in), told = get_mask(in), by_us = get_mask(in), settled = get_mask(in);
    v->has_seen = now(in, &seen);
    v->has_told = now(in, &told);
    v->by_us = now(in, &by_us);
    v->settled = now(in, &settled);
    get_stances(in, system, &seen, &told);
}

static void get_head(struct reading *in, uint64_t format)
{
    in->broken |= format == 0;
    in->record->revision = (int64_t)get_number(in);
    if (format == 1)
        return;
    in->record->turns = (uint32_t)get_number(in);
    in->record->turns_since = (moment_us)get_fixed(in);
}

int record_decode(struct record **out, const struct layout *l, uint32_t system_count, struct text key,
                  struct text bytes, struct err *err)
{
    struct reading in = {.at = (const unsigned char *)bytes.p, .layout = l};
    in.end = in.at + bytes.n;
    *out = NULL;
    if (!l->entity)
        return err_set(err, ERR_INVALID, "record %.*s is of an entity that has no file any more", TEXT_ARG(key));
    in.record = record_new(l->entity, system_count, key);
    if (!in.record || record_reserve(in.record, bytes.n)) { /* its texts and values are most of its bytes */
        record_free(in.record);
        return err_set(err, ERR_NOMEM, "no memory for record %.*s", TEXT_ARG(key));
    }
    uint64_t format = get_number(&in);
    if (format > FORMAT && !in.broken) {
        record_free(in.record);
        return err_set(err, ERR_INVALID, "record %.*s was stored by a later version of Tidegate: run that one", TEXT_ARG(key));
    }
    get_head(&in, format);
    struct field_mask present = get_mask(&in), unresolved = get_mask(&in);
    in.record->present = now(&in, &present);
    in.record->unresolved = now(&in, &unresolved);
    get_cells(&in, &present);
    while (!in.broken && in.at < in.end)
        get_view(&in);
    if (in.broken) {
        record_free(in.record);
        return err_set(err, ERR_INVALID, "record %.*s is damaged in the store", TEXT_ARG(key));
    }
    in.record->dirty = false;
    *out = in.record;
    return 0;
}
