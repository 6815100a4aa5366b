"""check_snippets must compile what the documents show, and know the jobs of the Makefile."""

from fixture import House

UMBRELLA = """#pragma once
#include <coroutine>
namespace rondo {
template <class T = void>
struct task {
  struct promise_type {
    task get_return_object();
    std::suspend_always initial_suspend();
    std::suspend_always final_suspend() noexcept;
    void return_void();
    void unhandled_exception();
  };
};
}
"""


class CheckSnippets(House):
    def setUp(self):
        super().setUp()
        self.write("Makefile", "test:\n\ttrue\n")
        self.write("README.md", "")
        self.write("include/rondo/rondo.hpp", UMBRELLA)

    def test_good_snippets(self):
        program = "```cpp\nint main() { return 0; }\n```\n"
        fragment = "```cpp fragment\n#include <new>\nco_await std::suspend_never{};\n```\n"
        self.write("README.md", f"`make test`\n\n{program}```sh\n$ x\n```\n")
        self.write("docs/deep/a.md", fragment)
        done = self.run_tool("check_snippets")
        self.assertIn("2 snippets: 0 errors", done.stdout)
        self.assertEqual(done.returncode, 0)

    def test_snippet_that_does_not_compile(self):
        self.write("docs/deep/a.md", "# A\n```cpp\nint main() { return none; }\n```\n")
        self.assert_caught("check_snippets", "docs/deep/a.md:3: does not compile")

    def test_fragment_that_does_not_compile(self):
        self.write("README.md", "```cpp fragment\nco_await 5;\n```\n")
        self.assert_caught("check_snippets", "README.md:2: does not compile")

    def test_phrases_are_left_to_another_check(self):
        self.write("docs/a.md", "```cpp phrase\nvoid f() { note(none); }\n```\n")
        self.assert_clean("check_snippets")

    def test_job_that_does_not_exist(self):
        self.write("README.md", "Type\n\n    make coffee\n")
        self.assert_caught("check_snippets", "`make coffee` does not exist")
