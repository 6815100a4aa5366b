"""check_phrasebook must compile every cell by itself, and blame the line that is wrong."""

from fixture import House
from test_check_snippets import UMBRELLA

PRELUDE = """
```cpp prelude
#include <rondo/rondo.hpp>
int count();
void note(int n);
rondo::task<> amain();
```
"""


class CheckPhrasebook(House):
    def setUp(self):
        super().setUp()
        self.write("include/rondo/rondo.hpp", UMBRELLA)

    def write_rows(self, *rows):
        """The first of them is line 4."""
        head = "# Phrases\n| Python | Rondo |\n|---|---|\n"
        self.write("docs/phrasebook.md", head + "".join(f"{row}\n" for row in rows) + PRELUDE)

    def test_good_phrases(self):
        self.write_rows(
            "| `await count()` | `const int n = count()` |",
            "| twice | `const int n = count()`<br>`note(n)` and so on |",
            "| a pipe | `note(count() \\| 1)` |",
            "| a loop | `for (;;) { note(1); }` |",
            "| a function | `rondo::task<> body() { co_await std::suspend_never(); }` |",
            "| the same name again | `rondo::task<> body() { co_return; }` |",
            "| what lacks | not yet |",
            "| what needs no words | nothing: it does so by itself |",
        )
        done = self.run_tool("check_phrasebook")
        self.assertIn("6 phrases: 0 errors", done.stdout)
        self.assertEqual(done.returncode, 0)

    def test_longer_phrases(self):
        phrase = "```cpp phrase\nvoid f() { note(none); }\n```\n"
        self.write("docs/phrasebook.md", phrase + PRELUDE)
        self.assert_caught("check_phrasebook", "docs/phrasebook.md:2: does not compile")

    def test_cell_that_does_not_compile(self):
        self.write_rows("| fine | `note(1)` |", "| wrong | `note(1)` <br> `note(none)` |")
        done = self.run_tool("check_phrasebook")
        self.assertIn("docs/phrasebook.md:5: does not compile: use of undeclared", done.stdout)
        self.assertIn("1 errors", done.stdout)
        self.assertEqual(done.returncode, 1)

    def test_each_wrong_cell_is_blamed(self):
        self.write_rows("| a | `note(one)` |", "| b | `note(two)` |")
        done = self.run_tool("check_phrasebook")
        self.assertIn("phrasebook.md:4: ", done.stdout)
        self.assertIn("phrasebook.md:5: ", done.stdout)

    def test_warning(self):
        self.write_rows("| compares | `if (count() < sizeof(int)) note(1)` |")
        self.assert_caught("check_phrasebook", "docs/phrasebook.md:4: does not compile")

    def test_phrases_do_not_see_each_other(self):
        self.write_rows("| a | `int n = count()` |", "| b | `note(n)` |")
        self.assert_caught("check_phrasebook", "docs/phrasebook.md:5: does not compile")

    def test_brackets(self):
        self.write_rows("| open | `if (count()) {` |", "| fine | `note('}' + 1)` |")
        done = self.run_tool("check_phrasebook")
        self.assertIn("docs/phrasebook.md:4: a bracket is missing", done.stdout)
        self.assertIn("1 errors", done.stdout)

    def test_words_instead_of_code(self):
        self.write_rows("| `await count()` | as you would think |")
        self.assert_caught("check_phrasebook", "docs/phrasebook.md:4: no code")

    def test_pipe_that_ends_a_cell_too_early(self):
        self.write_rows("| a pipe | `note(count() | 1)` |")
        self.assert_caught("check_phrasebook", "phrasebook.md:4: 3 cells, where the head has 2")

    def test_empty_book(self):
        self.write_rows()
        self.assert_caught("check_phrasebook", "no phrase in it")

    def test_broken_header(self):
        self.write("include/rondo/rondo.hpp", UMBRELLA + "int f() { return none; }\n")
        self.write_rows("| fine | `note(1)` |")
        self.assert_caught("check_phrasebook", "rondo.hpp")
