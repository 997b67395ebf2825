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

    # ---- rules.cfg

    def test_system_in_a_rule(self) -> None:
        self.refused("config/rules.cfg", 'owner = "erp"', 'owner = "epr"', 'unknown system "epr"', ROUTER)

    def test_entity_in_a_rule(self) -> None:
        self.refused("config/rules.cfg", "inventory: {", "inventry: {", 'unknown entity "inventry"; is it "inventory"?', ROUTER)

    def test_field_in_a_rule(self) -> None:
        self.refused("config/rules.cfg", "images = {", "imges = {", 'entity product has no field "imges"; is it "images"?', ROUTER)

    def test_word_of_a_rule(self) -> None:
        self.refused("config/rules.cfg", '  conflict = "latest";', '  conflct = "latest";', 'unknown word "conflct"; is it "conflict"?', ROUTER)

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
