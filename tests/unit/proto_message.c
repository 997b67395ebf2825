/* Messages: what is written is read again, what breaks a rule is told by its path, ids follow from what is said. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "proto/codec.h"
#include "proto/message.h"
#include "proto_support.h"

struct fixture {
    struct schema *schema;
    struct arena arena;
    struct buf out;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    f->schema = shipped_schema();
    arena_init(&f->arena, 16 << 20);
    buf_init(&f->out, 8 << 20);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    buf_release(&f->out);
    arena_release(&f->arena);
    schema_free(f->schema);
    free(f);
    return 0;
}

#define CHANGE_ID "019aa4b6-4500-769f-bac7-ad6dd144c5c7"
#define ATTRIBUTES(type, source, subject)                                                                              \
    "\"specversion\":\"1.0\",\"id\":\"" CHANGE_ID "\",\"source\":\"" source "\",\"type\":\"tidegate." type ".v1\","    \
    "\"subject\":\"" subject "\",\"time\":\"2026-11-21T10:00:00.000000Z\""
#define CHANGE(data) "{" ATTRIBUTES("change", "shop", "product/p-1") ",\"data\":{" data "}}"
#define COMMAND(data) "{" ATTRIBUTES("command", "router", "product/shop:product:p-1") ",\"data\":{" data "}}"
#define OUTCOME(data) "{" ATTRIBUTES("outcome", "erp", "product/shop:product:p-1") ",\"data\":{" data "}}"
#define KEY "\"key\":\"shop:product:p-1\""
#define ANSWERS "\"op\":\"upsert\"," KEY ",\"command\":\"" CHANGE_ID "\",\"revision\":3"

/* Reads a message that stands as JSON. */
static int read_json(struct fixture *f, const char *json, struct message *out, const struct entity **e, struct err *err)
{
    struct value v = json_value(&f->arena, json);
    buf_reset(&f->out);
    codec_write(&f->out, &v);
    return message_read(f->schema, arena_text(&f->arena, buf_view(&f->out)), &f->arena, out, e, err);
}

static const char *write_json(struct fixture *f, const struct message *m)
{
    struct value v = message_value(&f->arena, m);
    return json_of(&f->arena, &v);
}

/* Written as JSON and as bytes, both are the message that was read. */
static void test_what_is_written_is_read_again(void **state)
{
    struct fixture *f = *state;
    static const char *const rows[] = {
        CHANGE("\"op\":\"upsert\",\"version\":\"7\",\"fields\":{\"sku\":\"A\",\"weight\":\"1.5\",\"name\":null}"),
        CHANGE("\"op\":\"upsert\",\"key\":\"salesforce:product:01t\",\"fields\":{}"),
        CHANGE("\"op\":\"delete\""),
        "{" ATTRIBUTES("change", "shop",
                       "product/a/b:c") ",\"traceparent\":\"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\","
                                        "\"replayed\":true,\"datacontenttype\":\"application/"
                                        "vnd.tidegate+msgpack\",\"data\":{\"op\":\"delete\",\"fields\":{}}}",
        COMMAND("\"op\":\"upsert\"," KEY
                ",\"target\":\"erp\",\"revision\":3,\"native\":\"55\",\"fields\":{\"sku\":\"A\"}"),
        COMMAND("\"op\":\"upsert\"," KEY ",\"target\":\"erp\",\"revision\":9007199254740993,\"fields\":{\"sku\":\"\"}"),
        OUTCOME(ANSWERS ",\"verdict\":\"done\",\"native\":\"55\",\"version\":\"8\",\"fields\":{\"sku\":\"A\"}"),
        OUTCOME(ANSWERS ",\"verdict\":\"retry\",\"reason\":\"too many calls\\ntry "
                        "later\",\"retry_at\":\"2026-11-21T10:05:00.000000Z\""),
        OUTCOME(ANSWERS ",\"verdict\":\"refused\",\"class\":\"too_large\",\"reason\":\"name too long\""),
        OUTCOME(ANSWERS ",\"verdict\":\"stale\""),
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct message m, again;
        const struct entity *e;
        struct err err = {0};
        int rc = read_json(f, rows[i], &m, &e, &err);
        if (rc)
            fail_msg("%s\n  %s", rows[i], err.text);
        assert_true(text_is(e->name, "product"));
        buf_reset(&f->out);
        message_write(&f->out, &m);
        rc = message_read(f->schema, buf_view(&f->out), &f->arena, &again, NULL, &err);
        assert_string_equal(rc ? err.text : "", "");
        assert_string_equal(write_json(f, &m), write_json(f, &again));
        assert_true(m.type == again.type && m.op == again.op && m.time == again.time && m.revision == again.revision &&
                    m.verdict == again.verdict && m.refusal == again.refusal && m.retry_at == again.retry_at &&
                    m.replayed == again.replayed);
    }
}

static void test_what_a_change_says(void **state)
{
    struct fixture *f = *state;
    struct message m;
    struct err err;
    assert_int_equal(
        read_json(f, CHANGE("\"op\":\"upsert\",\"version\":\"7\",\"fields\":{\"weight\":\"1.50\"}"), &m, NULL, &err),
        0);
    assert_int_equal(m.type, MESSAGE_CHANGE);
    assert_true(text_is(m.source, "shop") && text_is(m.entity, "product") && text_is(m.subject_id, "p-1"));
    assert_true(text_is(m.version, "7") && m.key.n == 0 && m.target.n == 0);
    assert_int_equal(m.time, 1795255200LL * MOMENT_SECOND);
    assert_string_equal(
        write_json(f, &m),
        "{\"specversion\":\"1.0\",\"id\":\"" CHANGE_ID "\",\"source\":\"shop\",\"type\":\"tidegate.change.v1\","
        "\"subject\":\"product/p-1\",\"time\":\"2026-11-21T10:00:00.000000Z\",\"datacontenttype\":\"application/json\","
        "\"data\":{\"op\":\"upsert\",\"version\":\"7\",\"fields\":{\"weight\":\"1.5\"}}}");
}

static void test_refusals(void **state)
{
    struct fixture *f = *state;
#define DATA ",\"data\":{\"op\":\"delete\"}}"
#define REST ",\"type\":\"tidegate.change.v1\",\"subject\":\"product/p\",\"time\":\"2026-11-21T10:00:00Z\"" DATA
    static const struct {
        const char *json;
        int code;
        const char *says;
    } rows[] = {
        {"[]", ERR_INVALID, "message: list; a message is a map"},
        {"{}", ERR_INVALID, "specversion: is missing"},
        {"{\"specversion\":\"0.3\"}", ERR_INVALID, "specversion: \"0.3\" is none of \"1.0\""},
        {"{\"specversion\":\"1.0\"}", ERR_INVALID, "type: is missing"},
        {"{\"specversion\":\"1.0\",\"type\":\"tidegate.change.v2\"}", ERR_INVALID,
         "type: \"tidegate.change.v2\" is none of tidegate.change.v1, tidegate.command.v1, tidegate.outcome.v1"},
        {"{\"specversion\":\"1.0\",\"type\":7}", ERR_INVALID, "type: int; it is a text"},
        {"{\"specversion\":\"1.0\"" REST, ERR_INVALID, "id: is missing"},
        {"{\"specversion\":\"1.0\",\"id\":\"1\"" REST, ERR_INVALID, "id: is no UUID in small letters (\"0192d3a0-…\")"},
        {"{\"specversion\":\"1.0\",\"id\":\"019AA4B6-4500-769f-bac7-ad6dd144c5c7\"" REST, ERR_INVALID,
         "id: is no UUID in small letters (\"0192d3a0-…\")"},
        {"{\"specversion\":\"1.0\",\"id\":\"" CHANGE_ID "\"" REST, ERR_INVALID, "source: is missing"},
        {"{\"specversion\":\"1.0\",\"id\":\"" CHANGE_ID "\",\"source\":\"/my/shop\"" REST, ERR_INVALID,
         "source: is no name of a system (small letters, digits and _, a letter first)"},
        {"{" ATTRIBUTES("change", "shop", "product") DATA, ERR_INVALID, "subject: is not \"<entity>/<id>\""},
        {"{" ATTRIBUTES("change", "shop", "product/") DATA, ERR_INVALID, "subject: is not \"<entity>/<id>\""},
        {"{" ATTRIBUTES("change", "shop", "/p") DATA, ERR_INVALID, "subject: is not \"<entity>/<id>\""},
        {"{" ATTRIBUTES("change", "shop", "product/a\\u0007") DATA, ERR_INVALID, "subject: holds a control character"},
        {"{" ATTRIBUTES("change", "shop", "orders/1") DATA, ERR_NOT_FOUND,
         "subject: there is no entity \"orders\"; entity files define them"},
        {"{\"specversion\":\"1.0\",\"id\":\"" CHANGE_ID
         "\",\"source\":\"shop\",\"type\":\"tidegate.change.v1\",\"subject\":\"product/p\","
         "\"time\":\"today\"" DATA,
         ERR_INVALID, "time: is no RFC 3339 time (\"2026-11-21T10:00:00.000000Z\")"},
        {"{" ATTRIBUTES("change", "shop", "product/p") ",\"replayed\":1" DATA, ERR_INVALID,
         "replayed: is neither true nor false"},
        {"{" ATTRIBUTES("change", "shop", "product/p") "}", ERR_INVALID, "data: is missing"},
        {"{" ATTRIBUTES("change", "shop", "product/p") ",\"data\":[]}", ERR_INVALID, "data: is no map"},
        {CHANGE("\"op\":\"create\""), ERR_INVALID, "data.op: \"create\" is none of upsert, delete, snapshot"},
        {CHANGE(""), ERR_INVALID, "data.op: is missing"},
        {CHANGE("\"op\":\"upsert\""), ERR_INVALID, "data.fields: is missing"},
        {CHANGE("\"op\":\"upsert\",\"fields\":null"), ERR_INVALID, "data.fields: is missing"},
        {CHANGE("\"op\":\"upsert\",\"fields\":[]"), ERR_INVALID, "data.fields: list; it is a map"},
        {CHANGE("\"op\":\"upsert\",\"feilds\":{}"), ERR_INVALID, "data: \"feilds\" is no member of any message"},
        {CHANGE("\"op\":\"delete\",\"revision\":-3"), ERR_INVALID, "data.revision: is no int of 0 or more"},
        {CHANGE("\"op\":\"upsert\",\"fields\":{\"skew\":1}"), ERR_INVALID,
         "product has no field \"skew\"; is it \"sku\"?"},
        {CHANGE("\"op\":\"upsert\",\"fields\":{\"name\":\"4111111111111111\"}"), ERR_DENIED,
         "product.name: holds a payment card number"},
        {COMMAND("\"op\":\"upsert\",\"target\":\"erp\",\"revision\":3,\"fields\":{}"), ERR_INVALID,
         "data.key: is missing"},
        {COMMAND("\"op\":\"upsert\",\"key\":\"x\",\"target\":\"erp\",\"revision\":3,\"fields\":{}"), ERR_INVALID,
         "data.key: is not the id in the subject"},
        {COMMAND("\"op\":\"upsert\"," KEY ",\"revision\":3,\"fields\":{}"), ERR_INVALID, "data.target: is missing"},
        {COMMAND("\"op\":\"upsert\"," KEY ",\"target\":\"erp\",\"fields\":{}"), ERR_INVALID,
         "data.revision: is missing"},
        {COMMAND("\"op\":\"upsert\"," KEY ",\"target\":\"erp\",\"revision\":0,\"fields\":{}"), ERR_INVALID,
         "data.revision: is no int of 1 or more"},
        {COMMAND("\"op\":\"upsert\"," KEY ",\"target\":\"erp\",\"revision\":\"3\",\"fields\":{}"), ERR_INVALID,
         "data.revision: is no int of 1 or more"},
        {OUTCOME(ANSWERS), ERR_INVALID, "data.verdict: is missing"},
        {OUTCOME(ANSWERS ",\"verdict\":\"ok\""), ERR_INVALID,
         "data.verdict: \"ok\" is none of done, retry, refused, stale"},
        {OUTCOME(ANSWERS ",\"verdict\":\"done\""), ERR_INVALID, "data.native: is missing"},
        {OUTCOME(ANSWERS ",\"verdict\":\"refused\""), ERR_INVALID, "data.class: is missing"},
        {OUTCOME(ANSWERS ",\"verdict\":\"refused\",\"class\":\"odd\""), ERR_INVALID,
         "data.class: \"odd\" is none of value, missing, duplicate, permission, too_large, conflict, unsupported"},
        {OUTCOME(ANSWERS ",\"verdict\":\"refused\",\"class\":\"none\""), ERR_INVALID,
         "data.class: \"none\" is none of value, missing, duplicate, permission, too_large, conflict, unsupported"},
        {OUTCOME(ANSWERS ",\"verdict\":\"stale\",\"class\":\"value\""), ERR_INVALID,
         "data.class: belongs to the verdict refused only"},
        {OUTCOME(ANSWERS ",\"verdict\":\"retry\",\"retry_at\":5"), ERR_INVALID, "data.retry_at: int; it is a text"},
        {OUTCOME("\"op\":\"upsert\"," KEY ",\"command\":\"c1\",\"revision\":3,\"verdict\":\"stale\""), ERR_INVALID,
         "data.command: is no UUID in small letters (\"0192d3a0-…\")"},
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct message m;
        struct err err = {0};
        int rc = read_json(f, rows[i].json, &m, NULL, &err);
        if (rc != rows[i].code || strcmp(err.text, rows[i].says) != 0)
            fail_msg("%s\n  gives %d %s\n  not   %d %s", rows[i].json, rc, err.text, rows[i].code, rows[i].says);
    }
}

static struct text long_text(struct fixture *f, size_t n)
{
    char *p = arena_alloc(&f->arena, n);
    memset(p, 'x', n);
    return (struct text){p, n};
}

/* A good change, for a test to spoil. */
static struct message change(struct fixture *f)
{
    struct value fields = value_map(&f->arena, 1);
    fields.members[0] = (struct member){text_of("sku"), value_string("A")};
    return (struct message){.type = MESSAGE_CHANGE,
                            .id = text_of(CHANGE_ID),
                            .source = text_of("shop"),
                            .entity = text_of("product"),
                            .subject_id = text_of("p-1"),
                            .fields = fields};
}

static int write_and_read(struct fixture *f, const struct message *m, struct message *out, struct err *err)
{
    buf_reset(&f->out);
    message_write(&f->out, m);
    return message_read(f->schema, buf_view(&f->out), &f->arena, out, NULL, err);
}

static void test_bounds(void **state)
{
    struct fixture *f = *state;
    struct message m = change(f), got;
    struct err err = {0};
    m.subject_id = long_text(f, MESSAGE_NATIVE_ID_MAX);
    m.version = long_text(f, MESSAGE_VERSION_MAX);
    m.key = long_text(f, MESSAGE_KEY_MAX);
    m.source = long_text(f, MESSAGE_SYSTEM_MAX);
    assert_int_equal(write_and_read(f, &m, &got, &err), 0);
    m = change(f);
    m.subject_id = long_text(f, MESSAGE_NATIVE_ID_MAX + 1);
    assert_int_equal(write_and_read(f, &m, &got, &err), ERR_TOO_LARGE);
    assert_string_equal(err.text, "subject: an id of 256 bytes, at most 255");
    m = change(f);
    m.version = long_text(f, MESSAGE_VERSION_MAX + 1);
    assert_int_equal(write_and_read(f, &m, &got, &err), ERR_TOO_LARGE);
    assert_string_equal(err.text, "data.version: 256 bytes, at most 255");
    m = change(f);
    m.key = long_text(f, MESSAGE_KEY_MAX + 1);
    assert_int_equal(write_and_read(f, &m, &got, &err), ERR_TOO_LARGE);
    m = change(f);
    m.fields.members[0].value = value_text(long_text(f, 256));
    assert_int_equal(write_and_read(f, &m, &got, &err), ERR_TOO_LARGE);
    assert_string_equal(err.text, "product.sku: 256 characters, at most 255");
    assert_true(text_is(got.subject_id, "p-1")); /* what was read stands, so that the message can be held */
}

/* A reason is somebody else's text: it is cut, at a character, rather than refused. */
static void test_a_long_reason_is_cut(void **state)
{
    struct fixture *f = *state;
    struct message m = change(f), got;
    struct err err = {0};
    struct text reason = long_text(f, MESSAGE_REASON_MAX + 100);
    memcpy((char *)reason.p + MESSAGE_REASON_MAX - 1, "€", 3);
    m.type = MESSAGE_OUTCOME;
    m.source = text_of("erp");
    m.key = m.subject_id = text_of("shop:product:p-1");
    m.command = m.id;
    m.revision = 1;
    m.verdict = VERDICT_REFUSED;
    m.refusal = REFUSAL_VALUE;
    m.reason = reason;
    int rc = write_and_read(f, &m, &got, &err);
    assert_string_equal(rc ? err.text : "", "");
    assert_int_equal(got.reason.n, MESSAGE_REASON_MAX - 1);
}

static void test_strange_traces_are_forgotten(void **state)
{
    struct fixture *f = *state;
    static const char *const rows[] = {"", "00", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0g",
                                       "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"};
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct message m = change(f), got;
        struct err err = {0};
        m.traceparent = text_of(rows[i]);
        assert_int_equal(write_and_read(f, &m, &got, &err), 0);
        assert_int_equal(got.traceparent.n, 0);
    }
}

static void test_foreign_attributes_are_passed_over(void **state)
{
    struct fixture *f = *state;
    struct message m;
    struct err err = {0};
    assert_int_equal(read_json(f,
                               "{\"comexampleothervalue\":5,\"dataschema\":\"x\"," ATTRIBUTES(
                                   "change", "shop", "product/p") ",\"data\":{\"op\":\"delete\"}}",
                               &m, NULL, &err),
                     0);
}

static void test_without_a_schema(void **state)
{
    struct fixture *f = *state;
    struct message m;
    struct err err = {0};
    struct value v =
        json_value(&f->arena, "{" ATTRIBUTES("change", "shop",
                                             "unheard_of/1") ",\"data\":{\"op\":\"upsert\",\"fields\":{\"x\":1}}}");
    buf_reset(&f->out);
    codec_write(&f->out, &v);
    assert_int_equal(message_read(NULL, buf_view(&f->out), &f->arena, &m, NULL, &err), 0);
    assert_true(text_is(m.entity, "unheard_of"));
}

static struct text id_of(struct message *m, moment_us at, char out[UUID_TEXT])
{
    m->time = at;
    return message_change_id(m, out);
}

static void test_ids_of_changes(void **state)
{
    struct fixture *f = *state;
    struct message m = change(f), same = change(f);
    char a[UUID_TEXT], b[UUID_TEXT];
    m.fields = json_value(&f->arena, "{\"sku\":\"A\",\"name\":\"b\"}");
    same.fields = json_value(&f->arena, "{\"name\":\"b\",\"sku\":\"A\"}");
    same.id = text_of("something else");
    same.traceparent = text_of("x");
    assert_true(text_eq(id_of(&m, 1000000, a), id_of(&same, 1000000, b)));
    assert_int_equal(strlen(a), 36);
    assert_memory_equal(a, "00000000-03e8-7", 15); /* the time in milliseconds, version 7 */
    id_of(&same, 1001000, b);
    assert_string_not_equal(a, b);
    static const char *const fields[] = {"{\"sku\":\"A\"}",
                                         "{\"sku\":\"A\",\"name\":null}",
                                         "{\"sku\":\"A\",\"name\":\"\"}",
                                         "{\"sku\":\"b\",\"name\":\"A\"}",
                                         "{\"sku\":\"A\",\"name\":[]}",
                                         "{\"sku\":\"A\",\"name\":{}}",
                                         "{\"sku\":\"A\",\"name\":false}",
                                         "{\"sku\":\"A\",\"name\":0}"};
    for (size_t i = 0; i < ROWS(fields); i++) {
        same.fields = json_value(&f->arena, fields[i]);
        id_of(&same, 1000000, b);
        assert_string_not_equal(a, b);
    }
    same.fields = m.fields;
    same.op = OP_DELETE;
    id_of(&same, 1000000, b);
    assert_string_not_equal(a, b);
    same.op = OP_UPSERT;
    same.version = text_of("2");
    id_of(&same, 1000000, b);
    assert_string_not_equal(a, b);
}

static void test_ids_of_commands(void **state)
{
    (void)state;
    char a[UUID_TEXT], b[UUID_TEXT];
    message_command_id(text_of("shop:order:1"), text_of("erp"), 3, 5000, a);
    message_command_id(text_of("shop:order:1"), text_of("erp"), 3, 5000, b);
    assert_string_equal(a, b);
    message_command_id(text_of("shop:order:1"), text_of("erp"), 4, 5000, b);
    assert_string_not_equal(a, b);
    message_command_id(text_of("shop:order:1e"), text_of("rp"), 3, 5000, b);
    assert_string_not_equal(a, b);
}

static void test_routing_keys_and_record_keys(void **state)
{
    struct fixture *f = *state;
    char key[MESSAGE_ROUTING_KEY_MAX];
    struct message m = change(f);
    message_routing_key(key, sizeof key, &m);
    assert_string_equal(key, "shop.product.upsert");
    m.type = MESSAGE_COMMAND;
    m.op = OP_DELETE;
    m.source = text_of("router");
    m.target = text_of("erp");
    message_routing_key(key, sizeof key, &m);
    assert_string_equal(key, "erp.product.delete");
    struct text record = message_record_key(&f->arena, text_of("shop"), text_of("order"), text_of("a/b"));
    assert_true(text_is(record, "shop:order:a/b"));
}

static void test_lines_for_people(void **state)
{
    struct fixture *f = *state;
    static const char *const rows[][2] = {
        {CHANGE("\"op\":\"upsert\",\"fields\":{\"sku\":\"A\"}"),
         "2026-11-21T10:00:00.000000Z change  shop → router  product/p-1 upsert {\"sku\":\"A\"}"},
        {COMMAND("\"op\":\"upsert\"," KEY
                 ",\"target\":\"erp\",\"revision\":3,\"native\":\"55\",\"fields\":{\"sku\":\"A\"}"),
         "2026-11-21T10:00:00.000000Z command router → erp  product/shop:product:p-1 upsert revision 3 native 55 "
         "{\"sku\":\"A\"}"},
        {OUTCOME(ANSWERS ",\"verdict\":\"refused\",\"class\":\"value\",\"reason\":\"bob@example.com is taken\""),
         "2026-11-21T10:00:00.000000Z outcome erp → router  product/shop:product:p-1 refused (value) revision 3 {}"},
        {"{" ATTRIBUTES("change", "shop", "contact/7") ",\"replayed\":true,\"data\":{\"op\":\"upsert\",\"fields\":{"
                                                       "\"email\":\"a@b.c\",\"title\":\"Dr\"}}}",
         "2026-11-21T10:00:00.000000Z change  shop → router  contact/7 upsert replayed "
         "{\"title\":\"Dr\",\"email\":\"‹personal›\"}"},
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct message m;
        struct err err = {0};
        assert_int_equal(read_json(f, rows[i][0], &m, NULL, &err), 0);
        buf_reset(&f->out);
        message_line(&f->out, f->schema, &m);
        assert_string_equal(buf_cstr(&f->out), rows[i][1]);
        buf_reset(&f->out);
        message_line(&f->out, NULL, &m); /* without a schema nothing is known to be no personal data */
        assert_null(strstr(buf_cstr(&f->out), "a@b.c"));
        buf_reset(&f->out);
        message_json(&f->out, f->schema, &m, &f->arena);
        assert_null(strstr(buf_cstr(&f->out), "a@b.c"));
        assert_null(strstr(buf_cstr(&f->out), "bob@example.com"));
        json_value(&f->arena, buf_cstr(&f->out));
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_what_is_written_is_read_again),
        TEST(test_what_a_change_says),
        TEST(test_refusals),
        TEST(test_bounds),
        TEST(test_a_long_reason_is_cut),
        TEST(test_strange_traces_are_forgotten),
        TEST(test_foreign_attributes_are_passed_over),
        TEST(test_without_a_schema),
        TEST(test_ids_of_changes),
        TEST(test_ids_of_commands),
        TEST(test_routing_keys_and_record_keys),
        TEST(test_lines_for_people),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
