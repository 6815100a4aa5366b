"""check_build_budget must notice a header, and a whole, that costs more than its budget."""

from fixture import House

HEAVY = "#pragma once\n#include <regex>\n#include <iostream>\n"
BUDGET = """
[lines]
default = {lines}
[share]
reference = "string"
lines = {share}
rounds = 1
"""


class CheckBuildBudget(House):
    def budget(self, lines, share):
        self.write("tools/build_budget.toml", BUDGET.format(lines=lines, share=share))

    def setUp(self):
        super().setUp()
        self.write("include/rondo/low/a.hpp", "#pragma once\nint a();\n\nint b();\n")
        self.write("include/rondo/high/b.hpp", "#pragma once\n#include <string>\n")

    def test_within(self):
        self.budget(100_000, 0.9)
        self.assert_clean("check_build_budget")

    def test_too_many_lines(self):
        self.budget(1_000, 0.9)
        done = self.run_tool("check_build_budget")
        self.assertEqual(done.returncode, 1)
        over = [line for line in done.stdout.splitlines() if "over budget" in line]
        self.assertEqual(len(over), 1)
        self.assertIn("rondo/high/b.hpp", over[0])

    def test_a_room_may_have_a_budget_of_its_own(self):
        self.budget("1_000\nhigh = 100_000", 0.9)
        self.assert_clean("check_build_budget")

    def test_a_whole_that_is_too_long(self):
        self.write("include/rondo/low/a.hpp", HEAVY)
        self.budget(1_000_000, 0.5)
        self.assert_caught("check_build_budget", "over budget")

    def test_high_floors_do_not_count_for_the_share(self):
        self.write("include/rondo/high/b.hpp", HEAVY)
        self.budget(1_000_000, 0.5)
        self.assert_clean("check_build_budget")
