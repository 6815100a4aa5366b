"""check_tidy must catch a breach of each rule, and let a tidy house pass."""

import json

from fixture import House

HEADER = """#pragma once

#include <string>

namespace rondo {

class forward;

/// Says what it holds.
struct documented {
  int value;
};

enum class colour { red };

bool operator==(documented a, documented b);

struct pair {
  int first;  ///< explains itself
};

/// Adds.
int add(int a, int b);
int add(int a, int b, int c);

namespace detail {

int hidden();

}  // namespace detail
}  // namespace rondo
"""
SOURCE = """// Adds numbers, since somebody has to.
#include <rondo/low/add.hpp>
"""


def function(lines, opening="int f() {"):
    return opening + "\n" + "  g();\n" * (lines - 2) + "}\n"


class CheckTidy(House):
    def setUp(self):
        super().setUp()
        self.write("include/rondo/low/add.hpp", HEADER)
        self.write("src/low/add.cpp", SOURCE)
        self.write("src/low/README.md", "# low\n")
        self.write("tests/low/add_test.cpp", "#include <rondo/low/add.hpp>\n")

    def add_to_header(self, text):
        self.write("include/rondo/low/add.hpp", HEADER + text)

    def test_tidy_house(self):
        self.assert_clean("check_tidy")

    def test_long_file(self):
        self.write("src/low/add.cpp", SOURCE + "int x;\n" * 500)
        self.assert_caught("check_tidy", "502 lines: a file has at most 500")

    def test_rather_long_file_is_a_warning(self):
        self.write("src/low/add.cpp", SOURCE + "int x;\n" * 450)
        self.assertIn("warning: src/low/add.cpp:1: 452 lines", self.run_tool("check_tidy").stdout)
        self.assert_clean("check_tidy")

    def test_function_length(self):
        self.write("src/low/add.cpp", SOURCE + function(70))
        self.assert_clean("check_tidy")
        self.write("src/low/add.cpp", SOURCE + function(71))
        self.assert_caught("check_tidy", "add.cpp:3: 71 lines: a function has at most 70")

    def test_function_length_in_classes_and_namespaces(self):
        inside = function(71, "  void f(const char* text = \"}\") const {  // {")
        outside = f"namespace a::b {{\nclass c : d<(1)> {{\n{inside}}};\n}}\n"
        self.write("src/low/add.cpp", SOURCE + outside)
        self.assert_caught("check_tidy", "add.cpp:5: 71 lines")

    def test_function_length_behind_initialisers(self):
        opening = "c::c(int d)\n    : a_{1},\n      b_{d} {"
        self.write("src/low/add.cpp", SOURCE + function(69, opening))
        self.assert_caught("check_tidy", "add.cpp:3: 71 lines")

    def test_many_short_functions_and_a_long_table(self):
        table = "int table[] = {\n" + "  1,\n" * 100 + "};\n"
        self.write("src/low/add.cpp", SOURCE + function(20) * 5 + table)
        self.assert_clean("check_tidy")

    def test_long_line(self):
        self.write("src/low/add.cpp", SOURCE + "// " + "x" * 98 + "\n")
        self.assert_caught("check_tidy", "101 columns")

    def test_unfinished_work(self):
        self.write("src/low/add.cpp", SOURCE + "// TO" + "DO: subtract\n")
        self.assert_caught("check_tidy", "nothing is left to do")

    def test_source_without_opening(self):
        self.write("src/low/add.cpp", "#include <rondo/low/add.hpp>\n")
        self.assert_caught("check_tidy", "opens with a comment")

    def test_header_without_guard(self):
        self.write("include/rondo/low/add.hpp", HEADER.replace("#pragma once", ""))
        self.assert_caught("check_tidy", "#pragma once")

    def test_heavy_header(self):
        self.add_to_header("#include <functional>\n")
        self.assert_caught("check_tidy", "<functional> is too heavy")

    def test_heavy_header_on_a_high_floor(self):
        self.write("include/rondo/high/b.hpp", "#pragma once\n#include <functional>\n")
        self.write("tests/high/b_test.cpp", "#include <rondo/high/b.hpp>\n")
        self.assert_clean("check_tidy")

    def test_system_header(self):
        self.add_to_header("#include <sys/socket.h>\n")
        self.assert_caught("check_tidy", "<sys/socket.h>: no header of the system")

    def test_conditional_compilation(self):
        self.add_to_header("#ifdef __linux__\n#endif\n")
        self.assert_caught("check_tidy", "no conditional compilation")

    def test_two_headers_may_ask_for_the_compiler(self):
        text = "#pragma once\n#if defined(__clang__)\n#endif\n"
        for name in ("config", "sanitizers"):
            self.write(f"include/rondo/base/{name}.hpp", text)
            self.write(f"tests/base/{name}_test.cpp", f"#include <rondo/base/{name}.hpp>\n")
        self.assert_clean("check_tidy")

    def test_undocumented_class(self):
        self.add_to_header("\nclass bare {\n};\n")
        self.assert_caught("check_tidy", "needs a /// comment")

    def test_undocumented_function_template(self):
        self.add_to_header("\ntemplate <class T>\nT twice(T value);\n")
        self.assert_caught("check_tidy", "needs a /// comment")

    def test_definition_of_a_member_needs_no_second_comment(self):
        self.add_to_header("\ntemplate <class T>\nint box<T>::size() const {\n}\n")
        self.assert_clean("check_tidy")

    def test_dead_header(self):
        self.write("src/low/unused.hpp", "#pragma once\n")
        self.assert_caught("check_tidy", "unused.hpp:1: dead")

    def test_header_that_only_its_own_source_includes(self):
        self.write("tests/low/add_test.cpp", "")
        self.assert_caught("check_tidy", "add.hpp:1: dead")

    def test_source_outside_the_build(self):
        commands = self.root / "commands.json"
        compiled = ["src/low/add.cpp", "tests/low/add_test.cpp"]
        entries = [{"directory": str(self.root), "file": name} for name in compiled]
        commands.write_text(json.dumps(entries))
        self.assert_clean("check_tidy", "--compile-commands", commands)
        commands.write_text(json.dumps(entries[1:]))
        message = "add.cpp:1: dead: no target"
        self.assert_caught("check_tidy", message, "--compile-commands", commands)

    def test_room_without_readme(self):
        (self.root / "src/low/README.md").unlink()
        self.assert_caught("check_tidy", "a room needs a README.md")

    def test_readme_that_goes_on(self):
        self.write("src/low/README.md", "x\n" * 31)
        self.assert_caught("check_tidy", "a room's README has at most 30")

    def test_umbrella_that_forgets(self):
        self.write("include/rondo/rondo.hpp", "#pragma once\n#include <rondo/low/add.hpp>\n")
        self.assert_clean("check_tidy")
        self.write("include/rondo/rondo.hpp", "#pragma once\n")
        self.assert_caught("check_tidy", "misses <rondo/low/add.hpp>")

    def test_long_example(self):
        self.write("examples/01_a.cpp", "// What it shows.\n" + "int x;\n" * 100)
        self.assert_caught("check_tidy", "an example has at most 100")
