"""A word wrong in a configuration: `tidegate check` and the program that reads the file say where, and what they would take.

Each case copies the configuration that is shipped, breaks one thing in one file, and reads what is said.
"""
from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import unittest

import place

NOWHERE = "amqp://127.0.0.1:9"  # nobody listens: a router that starts although it may not is seen by its time-out
ROUTER = ("tidegate-router",)
SALESFORCE = ("tidegate-salesforce", "--system", "salesforce")
SHOP = ("tidegate-storefront", "--system", "shop")
ERP = ("tidegate-erp", "--system", "erp")


class Configuration(unittest.TestCase):
    def setUp(self) -> None:
        """Also called between the cases of one test: a fresh copy."""
        self.folder = tempfile.mkdtemp(prefix="tidegate-config-")
        self.addCleanup(shutil.rmtree, self.folder)
        shutil.copytree(place.CONFIG, self.path("config"))
        shutil.copytree(os.path.join(place.ROOT, "proto", "entities"), self.path("proto/entities"))

    def path(self, name: str) -> str:
        return os.path.join(self.folder, name)

    def misspell(self, name: str, right: str, wrong: str) -> str:
        """The first `right` becomes `wrong`; FILE:LINE of it."""
        with open(self.path(name), encoding="utf-8") as file:
            before, found, after = file.read().partition(right)
        self.assertTrue(found, f"{name} has no {right}")
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(before + wrong + after)
        return f"{self.path(name)}:{before.count(chr(10)) + 1}: "

    def run_program(self, *words: str) -> tuple[int, str]:
        env = {name: value for name, value in os.environ.items() if not name.startswith(("SALESFORCE_", "SHOPIFY_", "ODOO_"))}
        done = subprocess.run([os.path.join(place.programs(), words[0]), *words[1:], "--config", self.path("config/tidegate.cfg")],
                              env={**env, "TIDEGATE_BROKER_URI": NOWHERE, "TIDEGATE_DATA": self.path("data")}, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=30, check=False)
        return done.returncode, done.stdout.replace('\\"', '"')  # in the log, quotation marks are escaped

    def refused(self, name: str, right: str, wrong: str, words: str, *programs: tuple[str, ...]) -> None:
        complaint = self.misspell(name, right, wrong) + words
        for program in (("tidegate", "check"), *programs):
            with self.subTest(program=program[0]):
                code, said = self.run_program(*program)
                self.assertIn(complaint, said)
                self.assertEqual(code, 1, said)

    def test_as_it_is_shipped(self) -> None:
        code, said = self.run_program("tidegate", "check")
        self.assertEqual(code, 0, said)
        self.assertIn("no complaint", said)

    # ---- tidegate.cfg

    def test_setting_of_the_router(self) -> None:
        self.refused("config/tidegate.cfg", "  http = ", "  htpp = ", 'unknown setting "htpp"; is it "http"?', ROUTER)

    def test_setting_of_a_system(self) -> None:
        self.refused("config/tidegate.cfg", "    client_id = ", "    clientid = ",
                     'unknown setting "clientid"; is it "client_id"?', SALESFORCE)

    def test_adapter_of_a_system(self) -> None:
        self.refused("config/tidegate.cfg", 'adapter = "storefront"', 'adapter = "storefornt"',
                     'system "shop": there is no adapter "storefornt"; is it "storefront"?')

    def test_name_of_a_system(self) -> None:
        code, said = self.run_program("tidegate-erp", "--system", "epr")
        self.assertIn('there is no system "epr"; is it "erp"?', said)
        self.assertEqual(code, 1)

    def test_addresses_that_are_called(self) -> None:
        for wrong, words in (("shop.example.com", "it does not begin with a scheme and ://"),
                             ("ftp://shop.example.com", "its scheme is neither https nor http"),
                             ("http://shop.example.com", "plain http:// is for 127.0.0.1, [::1] and localhost alone; use https://"),
                             ("https://", "it names no host"),
                             ("https://shop.example.com:99999", "its port is no number from 1 to 65535"),
                             ("https://shop example", "there is a space or a control character in it"),
                             ("https://key:secret@shop.example.com", "a user before the host is not sent: leave it and its @ away"),
                             ("https://shop.example.com/", "leave the / at its end away"),
                             ("https://shop.example.com/a?b", "there is a ? in it: leave it and what follows away"),
                             ("stanin", 'it does not begin with a scheme and ://; is it "standin"?')):
            with self.subTest(url=wrong):
                self.setUp()
                self.refused("config/tidegate.cfg", "${SHOPIFY_URL:-standin}", wrong,
                             f'"url" must be an address such as https://shop.example.com, but {words}', SHOP)

    def test_address_where_salesforce_logs_in(self) -> None:
        self.refused("config/tidegate.cfg", "${SALESFORCE_LOGIN_URL:-}", "standin", '"login_url" must be an address such as', SALESFORCE)

    def test_address_of_the_broker(self) -> None:
        for wrong, words in (("privat", 'it does not begin with a scheme and ://; is it "private"?'), ("http://localhost", "its scheme is another"),
                             ("", "it does not begin with a scheme"), ("amqp://guest:guest@", "it names no host"),
                             ("amqp://localhost:0", "its port is no number from 1 to 65535")):
            with self.subTest(uri=wrong):
                self.setUp()
                self.refused("config/tidegate.cfg", "${TIDEGATE_BROKER_URI:-private}", wrong,
                             f'"uri" must be "private" or amqp[s]://user:password@host:port/vhost, but {words}', ROUTER, ERP)

    def test_key_that_salesforce_logs_in_with(self) -> None:
        for name, value in (("URL", "https://my.salesforce.com"), ("CLIENT_ID", "app"), ("USERNAME", "user")):
            self.misspell("config/tidegate.cfg", f"${{SALESFORCE_{name}:-{'standin' if name == 'URL' else ''}}}", value)
        self.refused("config/tidegate.cfg", "  salesforce: {", "  salesforce: { ", "system salesforce: to log in it needs private_key or private_key_file", SALESFORCE)

    def test_addresses_to_listen_on(self) -> None:
        for wrong, words in (("127.0.0.1", "it has no port"), ("127.0.0.1:70000", "its port is no number from 0 to 65535"),
                             ("127.0.0.1;8080", "there is a character in its host that no host has")):
            with self.subTest(http=wrong):
                self.setUp()
                said = f'"http" must be an address to listen on, such as 127.0.0.1:8080, but {words}'
                self.refused("config/tidegate.cfg", "127.0.0.1:${TIDEGATE_ROUTER_PORT:-0}", wrong, said, ROUTER)
                self.setUp()
                self.refused("config/tidegate.cfg", "127.0.0.1:${ODOO_PORT:-0}", wrong, said, ERP)

    def test_numbers_out_of_range(self) -> None:
        for at, number, words, program in (("router: {", "echo_wait_ms = 0;", '"echo_wait_ms" must be from 1 to 86400000', ROUTER),
                                           ('adapter = "erp";', "overlap_s = -1;", '"overlap_s" must be from 1 to 86400', ERP),
                                           ('adapter = "storefront";', "deep_every_s = 0;", '"deep_every_s" must be from 1 to 86400', SHOP),
                                           ('adapter = "storefront";', "deep_every_s = 99999999;", '"deep_every_s" must be from 1 to 86400', SHOP),
                                           ('adapter = "salesforce";', "overlap_s = 0;", '"overlap_s" must be from 1 to 86400', SALESFORCE),
                                           ('adapter = "salesforce";', "lanes = 257;", '"lanes" must be from 1 to 256', SALESFORCE),
                                           ('adapter = "salesforce";', 'api_version = "62";', 'api_version is "62"; it looks like "62.0"', SALESFORCE),
                                           ('adapter = "storefront";', 'api_version = "2026-7";', 'api_version is "2026-7"; it looks like "2026-07"', SHOP)):
            with self.subTest(number=number):
                self.setUp()
                self.refused("config/tidegate.cfg", at, f"{at} {number}", words, program)

    def test_files_that_are_not_there(self) -> None:
        for right, wrong, words, program in (
                ('rules = "rules.cfg"', 'rules = "rule.cfg"', '"rules": cannot open {}/config/rule.cfg: No such file', ROUTER),
                ('rules = "rules.cfg"', 'rules = "systems"', '"rules": cannot read {}/config/systems: it is not a plain file', ROUTER),
                ('"../proto/entities"', '"../proto/entites"', '"entities": cannot open {}/proto/entites: No such file', ERP),
                ('"../proto/entities"', '"rules.cfg"', '"entities": cannot read {}/config/rules.cfg: it is no folder', ERP),
                ('"../proto/entities"', '""', '"entities" names a folder that is empty text', ERP),
                ('"systems/odoo.cfg"', '"systems/oodo.cfg"', '"mapping": cannot open {}/config/systems/oodo.cfg: No such file', ERP),
                ("${SALESFORCE_PRIVATE_KEY_FILE:-}", "my.key", '"private_key_file": cannot open {}/config/my.key: No such file', SALESFORCE),
                ('adapter = "erp";', 'adapter = "erp"; ca_file = "ca.pem";', '"ca_file": cannot open {}/config/ca.pem: No such file', ERP),
                ("broker: {", 'broker: { ca_file = "ca.pem";', '"ca_file": cannot open {}/config/ca.pem: No such file', ROUTER)):
            with self.subTest(setting=wrong):
                self.setUp()
                self.refused("config/tidegate.cfg", right, wrong, words.format(self.folder), program)

    def test_mapping_that_is_not_there_by_default(self) -> None:
        os.remove(self.path("config/systems/odoo.cfg"))
        self.misspell("config/tidegate.cfg", '    mapping = "systems/odoo.cfg";\n', "")
        self.refused("config/tidegate.cfg", "erp: {", "erp: { ", 'system erp: no "mapping" is set, and: cannot open', ERP)

    def test_no_data_folder(self) -> None:
        self.refused("config/tidegate.cfg", "${TIDEGATE_DATA:-../var}", "", '"data" is empty: name a folder', ROUTER, SHOP)

    def test_locations(self) -> None:
        for right, wrong, words, program in (
                ('( ("main", "${SHOPIFY_LOCATION:-}") )', '"main"', '"locations" must be a list of pairs: ( ("canonical name", "gid:', SHOP),
                ('( ("main", "${SHOPIFY_LOCATION:-}") )', '("main", "")', '"locations" is a list of pairs, each ("canonical name", "gid:', SHOP),
                ('("main", "${SHOPIFY_LOCATION:-}")', '("main", ""), ("main", "")', '"locations" has a pair for "main" already', SHOP),
                ("${SHOPIFY_LOCATION:-}", "12345", 'location "main": its id is no gid://shopify/Location/NUMBER', SHOP),
                ('"${ODOO_LOCATION:-WH/Stock}"', '""', 'location "main" has no complete name, such as "WH/Stock"', ERP)):
            with self.subTest(locations=wrong):
                self.setUp()
                self.refused("config/tidegate.cfg", right, wrong, words, program)

    # ---- rules.cfg

    def test_system_in_a_rule(self) -> None:
        self.refused("config/rules.cfg", 'owner = "erp"', 'owner = "epr"', 'unknown system "epr"', ROUTER)

    def test_entity_in_a_rule(self) -> None:
        self.refused("config/rules.cfg", "inventory: {", "inventry: {", 'unknown entity "inventry"; is it "inventory"?', ROUTER)

    def test_field_in_a_rule(self) -> None:
        self.refused("config/rules.cfg", "images = {", "imges = {", 'entity product has no field "imges"; is it "images"?', ROUTER)

    def test_word_of_a_rule(self) -> None:
        self.refused("config/rules.cfg", '  conflict = "latest";', '  conflct = "latest";', 'unknown word "conflct"; is it "conflict"?', ROUTER)

    def test_field_that_a_rule_names_and_a_mapping_lacks(self) -> None:
        self.misspell("config/systems/shopify.cfg", 'field = "images"', 'field = "weight"')
        self.refused("config/rules.cfg", "images = {", "images = { ", "product.images is owned by shop, whose mapping does not read it")
        self.setUp()
        self.misspell("config/systems/salesforce.cfg", 'field = "fulfilment"; path', 'field = "fulfilment"; direction = "in"; path')
        self.refused("config/rules.cfg", "fulfilment = {", "fulfilment = { ", "order.fulfilment goes to salesforce, whose mapping cannot write it")

    # ---- an entity file

    def test_type_in_an_entity_file(self) -> None:
        self.refused("proto/entities/price.cfg", 'type = "decimal"', 'type = "decimall"', "type is decimall; it is one of text, decimal, int",
                     ROUTER, SALESFORCE, SHOP, ERP)

    def test_word_of_a_field_in_an_entity_file(self) -> None:
        self.refused("proto/entities/account.cfg", 'name = "kind"; type', 'name = "kind"; tpye', 'unknown setting "tpye"; is it "type"?', ROUTER, SHOP)

    def test_word_of_an_entity_in_an_entity_file(self) -> None:
        self.refused("proto/entities/price.cfg", "  fields: (", "  feilds: (", 'unknown setting "feilds"; is it "fields"?', ROUTER, ERP)

    def test_entity_that_a_field_points_to(self) -> None:
        self.refused("proto/entities/price.cfg", 'entity = "product"', 'entity = "produkt"',
                     'product points to the entity "produkt", which is not defined; is it "product"?', ROUTER, SALESFORCE, SHOP, ERP)

    # ---- the mapping files

    def test_field_in_the_mapping_of_salesforce(self) -> None:
        self.refused("config/systems/salesforce.cfg", 'field = "name"', 'field = "nmae"', 'account has no field "nmae"; is it "name"?', SALESFORCE)

    def test_entity_in_a_mapping(self) -> None:
        self.refused("config/systems/odoo.cfg", "contact: {", "contcat: {", 'there is no entity "contcat" in the entity folders; is it "contact"?', ERP)

    def test_word_of_a_mapping_file(self) -> None:
        self.refused("config/systems/shopify.cfg", "functions = ", "funtions = ",
                     'there is no entity "funtions" in the entity folders; is it "functions"?', SHOP)

    def test_word_in_the_mapping_of_the_shop(self) -> None:
        self.refused("config/systems/shopify.cfg", "  select = ", "  selct = ", 'unknown setting "selct"; is it "select"?', SHOP)

    def test_word_in_the_mapping_of_the_erp(self) -> None:
        self.refused("config/systems/odoo.cfg", "version = ", "verison = ", 'unknown setting "verison"; is it "version"?', ERP)

    def test_names_that_a_mapping_reads_and_does_not_select(self) -> None:
        for name, right, wrong, words, program in (
                ("salesforce", 'path = ".AccountNumber"', 'path = ".AccountNumbr"',
                 'path reads .AccountNumbr, which `select` does not ask for; is it "AccountNumber"?', SALESFORCE),
                ("shopify", 'path = ".displayFinancialStatus"', 'path = ".displayFinancialStats"',
                 'path reads .displayFinancialStats, which `select` does not ask for; is it "displayFinancialStatus"?', SHOP),
                ("shopify", 'in = ".purchasingEntity.company.id', 'in = ".purchasingEntity.compny.id',
                 'in reads .compny, which `select` does not ask for; is it "company"?', SHOP),
                ("shopify", "{key: .id, product: .variant.id", "{key: .id, produkt: .variant.id",
                 'in makes produkt, and order.lines has no such field; is it "product"?', SHOP),
                ("shopify", 'then \\"person\\" else', 'then \\"preson\\" else', 'in gives "preson", which is no value of account.kind; is it "person"?', SHOP),
                ("odoo", 'sale: \\"confirmed\\"', 'sale: \\"confirmd\\"',
                 'in gives "confirmd", which is no value of order.lifecycle; is it "confirmed"?', ERP),
                ("shopify", "(streets + {city: .city, zip", "(streets + {city: .ctiy, zip",
                 'out reads .ctiy, but it is given the field\'s value, which has no such member; is it "city"?', SHOP),
                ("shopify", 'out = "{customer: {firstName', 'out = "{custmer: {firstName',
                 'field first_name: what is written as custmer is not sent, the adapter takes: customer address contact; is it "customer"?', SHOP),
                ("odoo", 'version = ".write_date', 'version = ".wirte_date',
                 'version reads .wirte_date, which `select` does not ask for; is it "write_date"?', ERP),
                ("odoo", 'path = ".list"', 'path = ".lst"', 'path reads .lst, which `select` does not ask for; is it "list"?', ERP),
                ("odoo", 'path = ".partner_id"; in = "id_of"', 'path = ".partner_id"; in = ".partner_id | id_of"',
                 "in reads .partner_id, but beside a path it is given what stands at .partner_id, not the object", ERP)):
            with self.subTest(wrong=wrong):
                self.setUp()
                self.refused(f"config/systems/{name}.cfg", right, wrong, words, program)

    def test_word_of_a_select(self) -> None:
        self.misspell("config/systems/salesforce.cfg", "AccountNumber, Kind__c", "AccountNmber, Kind__c")
        self.refused("config/systems/salesforce.cfg", 'path = ".AccountNumber"', 'path = ".AccountNumber" ',
                     'path reads .AccountNumber, which `select` does not ask for; is it "AccountNmber"?', SALESFORCE)

    def test_words_of_a_mapping_that_say_nothing(self) -> None:
        for right, wrong, words in (
                ('path = ".name"; direction = "in"', 'path = ".name"; out = "."; direction = "in"', 'out is for writing, but direction is "in"'),
                ('path = ".available"; direction = "out"', 'path = ".available"; in = "."; direction = "out"', 'in is for reading, but direction is "out"'),
                ('field = "images";      in', 'field = "images"; as = "text"; in', "as is for what is written to a path, and here is none"),
                ('field = "note";       in = ".note | said"', 'field = "note"; in = ""', '"in" is empty: leave it away'),
                ('("PAID", "paid")', '("PENDING", "paid")', "values has a pair for this native value already")):
            with self.subTest(wrong=wrong):
                self.setUp()
                self.refused("config/systems/shopify.cfg", right, wrong, words, SHOP)

    def test_mapping_without_what_the_adapter_asks_with(self) -> None:
        self.misspell("config/systems/shopify.cfg", '  object = "Order";\n', "")
        self.refused("config/systems/shopify.cfg", "order: {", "order: { ", 'order: "object" is missing: the adapter asks the API with it', SHOP)
