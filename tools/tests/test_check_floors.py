"""check_floors must catch each way of breaking the floors, and nothing else."""

from fixture import House


class CheckFloors(House):
    def include(self, path, *names):
        self.write(path, "".join(f"#include <{name}>\n" for name in names))

    def test_downward_includes_pass(self):
        self.include("include/rondo/base/a.hpp", "string")
        self.include("include/rondo/low/b.hpp", "rondo/base/a.hpp")
        self.include("include/rondo/high/c.hpp", "rondo/low/b.hpp", "rondo/base/a.hpp")
        self.include("include/rondo/rondo.hpp", "rondo/low/b.hpp")
        self.include("src/top/main.cpp", "rondo/side/e.hpp", "rondo/rondo.hpp")
        self.assert_clean("check_floors")

    def test_upward(self):
        self.include("include/rondo/low/b.hpp", "rondo/high/c.hpp")
        self.assert_caught("check_floors", "upward include: low (floor 1)")

    def test_upward_from_a_source(self):
        self.include("src/base/a.cpp", "rondo/low/b.hpp")
        self.assert_caught("check_floors", "upward include: base (floor 0)")

    def test_sideways(self):
        self.include("include/rondo/low/b.hpp", "rondo/side/s.hpp")
        self.assert_caught("check_floors", "sideways include: low (floor 1)")

    def test_downward_but_not_named(self):
        self.include("src/high/c.cpp", "rondo/side/s.hpp")
        self.assert_caught("check_floors", "unnamed include: high (floor 2)")

    def test_relative_path(self):
        self.write("src/side/s.hpp", "")
        self.write("src/low/b.cpp", '#include "../side/s.hpp"\n')
        self.assert_caught("check_floors", "sideways include")

    def test_private_header_of_another_room(self):
        self.write("src/low/secret.hpp", "")
        self.write("src/high/c.cpp", '#include "low/secret.hpp"\n')
        self.assert_caught("check_floors", "secret.hpp is private to low")

    def test_unknown_room(self):
        self.include("include/rondo/attic/a.hpp", "string")
        self.assert_caught("check_floors", "attic is no room")

    def test_include_of_an_unknown_room(self):
        self.include("src/high/c.cpp", "rondo/attic/a.hpp")
        self.assert_caught("check_floors", "attic is no room")

    def test_umbrella_inside_a_room(self):
        self.include("include/rondo/rondo.hpp", "rondo/base/a.hpp")
        self.include("src/high/c.cpp", "rondo/rondo.hpp")
        self.assert_caught("check_floors", "the umbrella header is for users only")

    def test_umbrella_over_a_foreign_room(self):
        self.include("include/rondo/rondo.hpp", "rondo/high/c.hpp")
        self.assert_caught("check_floors", "the umbrella doesn't cover high")

    def test_errno(self):
        self.include("src/low/a.cpp", "cerrno")
        self.assert_clean("check_floors")
        self.include("src/high/a.cpp", "errno.h")
        self.assert_caught("check_floors", "src/high/a.cpp:1: errno is not for high")

    def test_table_that_goes_up(self):
        table = (self.root / "tools/floors.toml").read_text()
        self.write("tools/floors.toml", table.replace('low = { floor = 1, includes = [] }',
                                                      'low = { floor = 1, includes = ["high"] }'))
        self.assert_caught("check_floors", "low may include high, which isn't below it")
