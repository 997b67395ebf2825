/* What a mapping reads and nobody gives is told: each row is one entry of `fields` of an order, in a mapping of its own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "edge/os.h"
#include "host/mapping.h"

#define ROWS(table) (sizeof(table) / sizeof *(table))

static const char functions[] = "functions = \"\n"
                                "  def first_name: if . == null then null else .first end;\n"
                                "  def place: {street: .line1, city: .town};\n"
                                "\";\n";

/* GraphQL, SOQL and names in a row, all in one: no API is like that, and the reader does not mind. */
#define SELECT                                                                                                         \
    "id at key1: metafield(key: \\\"x\\\") { value } customer { id name { first } ... on Person { age } tags } "       \
    "Owner.Name, Owner.Role.Id, (SELECT Id, Code FROM Items WHERE Deleted = false), lines(first: 3) { nodes { sku qty } } " \
    "address { line1 town } ... on Gift { wrapping { paper } } blob"

static const struct mapping_given given[] = {
    {.entity = "order", .adds = "_key extra { deep }", .with = "account"},
    {.entity = "account"},
    {.entity = "contact", .takes = "person address"},
    {0},
};

static int lint(const char *source, struct err *err)
{
    const char *folders[] = {"proto/entities"};
    char path[] = "/tmp/mapping-lint-XXXXXX";
    struct schema *schema = NULL;
    struct mapping *m = NULL;
    if (schema_load(&schema, folders, 1, err) != 0)
        fail_msg("%s", err->text);
    close(mkstemp(path));
    assert_int_equal(os_write_file(path, text_of(source), 0600, NULL), 0);
    if (mapping_load(&m, path, schema, err) != 0)
        fail_msg("%s\n%s", source, err->text);
    int rc = mapping_lint(m, given, err);
    unlink(path);
    mapping_free(m);
    schema_free(schema);
    return rc;
}

static void expect(const char *source, const char *complaint) /* NULL: none */
{
    struct err err = {0};
    int rc = lint(source, &err);
    if (rc != (complaint ? ERR_INVALID : 0) || (complaint && !strstr(err.text, complaint)))
        fail_msg("%s\n  said   %d %s\n  wanted %s", source, rc, err.text, complaint ? complaint : "nothing");
}

static void expect_entry(const char *entry, const char *complaint)
{
    char source[4096];
    snprintf(source, sizeof source,
             "%saccount: { object = \"A\"; select = \"other { inner }\"; id = \".other\"; fields: (); };"
             "order: { object = \"O\"; id = \".id\"; version = \".at\"; select = \"" SELECT "\";\n"
             "fields: (\n%s\n); };\n",
             functions, entry);
    expect(source, complaint);
}

static void test_reading(void **state)
{
    (void)state;
    static const struct {
        const char *entry, *complaint;
    } rows[] = {
        {"{ field = \"number\"; path = \".id\"; }", NULL},
        {"{ field = \"number\"; path = \".idd\"; }",
         ":7: path reads .idd, which `select` does not ask for; is it \"id\"?"},
        {"{ field = \"number\"; path = \".idd\"; direction = \"out\"; }", NULL}, /* the API may take what it does not give */
        {"{ field = \"number\"; path = \".customer.name.first\"; }", NULL},
        {"{ field = \"number\"; path = \".customer.nmae.first\"; }", "reads .customer.nmae.first, which `select` does not ask "
                                                                    "for; is it \"name\"?"},
        {"{ field = \"number\"; path = \".customer.at\"; }", "reads .customer.at, which `select` does not ask for there"},
        {"{ field = \"number\"; path = \".first\"; }", "reads .first, which `select` does not ask for there"},
        {"{ field = \"number\"; path = \".customer.age\"; }", NULL}, /* of a fragment */
        {"{ field = \"number\"; path = \".wrapping.paper\"; }", NULL},
        {"{ field = \"number\"; path = \".key1.value\"; }", NULL}, /* what the answer calls it */
        {"{ field = \"number\"; path = \".metafield.value\"; }", "reads .metafield.value"},
        {"{ field = \"number\"; path = \".Owner.Name\"; }", NULL},
        {"{ field = \"number\"; path = \".Owner.Role.Id\"; }", NULL},
        {"{ field = \"number\"; path = \".Owner.Id\"; }", "reads .Owner.Id, which `select` does not ask for there"},
        {"{ field = \"number\"; path = \".blob.any.thing\"; }", NULL}, /* nothing says what is within */
        {"{ field = \"number\"; path = \".extra.deep\"; }", NULL},     /* the adapter adds it */
        {"{ field = \"number\"; path = \".extra.depe\"; }", "is it \"deep\"?"},
        {"{ field = \"number\"; path = \".other.inner\"; }", NULL}, /* read with an account, too */
        {"{ field = \"number\"; in = \".customer.name | first_name\"; }", NULL},
        {"{ field = \"number\"; in = \".custmer.name | first_name\"; }",
         ":7: in reads .custmer, which `select` does not ask for; is it \"customer\"?"},
        {"{ field = \"number\"; in = \".customer.name.frist\"; }", "in reads .frist, which"},
        {"{ field = \"number\"; in = \"[.Items.records[] | .Code]\"; }", "in reads .records"},
        {"{ field = \"number\"; in = \"if .at == \\\".nothing\\\" then 1 else 2 end # .comment\"; }", NULL},
        {"{ field = \"number\"; in = \"\\\"\\\\(.at) .nothing \\\\(.id | \\\"a.b\\\")\\\"\"; }", NULL},
        {"{ field = \"number\"; in = \"\\\"x \\\\(.nothing)\\\"\"; }", "in reads .nothing"},
        {"{ field = \"number\"; in = \"{made: .id} | .made\"; }", NULL},
        {"{ field = \"number\"; in = \"{made: .id} | .mdae\"; }", "in reads .mdae, which"},
        {"{ field = \"number\"; in = \".customer | to_entries[0].key\"; }", NULL},
        {"{ field = \"number\"; in = \".[\\\"nothing\\\"]\"; }", NULL}, /* as a text, any name is taken */
        {"{ field = \"number\"; path = \".lines.nodes[0].sku\"; direction = \"in\"; }", NULL},
        {"{ field = \"number\"; path = \".lines.nodes[0].skuu\"; direction = \"in\"; }", "path reads .skuu"},
        {"{ field = \"number\"; path = \".customer\"; in = \".name.first\"; }", NULL},
        {"{ field = \"number\"; path = \".customer\"; in = \".at\"; }",
         "in reads .at, but beside a path it is given what stands at .customer, not the object"},
        {"{ field = \"number\"; path = \".at\"; in = \".at | ascii_upcase\"; }", "in reads .at, but beside a path"},
        {"{ field = \"number\"; path = \".blob\"; in = \".id\"; }", "in reads .id, but beside a path"},
    };
    for (size_t i = 0; i < ROWS(rows); i++)
        expect_entry(rows[i].entry, rows[i].complaint);
}

static void test_members(void **state)
{
    (void)state;
    static const struct {
        const char *entry, *complaint;
    } rows[] = {
        {"{ field = \"lines\"; in = \"[.lines.nodes[] | {key: .sku, quantity: .qty}]\"; }", NULL},
        {"{ field = \"lines\"; in = \"[.lines.nodes[] | {key: .sku, quantty: .qty}]\"; }",
         ":7: in makes quantty, and order.lines has no such field; is it \"quantity\"?"},
        {"{ field = \"lines\"; in = \"[.lines.nodes[] | {step: .qty} | {key: \\\"a\\\", quantity: .step}]\"; }", NULL},
        {"{ field = \"lines\"; in = \"[.lines.nodes[] | {key: .sku, name: {A: \\\"B\\\"}[.sku]}]\"; }", NULL},
        {"{ field = \"lines\"; in = \"def f: .sku; [.lines.nodes[] | {key: f}]\"; }", NULL},
        {"{ field = \"number\"; in = \"{A: \\\"B\\\"}[.at]\"; }", NULL},
        {"{ field = \"billing_address\"; in = \".address | place\"; }", NULL},
    };
    for (size_t i = 0; i < ROWS(rows); i++)
        expect_entry(rows[i].entry, rows[i].complaint);
}

static void test_writing(void **state)
{
    (void)state;
    static const struct {
        const char *entry, *complaint;
    } rows[] = {
        {"{ field = \"billing_address\"; out = \"{Street: .street, City: .city}\"; }", NULL},
        {"{ field = \"billing_address\"; out = \"{Street: .stret}\"; }",
         ":7: out reads .stret, but it is given the field's value, which has no such member; is it \"street\"?"},
        {"{ field = \"number\"; out = \"{Number: .number}\"; }", "out reads .number, but it is given the field's value"},
        {"{ field = \"number\"; out = \"{Number: ., Currency: $fields.currency}\"; }", NULL},
        {"{ field = \"number\"; out = \"{Number: ., Currency: $fields.curency}\"; }", "out reads .curency"},
        {"{ field = \"lines\"; out = \"{Items: [.[] | {Sku: .sku} | {Item: .Sku}]}\"; }", NULL},
    };
    for (size_t i = 0; i < ROWS(rows); i++)
        expect_entry(rows[i].entry, rows[i].complaint);
}

static void test_values(void **state)
{
    (void)state;
    static const struct {
        const char *entry, *complaint;
    } rows[] = {
        {"{ field = \"lifecycle\"; in = \"if .at == \\\"X\\\" then \\\"placed\\\" elif .id then \\\"closed\\\" else \\\"draft\\\" end\"; }", NULL},
        {"{ field = \"lifecycle\"; in = \"if .at == \\\"X\\\" then \\\"palced\\\" else \\\"closed\\\" end\"; }",
         ":7: in gives \"palced\", which is no value of order.lifecycle; is it \"placed\"? ("},
        {"{ field = \"lifecycle\"; in = \".at // \\\"drafft\\\"\"; }", "in gives \"drafft\""},
        {"{ field = \"lifecycle\"; in = \"\\\"drafft\\\"\"; }", "in gives \"drafft\""},
        {"{ field = \"lifecycle\"; in = \"{A: \\\"draft\\\", B: \\\"plaecd\\\"}[.at]\"; }", "in gives \"plaecd\""},
        {"{ field = \"lifecycle\"; in = \"{\\\"A b\\\": \\\"draft\\\"}[.at] // \\\"placed\\\"\"; }", NULL},
        {"{ field = \"lifecycle\"; in = \"if .at then \\\"DRAFT\\\" else \\\"PLACED\\\" end | ascii_downcase\"; }", NULL},
        {"{ field = \"lifecycle\"; in = \".at // \\\"DRAFT\\\" | ascii_downcase\"; }", NULL},
        {"{ field = \"lifecycle\"; in = \"[.at, .id] | join(\\\" \\\")\"; }", NULL},
        {"{ field = \"number\"; in = \".at // \\\"anything\\\"\"; }", NULL},
    };
    for (size_t i = 0; i < ROWS(rows); i++)
        expect_entry(rows[i].entry, rows[i].complaint);
}

/* The adapter takes {person, address}. */
static void test_taking(void **state)
{
    (void)state;
    static const struct {
        const char *entry, *complaint;
    } rows[] = {
        {"{ field = \"email\"; path = \".person.mail\"; direction = \"out\"; }", NULL},
        {"{ field = \"email\"; path = \".persn.mail\"; direction = \"out\"; }",
         ":2: field email: what is written as persn is not sent, the adapter takes: person address; is it \"person\"?"},
        {"{ field = \"email\"; path = \".mail\"; direction = \"in\"; }", NULL},
        {"{ field = \"email\"; out = \"if . == null then {} else {person: {mail: .}} end\"; }", NULL},
        {"{ field = \"email\"; out = \"{addres: {mail: {person: .}}}\"; }", "is it \"address\"?"},
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        char source[1024];
        snprintf(source, sizeof source,
                 "contact: { object = \"A\"; select = \"id mail\"; id = \".id\"; fields: (\n%s ); };", rows[i].entry);
        expect(source, rows[i].complaint);
    }
}

static void test_entities_and_functions(void **state)
{
    (void)state;
    static const struct {
        const char *source, *complaint;
    } rows[] = {
        {"account: { object = \"A\"; select = \"id\"; id = \".di\"; fields: (); };", ":1: id reads .di, which `select` does not"},
        {"account: { object = \"A\"; select = \"id\"; id = \".id\";\nwhen = \".di == 1\"; fields: (); };", ":2: when reads .di"},
        {"account: { object = \"A\"; id = \".id\"; fields: (); };", ":1: account: \"select\" is missing"},
        {"account: { select = \"id\"; id = \".id\"; fields: (); };", ":1: account: \"object\" is missing"},
        {"product: { object = \"A\"; select = \"id\"; id = \".id\"; fields: (); };",
         ":1: the adapter neither reads nor writes product"},
        {"functions = \"def f: .city, .made, .given;\";\n"
         "account: { object = \"A\"; select = \"given\"; id = \".given\"; fields: ("
         "{ field = \"name\"; in = \"{made: .given} | f\"; } ); };",
         NULL},
        {"functions = \"\ndef f: .ciyt;\";\naccount: { object = \"A\"; select = \"id\"; id = \".id\"; fields: (); };",
         ":2: functions reads .ciyt, which no `select` asks for and no field is called; is it \"city\"?"},
    };
    for (size_t i = 0; i < ROWS(rows); i++)
        expect(rows[i].source, rows[i].complaint);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reading),
        cmocka_unit_test(test_members),
        cmocka_unit_test(test_writing),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_taking),
        cmocka_unit_test(test_entities_and_functions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
