/* The rules language: every word, every complaint with its line, what is proved, and the table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "router/rules.h"

static const char *const systems[] = {"salesforce", "shop", "erp"};
enum { SALESFORCE, SHOP, ERP };

static int load_schema(void **state)
{
    static const char *const folders[] = {"proto/entities"};
    struct err err;
    struct schema *s;
    if (schema_load(&s, folders, 1, &err))
        fail_msg("%s", err.text);
    *state = s;
    return 0;
}

static int free_schema(void **state)
{
    schema_free(*state);
    return 0;
}

static struct rules *parse(struct schema *schema, const char *source)
{
    struct rules *r;
    struct err err;
    if (rules_parse(&r, "rules.cfg", text_of(source), schema, systems, 3, NULL, &err))
        fail_msg("%s", err.text);
    return r;
}

static const struct entity_rule *rule_of(const struct rules *r, const char *entity)
{
    return rules_of(r, schema_find(rules_schema(r), text_of(entity)));
}

static const struct field_rule *field_of(const struct entity_rule *e, const char *field)
{
    return &e->fields[entity_field(e->entity, text_of(field))->index];
}

static bool flows(const struct entity_rule *e, const char *field, int system)
{
    return field_mask_has(&e->flow_known[system], entity_field(e->entity, text_of(field))->index);
}

static void an_owner_and_targets(void **state)
{
    struct rules *r =
        parse(*state, "product: { owner = \"salesforce\"; to = [\"shop\", \"erp\"]; match = [\"sku\", \"barcode\"];\n"
                      "fields: { images = { owner = \"shop\"; to = []; };\n"
                      "          description = { to = [\"shop\"]; };\n"
                      "          weight = { owner = \"erp\"; }; }; };");
    const struct entity_rule *e = rule_of(r, "product");
    assert_true(e->ruled);
    assert_int_equal(e->create, 1 << SALESFORCE);
    assert_int_equal(e->targets, 1 << SHOP | 1 << ERP);
    assert_int_equal(field_of(e, "name")->set, 1 << SALESFORCE);
    assert_int_equal(field_of(e, "images")->set, 1 << SHOP);
    assert_int_equal(field_rule_to(field_of(e, "images")), 0);
    assert_int_equal(field_of(e, "images")->place.line, 2);
    assert_int_equal(field_of(e, "description")->set, 1 << SALESFORCE);
    assert_int_equal(field_rule_to(field_of(e, "description")), 1 << SHOP);
    assert_int_equal(field_rule_to(field_of(e, "weight")), 1 << SHOP); /* the entity's targets, less its owner */
    assert_true(flows(e, "name", ERP));
    assert_false(flows(e, "description", ERP));
    assert_int_equal(e->match_count, 2);
    assert_false(rule_of(r, "order")->ruled);
    rules_free(r);
}

static void sharers_get_one_anothers(void **state)
{
    struct rules *r =
        parse(*state, "contact: { shared = [\"salesforce\", \"shop\"]; conflict = \"latest\"; to = [\"erp\"]; };");
    const struct entity_rule *e = rule_of(r, "contact");
    assert_int_equal(e->create, 1 << SALESFORCE | 1 << SHOP);
    assert_int_equal(field_of(e, "email")->set, 1 << SALESFORCE | 1 << SHOP);
    assert_int_equal(field_rule_to(field_of(e, "email")), 1 << SALESFORCE | 1 << SHOP | 1 << ERP);
    assert_int_equal(field_of(e, "email")->conflict, CONFLICT_LATEST);
    rules_free(r);
}

static void a_field_is_shared_on_its_own(void **state)
{
    struct rules *r =
        parse(*state, "product: { owner = \"salesforce\"; to = [\"shop\", \"erp\"];\n"
                      "fields: { name: { shared = [\"salesforce\", \"shop\"]; conflict = \"shop\"; };\n"
                      "          description: { owner = \"shop\"; to = []; seed = \"salesforce\"; }; }; };");
    const struct entity_rule *e = rule_of(r, "product");
    assert_int_equal(e->create, 1 << SALESFORCE);
    assert_int_equal(field_of(e, "name")->set, 1 << SALESFORCE | 1 << SHOP);
    assert_int_equal(field_rule_to(field_of(e, "name")), 1 << SALESFORCE | 1 << SHOP | 1 << ERP);
    assert_int_equal(field_of(e, "name")->conflict, CONFLICT_PREFER);
    assert_int_equal(field_of(e, "name")->preferred, SHOP);
    assert_int_equal(field_of(e, "description")->seed, 1 << SALESFORCE);
    assert_true(field_mask_has(&e->flow_new[SHOP], entity_field(e->entity, text_of("description"))->index));
    assert_false(flows(e, "description", SHOP));
    rules_free(r);
}

static void targets_have_words_of_their_own(void **state)
{
    struct rules *r = parse(*state, "product: { owner = \"salesforce\";\n"
                                    "to: { shop: { only: { active = [true]; }; }; erp: { when = \"create\"; }; };\n"
                                    "fields: { name: { to: { shop: { when = \"update\"; }; }; }; }; };");
    const struct entity_rule *e = rule_of(r, "product");
    assert_int_equal(field_of(e, "sku")->to_new, 1 << SHOP | 1 << ERP);
    assert_int_equal(field_of(e, "sku")->to_known, 1 << SHOP);
    assert_int_equal(field_of(e, "name")->to_new, 0);
    assert_int_equal(field_of(e, "name")->to_known, 1 << SHOP);
    assert_int_equal(e->only[SHOP][0].count, 1);
    assert_int_equal(e->only[SHOP][1].count, 0);
    assert_null(e->only[ERP]);
    rules_free(r);
}

static void references_are_known_at_any_depth(void **state)
{
    struct rules *r = parse(*state, "order: { owner = \"shop\"; to = [\"erp\"]; };");
    const struct entity_rule *e = rule_of(r, "order");
    assert_true(field_mask_has(&e->refs, entity_field(e->entity, text_of("lines"))->index));
    assert_true(field_mask_has(&e->refs, entity_field(e->entity, text_of("account"))->index));
    assert_false(field_mask_has(&e->refs, entity_field(e->entity, text_of("total"))->index));
    rules_free(r);
}

struct complaint {
    const char *source, *text;
};

static void complaints_name_line_and_nearest_word(void **state)
{
    static const struct complaint rows[] = {
        {"product: {\n owner = \"salesforce\";\n too = [\"shop\"]; };",
         "rules.cfg:3: unknown word \"too\"; is it \"to\"?"},
        {"produkt: { owner = \"salesforce\"; };", "rules.cfg:1: unknown entity \"produkt\"; is it \"product\"?"},
        {"product: { owner = \"salesfroce\"; };", "rules.cfg:1: unknown system \"salesfroce\"; is it "
                                                  "\"salesforce\"? (systems are named in tidegate.cfg)"},
        {"product: { owner = \"salesforce\"; to = [\"shop\",\n\"shop\"]; };", "rules.cfg:2: to names \"shop\" twice"},
        {"product: { owner = \"salesforce\"; to = \"shop\"; };", "rules.cfg:1: to wants a list such as [\"a\", \"b\"]"},
        {"product: { owner = 7; };", "rules.cfg:1: owner wants a text in quotes"},
        {"product: { to = [\"shop\"]; };", "rules.cfg:1: product has neither owner nor shared"},
        {"product: { owner = \"shop\";\n shared = [\"shop\", \"erp\"]; conflict = \"latest\"; };",
         "rules.cfg:2: a thing has an owner or is shared, not both"},
        {"product: { shared = [\"shop\", \"erp\"]; };",
         "rules.cfg:1: what is shared says what happens in a conflict: conflict = \"latest\", \"hold\" or the system that "
         "holds"},
        {"product: { shared = [\"shop\", \"erp\"]; conflict = \"first\"; };",
         "rules.cfg:1: conflict = \"first\" is neither \"latest\" nor \"hold\" nor one of those who share it"},
        {"product: { shared = [\"shop\", \"erp\"]; conflict = \"salesforce\"; };",
         "rules.cfg:1: conflict = \"salesforce\" is neither \"latest\" nor \"hold\" nor one of those who share it"},
        {"product: { owner = \"shop\"; fields: { name: { conflict = \"hold\"; }; }; };",
         "rules.cfg:1: conflict is for shared things; this one has an owner"},
        {"product: { owner = \"salesforce\"; to: { shop: { when = \"new\"; }; }; };",
         "rules.cfg:1: when = \"new\" is none of \"always\", \"create\", \"update\""},
        {"product: { owner = \"salesforce\"; to: { shoop: { }; }; };",
         "rules.cfg:1: unknown system \"shoop\"; is it \"shop\"? (systems are named in tidegate.cfg)"},
        {"product: { owner = \"salesforce\"; to: { shop = \"create\"; }; };",
         "rules.cfg:1: a target's words are a group: shop = { when = \"create\"; }"},
        {"product: { owner = \"salesforce\"; to: { shop: { wen = \"create\"; }; }; };",
         "rules.cfg:1: unknown word \"wen\"; is it \"when\"?"},
        {"product: { owner = \"salesforce\"; to: { shop: { only: { activ = [true]; }; }; }; };",
         "rules.cfg:1: entity product has no field \"activ\"; is it \"active\"?"},
        {"product: { owner = \"salesforce\"; to: { shop: { only: { active = [\"yes\"]; }; }; }; };",
         "rules.cfg:1: only: product.active: text \"yes\" stands where true or false belongs"},
        {"product: { owner = \"salesforce\"; to: { shop: { only: { active = []; }; }; }; };",
         "rules.cfg:1: only: active has no value, so nothing would ever go there"},
        {"product: { owner = \"salesforce\"; to: { shop: { only = [true]; }; }; };",
         "rules.cfg:1: only wants a group: only = { field = [\"value\", …]; }"},
        {"product: { owner = \"salesforce\"; fields: { name: { to: { shop: { only: { active = [true]; }; }; }; }; }; };",
         "rules.cfg:1: unknown word \"only\""},
        {"product: { owner = \"salesforce\"; fields: { name: { seed = \"salesforce\"; }; }; };",
         "rules.cfg:1: seed names a system that may set the field anyway"},
        {"product: { owner = \"shop\"; conflict = \"latest\"; };",
         "rules.cfg:1: conflict is for shared things; this one has an owner"},
        {"product: { owner = \"shop\"; match = [\"skus\"]; };",
         "rules.cfg:1: entity product has no field \"skus\"; is it \"sku\"?"},
        {"product: { owner = \"shop\"; match = [\"weight\"]; };",
         "rules.cfg:1: match wants text fields; \"weight\" is none"},
        {"product: { owner = \"shop\"; fields: { imags = { owner = \"erp\"; }; }; };",
         "rules.cfg:1: entity product has no field \"imags\"; is it \"images\"?"},
        {"product: { owner = \"shop\"; fields: { images = \"erp\"; }; };",
         "rules.cfg:1: a field's rule is a group: images = { owner = \"…\"; to = […]; }"},
        {"product: { owner = \"shop\"; fields: { images = { sed = \"erp\"; }; }; };",
         "rules.cfg:1: unknown word \"sed\"; is it \"seed\"?"},
        {"order: { owner = \"shop\"; fields: { lines = {\n fields = { quantity = { owner = \"erp\"; }; }; }; }; };",
         "rules.cfg:2: a rule for a member of a list or map is not possible yet; name the whole field \"lines\""},
        {"order: { owner = \"shop\"; match = [\"lines.sku\"]; };",
         "rules.cfg:1: \"lines.sku\": a rule for a member of a list or map is not possible yet; name the whole field "
         "\"lines\""},
        {"product = 1;", "rules.cfg:1: an entity's rule is a group: product: { owner = \"…\"; to = […]; }"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct rules *r;
        struct err err = {0};
        assert_int_equal(rules_parse(&r, "rules.cfg", text_of(rows[i].source), *state, systems, 3, NULL, &err),
                         ERR_INVALID);
        assert_null(r);
        assert_string_equal(err.text, rows[i].text);
    }
}

static void all_complaints_are_collected(void **state)
{
    struct rules *r;
    struct err err;
    struct buf lines;
    buf_init(&lines, RULES_COMPLAINTS_MAX);
    rules_parse(&r, "rules.cfg", text_of("product: { ownr = \"shop\"; };\norder: { owner = \"shp\"; };"), *state,
                systems, 3, &lines, &err);
    assert_string_equal(
        buf_cstr(&lines),
        "rules.cfg:1: unknown word \"ownr\"; is it \"owner\"?\n"
        "rules.cfg:1: product has neither owner nor shared\n"
        "rules.cfg:2: unknown system \"shp\"; is it \"shop\"? (systems are named in tidegate.cfg)\n");
    buf_release(&lines);
}

/* ---- what is proved ---- */

static bool shop_delivers_no_order(void *ctx, const char *system, const char *entity)
{
    (void)ctx;
    return !text_is(text_of(system), "shop") || !text_is(text_of(entity), "order");
}

static bool erp_reads_nothing(void *ctx, const char *system, const char *entity)
{
    (void)ctx, (void)entity;
    return !text_is(text_of(system), "erp");
}

static bool shop_writes_no_weight(void *ctx, const char *system, const char *entity, struct text field)
{
    (void)ctx, (void)entity;
    return !text_is(text_of(system), "shop") || !text_is(field, "weight");
}

static bool erp_reads_no_weight(void *ctx, const char *system, const char *entity, struct text field)
{
    (void)ctx, (void)entity;
    return !text_is(text_of(system), "erp") || !text_is(field, "weight");
}

static void what_cannot_hold_is_found(void **state)
{
    static const struct rules_capabilities all = {.delivers = shop_delivers_no_order,
                                                  .captures = erp_reads_nothing,
                                                  .writes = shop_writes_no_weight,
                                                  .reads = erp_reads_no_weight};
    static const struct {
        const char *source, *text;
        const struct rules_capabilities *cap;
    } rows[] = {
        {"product: { owner = \"salesforce\"; to = [\"shop\", \"erp\"]; };", NULL, NULL},
        {"product: { owner = \"shop\"; to = [\"shop\"]; };",
         "rules.cfg:1: product: the owner shop is named in `to`, and would be told what it says", NULL},
        {"product: { owner = \"shop\"; fields: {\n images = { owner = \"erp\"; to = [\"erp\"]; }; }; };",
         "rules.cfg:2: product.images: the owner erp is named in `to`, and would be told what it says", NULL},
        {"product: { shared = [\"shop\"]; conflict = \"latest\"; };",
         "rules.cfg:1: product: shared names fewer than two systems; one alone is its owner", NULL},
        {"product: { owner = \"salesforce\"; to = [\"shop\"]; };\nprice: { owner = \"salesforce\"; to = [\"erp\"]; };",
         "rules.cfg:2: price.product goes to erp and refers to product, which does not: it would wait for ever", NULL},
        {"price: { owner = \"salesforce\"; };",
         "rules.cfg:1: price.product is set by salesforce and refers to product, which no rule takes from or to "
         "salesforce",
         NULL},
        {"product: { owner = \"salesforce\"; to = [\"shop\", \"erp\"]; };\ninventory: { owner = \"erp\"; to = "
         "[\"shop\"]; };",
         NULL, NULL},
        {"product: { owner = \"salesforce\"; to = [\"shop\"]; fields: {\n weight = { to = [\"shop\"]; }; }; };",
         "rules.cfg:2: product.weight goes to shop, whose mapping cannot write it", &all},
        {"product: { owner = \"salesforce\"; to = [\"shop\"]; };", NULL, &all}, /* by the entity's rule: where it can */
        {"product: { owner = \"salesforce\"; fields: {\n weight = { owner = \"erp\"; }; }; };",
         "rules.cfg:2: product.weight is owned by erp, whose mapping does not read it", &all},
        {"product: { owner = \"erp\"; };", "rules.cfg:1: product is set by erp, whose adapter does not read it", &all},
        {"product: { owner = \"salesforce\"; fields: {\n weight = { owner = \"shop\"; seed = \"erp\"; }; }; };",
         "rules.cfg:2: product.weight is begun by erp, whose mapping does not read it", &all},
        {"product: { owner = \"salesforce\"; to: { erp: { when = \"update\"; }; }; };",
         "rules.cfg:1: product goes to erp only where it is there, and nothing finds it there: match is empty", NULL},
        {"account: { owner = \"salesforce\"; to = [\"shop\"]; };\ncontact: { owner = \"salesforce\"; to = [\"shop\"]; "
         "};\n"
         "product: { owner = \"salesforce\"; to = [\"shop\"]; };\norder: { owner = \"salesforce\"; to = [\"shop\"]; };",
         "rules.cfg:4: order goes to shop, whose adapter cannot write it", &all},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct rules *r = parse(*state, rows[i].source);
        struct err err = {0};
        int rc = rules_check(r, rows[i].cap, NULL, &err);
        assert_int_equal(rc, rows[i].text ? ERR_INVALID : 0);
        assert_string_equal(err.text, rows[i].text ? rows[i].text : "");
        rules_free(r);
    }
}

static void the_rules_that_come_with_it_hold(void **state)
{
    struct rules *r;
    struct err err;
    if (rules_load(&r, "config/rules.cfg", *state, systems, 3, NULL, &err) || rules_check(r, NULL, NULL, &err))
        fail_msg("%s", err.text);
    struct buf table;
    buf_init(&table, 1u << 16);
    rules_table(r, false, &table);
    assert_string_equal(buf_cstr(&table), "what                     set by                     goes to\n"
                                          "account                  salesforce, shop         → salesforce, shop, erp\n"
                                          "contact                  salesforce, shop         → salesforce, shop, erp\n"
                                          "inventory                erp                      → shop\n"
                                          "order                    shop                     → salesforce, erp\n"
                                          "order.fulfilment         erp                      → salesforce\n"
                                          "price                    salesforce               → shop, erp\n"
                                          "product                  salesforce               → shop, erp\n"
                                          "product.images           shop                     → nobody\n");
    buf_release(&table);
    rules_free(r);
}

static void the_table_shows_the_words(void **state)
{
    struct rules *r = parse(*state, "product: { owner = \"salesforce\"; match = [\"sku\"];\n"
                                    "to: { shop: { only: { active = [true]; }; }; erp: { when = \"update\"; }; };\n"
                                    "fields: { name: { to: { shop: { when = \"create\"; }; }; };\n"
                                    "description: { owner = \"shop\"; seed = \"salesforce\"; to = []; }; }; };");
    struct buf table;
    buf_init(&table, 1u << 16);
    rules_table(r, false, &table);
    assert_string_equal(buf_cstr(&table), "what                     set by                     goes to\n"
                                          "product                  salesforce               → shop (some), erp (update)\n"
                                          "product.name             salesforce               → shop (create) (some)\n"
                                          "product.description      shop after salesforce    → nobody\n");
    buf_reset(&table);
    rules_table(r, true, &table);
    assert_string_equal(buf_cstr(&table), "| what | set by | goes to |\n|---|---|---|\n"
                                          "| product | salesforce | shop (some), erp (update) |\n"
                                          "| product.name | salesforce | shop (create) (some) |\n"
                                          "| product.description | shop after salesforce | nobody |\n");
    buf_release(&table);
    rules_free(r);
}

static void a_file_that_is_not_there(void **state)
{
    struct rules *r;
    struct err err;
    assert_int_not_equal(rules_load(&r, "config/no-such-rules.cfg", *state, systems, 3, NULL, &err), 0);
    assert_non_null(strstr(err.text, "no-such-rules.cfg"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_owner_and_targets),
        cmocka_unit_test(sharers_get_one_anothers),
        cmocka_unit_test(a_field_is_shared_on_its_own),
        cmocka_unit_test(targets_have_words_of_their_own),
        cmocka_unit_test(the_table_shows_the_words),
        cmocka_unit_test(references_are_known_at_any_depth),
        cmocka_unit_test(complaints_name_line_and_nearest_word),
        cmocka_unit_test(all_complaints_are_collected),
        cmocka_unit_test(what_cannot_hold_is_found),
        cmocka_unit_test(the_rules_that_come_with_it_hold),
        cmocka_unit_test(a_file_that_is_not_there),
    };
    return cmocka_run_group_tests(tests, load_schema, free_schema);
}
