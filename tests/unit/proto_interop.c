/* For interop.py: reads frames (four bytes of length, big-endian, then msgpack) from stdin, and answers each with one
 * line of JSON: {"json": what it is, "bytes": how we write it, in hex} or {"code": …, "error": …}.
 *
 * usage: proto_interop values | messages      (a message's answer has the "id" that follows from it as well) */
#include <stdio.h>
#include <stdlib.h>

#include "base/json_text.h"
#include "proto/codec.h"
#include "proto/message.h"
#include "proto_support.h"

static bool read_frame(char *bytes, struct text *frame)
{
    unsigned char head[4];
    if (fread(head, 1, sizeof head, stdin) != sizeof head)
        return false;
    size_t n = (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];
    *frame = (struct text){bytes, n};
    return n <= CODEC_BYTES_MAX && fread(bytes, 1, n, stdin) == n;
}

static void add_bytes(struct buf *line, const struct buf *bytes)
{
    static const char hex[] = "0123456789abcdef";
    buf_string(line, ",\"bytes\":\"");
    for (size_t i = 0; i < bytes->n; i++) {
        buf_char(line, hex[(unsigned char)bytes->p[i] >> 4]);
        buf_char(line, hex[bytes->p[i] & 15]);
    }
    buf_string(line, "\"}");
}

static int answer_value(struct text frame, struct arena *a, struct buf *line, struct err *err)
{
    struct value v;
    struct buf again;
    int rc = codec_read(a, frame, &v, err);
    if (rc)
        return rc;
    buf_init(&again, CODEC_BYTES_MAX);
    codec_write(&again, &v);
    buf_string(line, "{\"json\":");
    json_write(line, &v);
    add_bytes(line, &again);
    buf_release(&again);
    return 0;
}

static int answer_message(const struct schema *s, struct text frame, struct arena *a, struct buf *line, struct err *err)
{
    struct message m;
    struct buf again;
    char id[UUID_TEXT];
    int rc = message_read(s, frame, a, &m, NULL, err);
    if (rc)
        return rc;
    struct text derived = m.type == MESSAGE_COMMAND ? message_command_id(m.key, m.target, m.revision, m.time, id)
                                                    : message_change_id(&m, id);
    struct value v = message_value(a, &m);
    buf_init(&again, CODEC_BYTES_MAX);
    message_write(&again, &m);
    buf_printf(line, "{\"id\":\"%.*s\",\"json\":", TEXT_ARG(derived));
    json_write(line, &v);
    add_bytes(line, &again);
    buf_release(&again);
    return 0;
}

static void answer(const struct schema *s, struct text frame, struct arena *a, struct buf *line)
{
    struct err err = {0};
    int rc = s ? answer_message(s, frame, a, line, &err) : answer_value(frame, a, line, &err);
    if (rc) {
        buf_printf(line, "{\"code\":\"%s\",\"error\":", err_word(rc));
        json_write_string(line, text_of(err.text));
        buf_char(line, '}');
    }
}

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    struct schema *schema = strcmp(argv[1], "messages") == 0 ? shipped_schema() : NULL;
    char *bytes = malloc(CODEC_BYTES_MAX);
    struct arena arena;
    struct buf line;
    struct text frame;
    arena_init(&arena, 64u << 20);
    buf_init(&line, 64u << 20);
    while (bytes && read_frame(bytes, &frame)) {
        answer(schema, frame, &arena, &line);
        printf("%.*s\n", (int)line.n, buf_cstr(&line));
        buf_reset(&line);
        arena_clear(&arena);
    }
    buf_release(&line);
    arena_release(&arena);
    schema_free(schema);
    free(bytes);
    return 0;
}
