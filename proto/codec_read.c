/* Reading msgpack (github.com/msgpack/msgpack, spec.md) in one pass, straight into values.
 *
 * The bytes come from outside, so every claim is checked before anything is taken for it: a count against the bytes
 * that are left (an element has at least one, a member two) and against CODEC_ELEMENTS_MAX, a length against the bytes
 * that are left, the depth before going down. Texts are borrowed; the items of lists and maps come from the message's
 * arena, and nothing else is allocated. docs/decisions/0001-reading-msgpack.md says why this is not msgpack-c's unpacker,
 * which the fuzz target compares this with. */
#include "codec.h"

#include <endian.h>
#include "path.h"
#include "unique.h"

struct reader {
    const unsigned char *at, *end;
    struct arena *arena;
    struct err *err;
    uint32_t elements; /* room left for */
    int depth;
};

static int complain(struct reader *r, int code, const struct path *path, const char *what)
{
    char where[PATH_TEXT];
    return err_set(r->err, code, "%s: %s", path ? path_print(where, path) : "message", what);
}

static int cut_short(struct reader *r, const struct path *path)
{
    return complain(r, ERR_INVALID, path, "the bytes end in the middle of a value");
}

/* The next big-endian number of 1, 2, 4 or 8 bytes; false when they are not there. */
static bool take(struct reader *r, unsigned bytes, uint64_t *out)
{
    uint64_t raw = 0;
    if ((size_t)(r->end - r->at) < bytes)
        return false;
    memcpy((unsigned char *)&raw + sizeof raw - bytes, r->at, bytes);
    r->at += bytes;
    *out = be64toh(raw);
    return true;
}

static inline uint64_t eight(const char *p)
{
    uint64_t bytes;
    memcpy(&bytes, p, sizeof bytes);
    return bytes;
}

static inline uint32_t four(const char *p)
{
    uint32_t bytes;
    memcpy(&bytes, p, sizeof bytes);
    return bytes;
}

/* Eight bytes at a time; the last eight (or four, of a short text) may overlap those before. */
static inline bool is_ascii(struct text t)
{
    uint64_t seen = 0;
    if (t.n >= 8) {
        for (size_t i = 0; i + 8 < t.n; i += 8)
            seen |= eight(t.p + i);
        seen |= eight(t.p + t.n - 8);
    } else if (t.n >= 4) {
        seen = four(t.p) | four(t.p + t.n - 4);
    } else {
        for (size_t i = 0; i < t.n; i++)
            seen |= (unsigned char)t.p[i];
    }
    return (seen & 0x8080808080808080ULL) == 0;
}

static int read_text(struct reader *r, uint64_t bytes, const struct path *path, struct text *out)
{
    if (bytes > (size_t)(r->end - r->at))
        return cut_short(r, path);
    *out = (struct text){(const char *)r->at, bytes};
    r->at += bytes;
    if (!is_ascii(*out) && text_utf8_fault(*out) >= 0)
        return complain(r, ERR_INVALID, path, "the text is not valid UTF-8");
    return 0;
}

static int read_value(struct reader *r, const struct path *path, struct value *out);

/* Enters a list or map of `count` items that take at least item_bytes each. */
static int enter(struct reader *r, uint64_t count, unsigned item_bytes, const struct path *path)
{
    if (count * item_bytes > (size_t)(r->end - r->at))
        return complain(r, ERR_INVALID, path, "claims more elements than the message has bytes");
    if (count > r->elements)
        return complain(r, ERR_TOO_LARGE, path, "more than 65536 values in one message");
    if (r->depth == VALUE_DEPTH_MAX)
        return complain(r, ERR_TOO_LARGE, path, "lists and maps are nested more than 32 deep");
    r->elements -= (uint32_t)count;
    r->depth++;
    return 0;
}

static int read_list(struct reader *r, uint64_t count, const struct path *path, struct value *out)
{
    int rc = enter(r, count, 1, path);
    if (rc)
        return rc;
    *out = value_list(r->arena, (uint32_t)count);
    if (arena_failed(r->arena))
        return complain(r, ERR_TOO_LARGE, path, "the message needs more memory than one may have");
    for (uint32_t i = 0; i < count && !rc; i++) {
        struct path step = {.up = path, .index = i};
        rc = read_value(r, &step, &out->items[i]);
    }
    r->depth--;
    return rc;
}

static int read_name(struct reader *r, const struct path *path, struct text *out)
{
    uint64_t bytes = 0;
    uint64_t b;
    if (!take(r, 1, &b))
        return cut_short(r, path);
    if ((b & 0xE0) == 0xA0)
        return read_text(r, b & 0x1F, path, out);
    if (b < 0xD9 || b > 0xDB)
        return complain(r, ERR_INVALID, path, "a member's name is not a text (msgpack type str)");
    if (!take(r, 1u << (b - 0xD9), &bytes))
        return cut_short(r, path);
    return read_text(r, bytes, path, out);
}

static int check_names(struct reader *r, const struct path *path, const struct value *map)
{
    struct text twice;
    if (map->count && unique_broken(r->arena, &map->members[0].name, sizeof map->members[0], map->count, &twice)) {
        struct path step = {.up = path, .name = twice};
        return complain(r, ERR_INVALID, &step, "the member is there twice");
    }
    return 0;
}

static int read_map(struct reader *r, uint64_t count, const struct path *path, struct value *out)
{
    int rc = enter(r, count, 2, path);
    if (rc)
        return rc;
    *out = value_map(r->arena, (uint32_t)count);
    if (arena_failed(r->arena))
        return complain(r, ERR_TOO_LARGE, path, "the message needs more memory than one may have");
    for (uint32_t i = 0; i < count && !rc; i++) {
        struct member *m = &out->members[i];
        rc = read_name(r, path, &m->name);
        if (rc)
            break;
        struct path step = {.up = path, .name = m->name.p ? m->name : text_of("")};
        rc = read_value(r, &step, &m->value);
    }
    r->depth--;
    return rc ? rc : check_names(r, path, out);
}

/* The forms 0xC0 to 0xDF: one byte of type, then a number of a width that the type tells. */
static int read_wide(struct reader *r, unsigned b, const struct path *path, struct value *out)
{
    static const uint8_t width[32] = {
        [0x04] = 1, [0x05] = 2, [0x06] = 4, [0x0C] = 1, [0x0D] = 2, [0x0E] = 4, [0x0F] = 8, [0x10] = 1, [0x11] = 2,
        [0x12] = 4, [0x13] = 8, [0x19] = 1, [0x1A] = 2, [0x1B] = 4, [0x1C] = 2, [0x1D] = 4, [0x1E] = 2, [0x1F] = 4};
    uint64_t n = 0;
    if (!take(r, width[b - 0xC0], &n))
        return cut_short(r, path);
    switch (b) {
    case 0xC0:
        *out = value_null();
        return 0;
    case 0xC2:
    case 0xC3:
        *out = value_bool(b == 0xC3);
        return 0;
    case 0xC4:
    case 0xC5:
    case 0xC6:
        return complain(r, ERR_INVALID, path, "binary (msgpack type bin); texts travel as type str");
    case 0xCA:
    case 0xCB:
        return complain(r, ERR_INVALID, path, "floating point; money and quantities travel as decimal text");
    case 0xCC:
    case 0xCD:
    case 0xCE:
    case 0xCF:
        if (n > INT64_MAX)
            return complain(r, ERR_INVALID, path, "the integer is over 9223372036854775807");
        *out = value_int((int64_t)n);
        return 0;
    case 0xD0:
        *out = value_int((int8_t)n);
        return 0;
    case 0xD1:
        *out = value_int((int16_t)n);
        return 0;
    case 0xD2:
        *out = value_int((int32_t)n);
        return 0;
    case 0xD3:
        *out = value_int((int64_t)n);
        return 0;
    case 0xD9:
    case 0xDA:
    case 0xDB:
        out->kind = VALUE_TEXT;
        return read_text(r, n, path, &out->text);
    case 0xDC:
    case 0xDD:
        return read_list(r, n, path, out);
    case 0xDE:
    case 0xDF:
        return read_map(r, n, path, out);
    case 0xC1:
        return complain(r, ERR_INVALID, path, "byte 0xc1, which msgpack does not use");
    default:
        return complain(r, ERR_INVALID, path, "an extension (msgpack type ext); a time travels as text");
    }
}

static int read_value(struct reader *r, const struct path *path, struct value *out)
{
    if (r->at == r->end)
        return cut_short(r, path);
    unsigned b = *r->at++;
    if ((b & 0xE0) == 0xA0) {
        out->kind = VALUE_TEXT;
        return read_text(r, b & 0x1F, path, &out->text);
    }
    if (b < 0x80 || b >= 0xE0) {
        *out = value_int((int8_t)b);
        return 0;
    }
    if (b < 0x90)
        return read_map(r, b & 0x0F, path, out);
    if (b < 0xA0)
        return read_list(r, b & 0x0F, path, out);
    return read_wide(r, b, path, out);
}

int codec_read(struct arena *a, struct text bytes, struct value *out, struct err *err)
{
    struct reader r = {.at = (const unsigned char *)bytes.p, .arena = a, .err = err, .elements = CODEC_ELEMENTS_MAX};
    r.end = r.at + bytes.n;
    *out = value_null();
    if (bytes.n > CODEC_BYTES_MAX)
        return err_set(err, ERR_TOO_LARGE, "message: %zu bytes, at most %u", bytes.n, CODEC_BYTES_MAX);
    int rc = read_value(&r, NULL, out);
    if (!rc && r.at != r.end)
        rc = complain(&r, ERR_INVALID, NULL, "bytes behind its end");
    return rc;
}
