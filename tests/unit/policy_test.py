#!/usr/bin/python3
"""tidegate test: what a person sees of policy tests that pass, differ, are broken, or are written anew."""
import os
import re
import subprocess
import sys
import tempfile
import unittest

PROGRAM = os.path.join(sys.argv.pop(1), "tidegate")
ALE = 'salesforce product p1 {"sku": "A", "name": "Ale"}\n'
TOLD = """    applied
    shop salesforce:product:p1 #1 new {"sku": "A", "name": "Ale"}
    erp salesforce:product:p1 #1 new {"sku": "A",  "name": "Ale"}
"""
RENAMED = 'shop done salesforce:product:p1 #1 77\nshop product 77 {"name": "Beer"}\n    refused\n'


def run(*arguments: str) -> tuple[int, str]:
    done = subprocess.run([PROGRAM, "test", *arguments], capture_output=True, text=True, check=False, timeout=60)
    return done.returncode, done.stdout + done.stderr


class Policy(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = os.path.join(folder.name, "my.test")

    def file(self, text: str) -> str:
        with open(self.path, "w", encoding="utf-8") as file:
            file.write(text)
        return self.path

    def test_shipped_rules_do_what_their_tests_say(self) -> None:
        code, said = run("config/rules.test")
        self.assertEqual(code, 0, said)
        self.assertRegex(said, r"^\d+ tests, 0 failed\n$")

    def test_white_space_in_json_and_the_place_of_a_rule_do_not_count(self) -> None:
        refusal = "    +refused shop may not set product.name: that is for salesforce\n"
        self.assertEqual(run(self.file("test it goes\n" + ALE + TOLD + RENAMED + refusal)), (0, "1 test, 0 failed\n"))
        self.assertEqual(run(self.file("test it goes\n" + ALE + "    ...\n" + RENAMED + "    ...\n"))[0], 0)

    def test_a_difference_is_shown(self) -> None:
        code, said = run(self.file("test it goes\n" + ALE + TOLD.replace("Ale", "Beer", 1) + RENAMED))
        self.assertEqual(code, 1)
        self.assertEqual(said, f"""{self.path}:2: it goes
  line 2: {ALE.strip()}
    - applied
    - shop salesforce:product:p1 #1 new {{"sku": "A", "name": "Beer"}}
    - erp salesforce:product:p1 #1 new {{"sku": "A",  "name": "Ale"}}
    + applied
    + shop salesforce:product:p1 #1 new {{"sku":"A","name":"Ale"}}
    + erp salesforce:product:p1 #1 new {{"sku":"A","name":"Ale"}}
  line 7: shop product 77 {{"name": "Beer"}}
    - refused
    + refused
    + +refused shop may not set product.name: that is for salesforce rules.cfg:{said.split("rules.cfg:")[1].split()[0]}
1 test, 1 failed
""")

    def test_what_is_can_be_written(self) -> None:
        self.assertEqual(run("--write", self.file("# head\ntest it goes\n" + ALE + "\n# tail\n"))[0], 0)
        with open(self.path, encoding="utf-8") as file:
            written = file.read()
        plain = TOLD.replace('": "', '":"').replace(',  "', ',"').replace(', "', ',"')
        self.assertEqual(written, "# head\ntest it goes\n" + ALE + plain + "\n# tail\n")
        self.assertEqual(run(self.path)[0], 0)

    def test_each_case_begins_anew(self) -> None:
        self.assertEqual(run(self.file("test one\n" + ALE + TOLD + "test two\n" + ALE + TOLD)), (0, "2 tests, 0 failed\n"))

    def test_other_rules_can_be_tried(self) -> None:
        with open(self.path + ".cfg", "w", encoding="utf-8") as file:
            file.write('product: { owner = "salesforce"; to = ["erp"]; };\n')
        code, said = run("--rules", self.path + ".cfg", self.file("test it goes\n" + ALE + TOLD))
        self.assertEqual(code, 1)
        self.assertNotIn("+ shop", said)

    def test_the_examples_of_the_page_hold(self) -> None:
        with open("docs/rules.md", encoding="utf-8") as file:
            blocks = re.findall(r"^```\n(.*?)^```$", file.read(), re.M | re.S)
        tests = [block for block in blocks if block.startswith("test ")]
        rules = [block for block in blocks if re.match(r"\w+: \{", block)]
        self.assertTrue(tests and len(rules) > 1)
        for block in tests:
            self.assertEqual(run(self.file(block))[0], 0, block)
        for block in rules:
            with open(self.path + ".cfg", "w", encoding="utf-8") as file:
                file.write(block)
            self.assertEqual(run("--rules", self.path + ".cfg", self.file("# none\n")), (0, "0 tests, 0 failed\n"))

    def test_mistakes_name_file_and_line(self) -> None:
        for text, words in (
                ("hello\n", ':1: a test begins with a line "test WHAT IT SHOWS"'),
                ("test a\n    applied\n", ":2: nothing stands above that could lead to this"),
                ("test a\nshop order\n", ":2: a line says SYSTEM ENTITY ID"),
                ('test a\n\nshop order 1 {"a\n', ":3: JSON, byte 1: a string that does not end"),
                ('test a\nshop order 1 delete {"number": "1"}\n', ':2: "delete" is none of v=, key=, t=, after=, deleted'),
                ("test a\nwait 99999999999999999\n", ":2: wait how many seconds?"),
                ("test a\nshop done o #1 4\n", ':2: an outcome names the record, such as shop:order:1001, not "o"')):
            code, said = run(self.file(text))
            self.assertEqual(code, 2, said)
            self.assertIn(self.path + words, said)
        self.assertEqual(run("no/such.test")[0], 1)
        self.assertEqual(run()[0], 2)
        code, said = run(self.file('test a\nshoop order 1 {"number": "1"}\nshop order 1 {"nmber": "1"}\n'))
        self.assertIn('system "shoop" is in no config', said)
        self.assertIn('order has no field "nmber"; is it "number"?', said)


if __name__ == "__main__":
    unittest.main()
