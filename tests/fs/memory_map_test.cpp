// Files as memory.
#include <rondo/fs/memory_map.hpp>
#include <rondo/os/open_file.hpp>

#include "fs/scratch_folder.hpp"
#include "net/net_fixture.hpp"
#include "support/tasks.hpp"

namespace rondo::testing {
namespace {

using fs::memory_map;
using os::map_mode;

class memory_map_test : public net_test {
 protected:
  scratch_folder folder;
};
INSTANTIATE_TEST_SUITE_P(backends, memory_map_test, ::testing::ValuesIn(granted_backends()),
                         backend_name);

TEST_P(memory_map_test, is_what_the_file_is) {
  play([](const scratch_folder& folder) -> task<> {
    const std::string text = numbered_text(100'000);
    const std::string path = folder.write("a", text);
    const memory_map all = co_await memory_map::open(path);
    EXPECT_TRUE(all.text() == text);
    fs::file from = co_await fs::file::open(path);
    memory_map part = co_await memory_map::of(from, map_mode::read, 12'345, 6'789);
    co_await from.close();  // it stays
    part.advise(os::access_pattern::will_need);
    co_await part.load();
    EXPECT_TRUE(part.text() == text.substr(12'345, 6'789));
    memory_map moved = std::move(part);
    EXPECT_EQ(part.size(), 0U);
    EXPECT_EQ(moved.bytes().size(), 6'789U);
  }(folder));
}

TEST_P(memory_map_test, shared_is_written_and_a_copy_is_not) {
  play([](const scratch_folder& folder) -> task<> {
    const std::string path = folder.write("a", "hello");
    fs::file f = co_await fs::file::open(path, fs::updating());
    memory_map shared = co_await memory_map::of(f, map_mode::shared);
    memory_map copy = co_await memory_map::of(f, map_mode::copy);
    copy.writable()[0] = std::byte{'x'};
    EXPECT_EQ(copy.text(), "xello");
    EXPECT_EQ(folder.read("a"), "hello");
    shared.writable()[0] = std::byte{'j'};
    co_await shared.sync();
    EXPECT_EQ(folder.read("a"), "jello");
  }(folder));
}

TEST_P(memory_map_test, its_bounds_are_those_of_the_file) {
  play([](const scratch_folder& folder) -> task<> {
    const std::string path = folder.write("a", "hello");
    fs::file f = co_await fs::file::open(path);
    EXPECT_EQ(co_await thrown_by(memory_map::of(f, map_mode::read, 0, 6)), errc::invalid_argument);
    EXPECT_EQ(co_await thrown_by(memory_map::of(f, map_mode::read, 6)), errc::invalid_argument);
    EXPECT_EQ(co_await thrown_by(memory_map::of(f, map_mode::shared)), errc::permission_denied);
    const memory_map end = co_await memory_map::of(f, map_mode::read, 5);
    EXPECT_TRUE(end.bytes().empty());
    memory_map empty = co_await memory_map::open(folder.write("b"));
    EXPECT_TRUE(empty.text().empty());
    co_await empty.sync();
    co_await empty.load();
    fs::file closed;
    EXPECT_EQ(co_await thrown_by(memory_map::of(closed)), errc::closed);
  }(folder));
}

}  // namespace
}  // namespace rondo::testing
