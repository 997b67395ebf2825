/* store_memory: a store in memory, with transactions.
 *
 * Records lie decoded in an array by place. Everything else is a table from a composed text to a pointer that is never
 * changed, only replaced. Each replacement is noted with what was there before; a rollback goes through the notes
 * backwards. Commit frees what was replaced. */
#include "store_memory.h"

#include <stdio.h>
#include <stdlib.h>

#define ENTRIES_MAX ((size_t)1 << 26)

int memory_lacks(struct err *err)
{
    return err_set(err, ERR_NOMEM, "no memory for the store");
}

/* ---- transactions ---- */

static int note(struct memory *m, struct note n)
{
    if (m->note_count == m->note_cap) {
        size_t cap = m->note_cap ? 2 * m->note_cap : 256;
        struct note *notes = realloc(m->notes, cap * sizeof *notes);
        if (!notes)
            return ERR_NOMEM;
        m->notes = notes;
        m->note_cap = cap;
    }
    m->notes[m->note_count++] = n;
    return 0;
}

int memory_change(struct memory *m, enum kind kind, struct text key, void *value, struct err *err)
{
    struct note n = {kind, 0, arena_text(&m->notes_arena, key), table_get(&m->tables[kind], key)};
    if (arena_failed(&m->notes_arena) || note(m, n))
        return memory_lacks(err);
    if (value)
        return table_put(&m->tables[kind], key, value) ? memory_lacks(err) : 0;
    table_remove(&m->tables[kind], key);
    return 0;
}

static int memory_begin(struct store *s, struct err *err)
{
    (void)s, (void)err;
    return 0;
}

static void forget_notes(struct memory *m)
{
    m->note_count = 0;
    arena_clear(&m->notes_arena);
}

static int memory_commit(struct store *s, struct err *err)
{
    struct memory *m = memory_of(s);
    (void)err;
    for (size_t i = 0; i < m->note_count; i++)
        if (m->notes[i].place)
            record_free(m->notes[i].before);
    forget_notes(m);
    return 0;
}

static void undo(struct memory *m, const struct note *n)
{
    if (n->place) {
        record_free(m->records[n->place]);
        m->records[n->place] = n->before;
    } else if (n->before) {
        table_put(&m->tables[n->kind], n->key, n->before);
    } else {
        table_remove(&m->tables[n->kind], n->key);
    }
}

static void memory_rollback(struct store *s)
{
    struct memory *m = memory_of(s);
    while (m->note_count)
        undo(m, &m->notes[--m->note_count]);
    forget_notes(m);
}

/* ---- records ---- */

static int memory_find_key(struct store *s, struct text key, int64_t *place, struct err *err)
{
    (void)err;
    *place = (int64_t)(intptr_t)table_get(&memory_of(s)->tables[KEYS], key);
    return *place != 0;
}

static int memory_add(struct store *s, struct text key, int64_t *place, struct err *err)
{
    struct memory *m = memory_of(s);
    if (m->record_count + 1 >= m->record_cap) {
        int64_t cap = m->record_cap ? 2 * m->record_cap : 1024;
        struct record **records = realloc(m->records, (size_t)cap * sizeof(struct record *));
        if (!records)
            return memory_lacks(err);
        m->records = records;
        m->record_cap = cap;
    }
    *place = ++m->record_count; /* 0 is no place */
    m->records[*place] = NULL;
    return memory_change(m, KEYS, key, (void *)(intptr_t)*place, err);
}

static int memory_load(struct store *s, int64_t place, struct record **out, struct err *err)
{
    struct memory *m = memory_of(s);
    if (place < 1 || place > m->record_count || !m->records[place])
        return err_set(err, ERR_NOT_FOUND, "no record at place %lld", (long long)place);
    *out = record_copy(m->records[place]);
    return *out ? 0 : memory_lacks(err);
}

static int memory_save(struct store *s, struct record *r, struct err *err)
{
    struct memory *m = memory_of(s);
    if (note(m, (struct note){.place = r->place, .before = m->records[r->place]})) {
        record_free(r);
        return memory_lacks(err);
    }
    record_tidy(r);
    r->dirty = false;
    m->records[r->place] = r;
    return 0;
}

/* ---- links and match values ---- */

#define COMPOSED_MAX 2048

static struct text compose(char out[COMPOSED_MAX], int system, const struct entity *e, struct text t)
{
    size_t n = t.n < COMPOSED_MAX - 8 ? t.n : COMPOSED_MAX - 8;
    uint16_t head[2] = {(uint16_t)system, (uint16_t)e->index};
    memcpy(out, head, sizeof head);
    if (n)
        memcpy(out + sizeof head, t.p, n);
    return (struct text){out, sizeof head + n};
}

static int memory_find_link(struct store *s, int system, const struct entity *e, struct text native, int64_t *place,
                            struct err *err)
{
    char name[COMPOSED_MAX];
    (void)err;
    *place = (int64_t)(intptr_t)table_get(&memory_of(s)->tables[LINKS], compose(name, system, e, native));
    return *place != 0;
}

static int memory_put_link(struct store *s, int system, const struct entity *e, struct text native, int64_t place,
                           struct err *err)
{
    char name[COMPOSED_MAX];
    return memory_change(memory_of(s), LINKS, compose(name, system, e, native), (void *)(intptr_t)place, err);
}

static int memory_find_match(struct store *s, const struct entity *e, uint32_t field, struct text value,
                             int64_t *places, int max, struct err *err)
{
    char name[COMPOSED_MAX];
    (void)err;
    const struct list *l = table_get(&memory_of(s)->tables[MATCHES], compose(name, (int)field, e, value));
    int count = 0;
    for (size_t i = 0; l && i < l->count && count < max; i++)
        places[count++] = l->places[i];
    return count;
}

static struct list *list_new(struct memory *m, size_t count)
{
    struct list *l = arena_alloc(&m->kept, sizeof *l + count * sizeof l->places[0]);
    if (l)
        l->count = count;
    return l;
}

/* The list of a match value without `place`, and with it again when `with`. */
static int change_match(struct memory *m, struct text name, int64_t place, bool with, struct err *err)
{
    const struct list *old = table_get(&m->tables[MATCHES], name);
    struct list *l = list_new(m, (old ? old->count : 0) + 1);
    if (!l)
        return memory_lacks(err);
    l->count = 0;
    for (size_t i = 0; old && i < old->count; i++)
        if (old->places[i] != place)
            l->places[l->count++] = old->places[i];
    if (with)
        l->places[l->count++] = place;
    return memory_change(m, MATCHES, name, l->count ? l : NULL, err);
}

static int memory_put_match(struct store *s, const struct entity *e, uint32_t field, struct text value, int64_t place,
                            struct err *err)
{
    char name[COMPOSED_MAX];
    return change_match(memory_of(s), compose(name, (int)field, e, value), place, true, err);
}

static int memory_drop_match(struct store *s, const struct entity *e, uint32_t field, struct text value, int64_t place,
                             struct err *err)
{
    char name[COMPOSED_MAX];
    return change_match(memory_of(s), compose(name, (int)field, e, value), place, false, err);
}

/* ---- waiting ---- */

static int memory_put_waiting(struct store *s, struct text key, const struct waiting *w, struct err *err)
{
    struct memory *m = memory_of(s);
    const struct list *old = table_get(&m->tables[WAITING], key);
    size_t count = old ? old->count : 0;
    for (size_t i = 0; i < count; i++)
        if (old->entries[i]->kind == w->kind && text_eq(old->entries[i]->subject, w->subject))
            return 0;
    struct list *l = list_new(m, count + 1);
    struct waiting *entry = arena_alloc(&m->kept, sizeof *entry);
    if (!l || !entry)
        return memory_lacks(err);
    *entry = (struct waiting){w->kind, arena_text(&m->kept, w->subject), arena_text(&m->kept, w->message), w->since};
    for (size_t i = 0; i < count; i++)
        l->entries[i] = old->entries[i];
    l->entries[count] = entry;
    return memory_change(m, WAITING, key, l, err);
}

static int memory_take_waiting(struct store *s, struct text key, struct arena *a, struct waiting **out, size_t *count,
                               struct err *err)
{
    struct memory *m = memory_of(s);
    const struct list *l = table_get(&m->tables[WAITING], key);
    *count = 0;
    if (!l)
        return 0;
    *out = arena_alloc(a, l->count * sizeof **out);
    if (!*out)
        return memory_lacks(err);
    for (; *count < l->count; ++*count)
        (*out)[*count] = *l->entries[*count];
    return memory_change(m, WAITING, key, NULL, err);
}

static bool overdue(const struct list *l, moment_us before)
{
    for (size_t i = 0; i < l->count; i++)
        if (l->entries[i]->kind == WAITING_MESSAGE && l->entries[i]->since < before)
            return true;
    return false;
}

static int memory_find_overdue(struct store *s, moment_us before, size_t max, struct arena *a, struct text *keys,
                               struct err *err)
{
    size_t cursor = 0, count = 0;
    struct text key;
    void *list;
    (void)err;
    while (count < max && table_next(&memory_of(s)->tables[WAITING], &cursor, &key, &list))
        if (overdue(list, before))
            keys[count++] = arena_text(a, key);
    return (int)count;
}

/* ---- creating ---- */

struct creating_key {
    char bytes[32];
};

static struct text creating_key(struct creating_key *k, int system, const struct entity *e, int64_t place)
{
    int n = snprintf(k->bytes, sizeof k->bytes, "%d.%u.%lld", system, e->index, (long long)place);
    return (struct text){k->bytes, (size_t)n};
}

static int memory_put_creating(struct store *s, int system, const struct entity *e, int64_t place, moment_us since,
                               struct err *err)
{
    struct memory *m = memory_of(s);
    struct creating_key k;
    moment_us *at = arena_alloc(&m->kept, sizeof *at);
    if (!at)
        return memory_lacks(err);
    *at = since;
    return memory_change(m, CREATING, creating_key(&k, system, e, place), at, err);
}

static int memory_drop_creating(struct store *s, int system, const struct entity *e, int64_t place, struct err *err)
{
    struct creating_key k;
    return memory_change(memory_of(s), CREATING, creating_key(&k, system, e, place), NULL, err);
}

static int memory_any_creating(struct store *s, int system, const struct entity *e, moment_us after, struct err *err)
{
    size_t cursor = 0;
    struct text key;
    void *value;
    char prefix[32];
    (void)err;
    snprintf(prefix, sizeof prefix, "%d.%u.", system, e->index);
    while (table_next(&memory_of(s)->tables[CREATING], &cursor, &key, &value))
        if (text_starts(key, prefix) && *(moment_us *)value > after)
            return 1;
    return 0;
}

/* ---- snapshots ---- */

static int memory_put_snapshot(struct store *s, int system, const struct entity *e, struct err *err)
{
    struct creating_key k;
    return memory_change(memory_of(s), SNAPSHOTS, creating_key(&k, system, e, 0), s, err);
}

static int memory_has_snapshot(struct store *s, int system, const struct entity *e, struct err *err)
{
    struct creating_key k;
    (void)err;
    return table_get(&memory_of(s)->tables[SNAPSHOTS], creating_key(&k, system, e, 0)) != NULL;
}

static int memory_counts(struct store *s, struct store_counts *out, struct err *err)
{
    struct memory *m = memory_of(s);
    size_t cursor = 0;
    struct text key;
    void *value;
    (void)err;
    *out = (struct store_counts){.records = (int64_t)m->tables[KEYS].count, .links = (int64_t)m->tables[LINKS].count};
    while (table_next(&m->tables[WAITING], &cursor, &key, &value))
        out->waiting += (int64_t)((struct list *)value)->count;
    cursor = 0;
    while (table_next(&m->tables[HELD], &cursor, &key, &value))
        out->held[((struct kept_held *)value)->held.reason]++;
    return 0;
}

static void memory_close(struct store *s)
{
    struct memory *m = memory_of(s);
    memory_rollback(s);
    for (int64_t i = 1; i <= m->record_count; i++)
        record_free(m->records[i]);
    for (int k = 0; k < KINDS; k++)
        table_release(&m->tables[k]);
    arena_release(&m->notes_arena);
    arena_release(&m->kept);
    free(m->records);
    free(m->notes);
    free(m);
}

static const struct store_ops memory_ops = {
    .close = memory_close,
    .begin = memory_begin,
    .commit = memory_commit,
    .rollback = memory_rollback,
    .find_key = memory_find_key,
    .find_link = memory_find_link,
    .find_match = memory_find_match,
    .add = memory_add,
    .load = memory_load,
    .save = memory_save,
    .put_link = memory_put_link,
    .put_match = memory_put_match,
    .drop_match = memory_drop_match,
    .put_waiting = memory_put_waiting,
    .take_waiting = memory_take_waiting,
    .find_overdue = memory_find_overdue,
    .put_held = memory_put_held,
    .drop_held = memory_drop_held,
    .get_held = memory_get_held,
    .each_held = memory_each_held,
    .put_creating = memory_put_creating,
    .drop_creating = memory_drop_creating,
    .any_creating = memory_any_creating,
    .put_snapshot = memory_put_snapshot,
    .has_snapshot = memory_has_snapshot,
    .counts = memory_counts,
};

int store_memory_open(struct store **out, const char *const *systems, size_t system_count, struct err *err)
{
    struct memory *m = calloc(1, sizeof *m);
    if (!m)
        return memory_lacks(err);
    m->base = (struct store){&memory_ops, systems, system_count};
    for (int k = 0; k < KINDS; k++)
        table_init(&m->tables[k], ENTRIES_MAX);
    arena_init(&m->notes_arena, 256u << 20);
    arena_init(&m->kept, (size_t)4 << 30);
    *out = &m->base;
    return 0;
}
