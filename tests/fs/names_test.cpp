#include <rondo/fs/names.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <map>
#include <set>

#include <rondo/async/offload.hpp>
#include <rondo/fs/folder.hpp>

#include "fs/scratch_folder.hpp"
#include "net/net_fixture.hpp"
#include "support/tasks.hpp"

namespace rondo::testing {
namespace {

class fs_names : public net_test {
 protected:
  scratch_folder here{"/tmp"};
};
INSTANTIATE_TEST_SUITE_P(backends, fs_names, ::testing::ValuesIn(granted_backends()), backend_name);

TEST_P(fs_names, stat_tells_what_the_kernel_knows) {
  play([](scratch_folder& here) -> task<> {
    const std::string file = here.write("file", "twelve bytes");
    EXPECT_EQ(::chmod(file.c_str(), 04640), 0);
    EXPECT_EQ(::symlink("file", (here / "link").c_str()), 0);
    EXPECT_EQ(::link(file.c_str(), (here / "second").c_str()), 0);
    struct ::stat expected = {};
    EXPECT_EQ(::stat(file.c_str(), &expected), 0);

    const fs::file_info info = co_await fs::stat(here / "link");
    EXPECT_TRUE(info.is_regular());
    EXPECT_EQ(info.size, 12u);
    EXPECT_EQ(info.permissions, 04640);
    EXPECT_EQ(info.user, expected.st_uid);
    EXPECT_EQ(info.group, expected.st_gid);
    EXPECT_EQ(info.hard_links, 2u);
    EXPECT_EQ(info.inode, expected.st_ino);
    EXPECT_EQ(info.device, expected.st_dev);
    EXPECT_EQ(info.allocated, static_cast<std::uint64_t>(expected.st_blocks) * 512);
    EXPECT_EQ(info.modified_ns, expected.st_mtim.tv_sec * 1'000'000'000 + expected.st_mtim.tv_nsec);
    if (info.born_ns) EXPECT_LE(*info.born_ns, info.changed_ns);

    const fs::file_info link = co_await fs::lstat(here / "link");
    EXPECT_TRUE(link.is_link());
    EXPECT_FALSE(link.is_same(info));
    EXPECT_TRUE((co_await fs::stat("/")).is_mount_root);
    EXPECT_EQ((co_await fs::stat("/dev/null")).type, fs::file_type::character_device);
  }(here));
}

TEST_P(fs_names, an_error_names_the_path_and_the_reason) {
  play([](scratch_folder& here) -> task<> {
    const std::string missing = here / "no\xff such\nfile";
    const std::string said = co_await outcome_of(fs::stat(missing));
    EXPECT_EQ(said, "stat " + missing + ": No such file or directory (ENOENT)");
    // What stands behind the zero must not be cut off and forgotten.
    here.write("a");
    const std::string cut = (here / "a") + std::string("\0b", 2);
    EXPECT_EQ(co_await thrown_by(fs::stat(cut)), errc::invalid_argument);
    EXPECT_EQ(co_await thrown_by(fs::unlink(cut)), errc::invalid_argument);
    EXPECT_TRUE(here.has("a"));
    EXPECT_EQ(co_await thrown_by(fs::rename(here / "x", here / "y")), errc::not_found);
    EXPECT_EQ(co_await thrown_by(fs::stat("")), errc::not_found);
    EXPECT_EQ(co_await thrown_by(fs::stat(cut)), errc::invalid_argument);
    EXPECT_EQ(co_await thrown_by(fs::stat((here / "a") + "/b")), errc::not_a_directory);
    EXPECT_EQ(co_await thrown_by(fs::stat(here / std::string(300, 'n'))), errc::name_too_long);
  }(here));
}

TEST_P(fs_names, exists_and_access) {
  play([](scratch_folder& here) -> task<> {
    here.write("file");
    EXPECT_EQ(::symlink("nowhere", (here / "dangling").c_str()), 0);
    EXPECT_EQ(::symlink("circle", (here / "circle").c_str()), 0);
    EXPECT_TRUE(co_await fs::exists(here / "file"));
    EXPECT_TRUE(co_await fs::exists(here.path()));
    EXPECT_FALSE(co_await fs::exists(here / "dangling"));
    EXPECT_FALSE(co_await fs::exists(here / "none"));
    EXPECT_FALSE(co_await fs::exists(here / "file/below"));
    EXPECT_EQ(co_await thrown_by(fs::exists(here / "circle")), errc::too_many_links);

    using enum fs::access_right;
    EXPECT_TRUE(co_await fs::access(here / "file", read | write));
    EXPECT_EQ(::chmod((here / "file").c_str(), 0600), 0);
    EXPECT_FALSE(co_await fs::access(here / "file", execute));  // not even root may
    EXPECT_FALSE(co_await fs::access(here / "none", read));
  }(here));
}

TEST_P(fs_names, modes_owners_and_times) {
  play([](scratch_folder& here) -> task<> {
    const std::string file = here.write("file");
    EXPECT_EQ(::symlink("file", (here / "link").c_str()), 0);
    co_await fs::chmod(file, 0751);
    EXPECT_EQ((co_await fs::stat(file)).permissions, 0751);

    const fs::file_info before = co_await fs::stat(file);
    const fs::file_times only_modified({}, -1'500'000'000);  // half a second before 23:59:59, 1969
    co_await fs::set_times(file, only_modified);
    const fs::file_info after = co_await fs::stat(file);
    EXPECT_EQ(after.modified_ns, -1'500'000'000);
    EXPECT_EQ(after.accessed_ns, before.accessed_ns);
    fs::file_times of_the_link(7, 1'000'000'008);
    of_the_link.last = os::links::keep;
    co_await fs::set_times(here / "link", of_the_link);
    EXPECT_EQ((co_await fs::lstat(here / "link")).modified_ns, 1'000'000'008);
    EXPECT_EQ((co_await fs::stat(file)).modified_ns, -1'500'000'000);

    const fs::file_owner same(::getuid(), std::nullopt);
    co_await fs::chown(file, same);
    EXPECT_EQ((co_await fs::stat(file)).user, ::getuid());
  }(here));
}

TEST_P(fs_names, rename_replaces_refuses_or_exchanges) {
  play([](scratch_folder& here) -> task<> {
    const std::string a = here.write("a", "A");
    const std::string b = here.write("b", "B");
    const auto refused = fs::rename_rule::no_replace;
    EXPECT_EQ(co_await thrown_by(fs::rename(a, b, refused)), errc::already_exists);
    co_await fs::rename(a, b, fs::rename_rule::exchange);
    EXPECT_EQ(here.read("a"), "B");
    EXPECT_EQ(here.read("b"), "A");
    co_await fs::rename(a, b);
    EXPECT_FALSE(here.has("a"));
    EXPECT_EQ(here.read("b"), "B");
    co_await fs::rename(b, here / "c", refused);
    EXPECT_EQ(here.read("c"), "B");
    const std::string said = co_await outcome_of(fs::rename(here / "c", "/proc/c"));
    EXPECT_TRUE(said.starts_with("rename " + (here / "c") + " to /proc/c: ")) << said;
  }(here));
}

TEST_P(fs_names, links) {
  play([](scratch_folder& here) -> task<> {
    const std::string file = here.write("file", "text");
    co_await fs::hard_link(file, here / "hard");
    co_await fs::symlink("file", here / "soft");
    EXPECT_EQ(co_await fs::read_link(here / "soft"), "file");
    co_await fs::unlink(file);
    EXPECT_EQ(here.read("hard"), "text");
    EXPECT_FALSE(co_await fs::exists(here / "soft"));
    EXPECT_TRUE(here.has("soft"));
    EXPECT_EQ(co_await thrown_by(fs::read_link(here / "hard")), errc::invalid_argument);
    EXPECT_EQ(co_await thrown_by(fs::symlink("x", here / "soft")), errc::already_exists);
    EXPECT_EQ(co_await thrown_by(fs::unlink(here.path())), errc::is_a_directory);
  }(here));
}

TEST_P(fs_names, make_folders_makes_what_is_missing) {
  play([](scratch_folder& here) -> task<> {
    co_await fs::make_folder(here / "one", 0700);
    EXPECT_EQ((co_await fs::stat(here / "one")).permissions, 0700);
    EXPECT_EQ(co_await thrown_by(fs::make_folder(here / "one")), errc::already_exists);
    EXPECT_EQ(co_await thrown_by(fs::make_folder(here / "x/y")), errc::not_found);
    EXPECT_TRUE(co_await fs::make_folders(here / "one/two//three/../three/four/"));
    EXPECT_TRUE(here.has("one/two/three/four"));
    EXPECT_FALSE(co_await fs::make_folders(here / "one/two"));
    EXPECT_FALSE(co_await fs::make_folders("/"));
    EXPECT_EQ(co_await thrown_by(fs::make_folders("")), errc::not_found);
    here.write("file");
    EXPECT_EQ(co_await thrown_by(fs::make_folders(here / "file")), errc::already_exists);
    EXPECT_EQ(co_await thrown_by(fs::make_folders(here / "file/a/b")), errc::not_a_directory);
    EXPECT_EQ(::symlink("nowhere", (here / "dangling").c_str()), 0);
    EXPECT_EQ(co_await thrown_by(fs::make_folders(here / "dangling")), errc::already_exists);
    co_await fs::remove_folder(here / "one/two/three/four");
    EXPECT_EQ(co_await thrown_by(fs::remove_folder(here / "one")), errc::directory_not_empty);
  }(here));
}

/// Several make the same path, and somebody removes pieces of it, until all is quiet.
TEST_P(fs_names, make_folders_stands_a_race) {
  play([](scratch_folder& here) -> task<> {
    const std::string top = here / "a";
    const auto make_often = [](std::string path) -> task<> {
      for (int i = 0; i < 200; ++i) static_cast<void>(co_await fs::make_folders(path));
    };
    const auto remove_often = [](std::string top) -> task<> {
      for (int i = 0; i < 200; ++i) {
        auto remove = [&] {
          for (const char* below : {"/b/c/d", "/b/c", "/b", ""}) ::rmdir((top + below).c_str());
        };
        co_await offload(remove);
      }
    };
    co_await when_all(make_often(top + "/b/c/d"), make_often(top + "/b/c/d"), remove_often(top));
    co_await fs::make_folders(top + "/b/c/d");
    EXPECT_TRUE(here.has("a/b/c/d"));
  }(here));
}

TEST_P(fs_names, real_path_and_space) {
  play([](scratch_folder& here) -> task<> {
    here.make_folder("a/b");
    EXPECT_EQ(::symlink("a/b", (here / "link").c_str()), 0);
    const std::string real = co_await fs::real_path(here.path());
    EXPECT_EQ(co_await fs::real_path(here / "link/.././/b"), real + "/a/b");
    EXPECT_EQ(co_await thrown_by(fs::real_path(here / "none")), errc::not_found);
    const fs::space_info room = co_await fs::space(here.path());
    EXPECT_GT(room.capacity, room.free);
    EXPECT_GE(room.free, room.available);
    EXPECT_GE(room.longest_name, 255u);
    EXPECT_FALSE(room.is_read_only);
  }(here));
}

TEST_P(fs_names, list_has_every_name_and_its_type) {
  play([](scratch_folder& here) -> task<> {
    here.make_folder("folder/below");
    here.write("file");
    here.write("new\nline");
    here.write("\xff\xfe, no UTF-8");
    EXPECT_EQ(::symlink("folder", (here / "link").c_str()), 0);
    EXPECT_EQ(::mkfifo((here / "fifo").c_str(), 0600), 0);
    std::map<std::string, fs::file_type> found;
    const auto listed = co_await fs::list(here.path());
    for (const fs::folder_entry& e : listed) found[e.name] = e.type;
    using enum os::file_type;
    const std::map<std::string, fs::file_type> expected = {
        {"folder", folder},     {"file", regular},
        {"new\nline", regular}, {"\xff\xfe, no UTF-8", regular},
        {"link", link},         {"fifo", fifo}};
    EXPECT_EQ(found, expected);
    EXPECT_TRUE((co_await fs::list(here / "link/below")).empty());
    EXPECT_EQ(co_await thrown_by(fs::list(here / "file")), errc::not_a_directory);
  }(here));
}

TEST_P(fs_names, list_takes_ten_thousand_names) {
  play([]() -> task<> {
    const scratch_folder here;
    for (int i = 0; i < 10'000; ++i) here.write("a name of some length " + std::to_string(i));
    std::set<std::string> names;
    const auto listed = co_await fs::list(here.path());
    for (const fs::folder_entry& e : listed) names.insert(e.name);
    EXPECT_EQ(names.size(), 10'000u);
  }());
}

/// A cancelled call has done nothing.
TEST_P(fs_names, a_cancel_before_the_call_leaves_the_file) {
  play([](scratch_folder& here) -> task<> {
    const std::string file = here.write("file");
    bool was_cancelled = false;
    co_await with_scope([&](scope& s) -> task<> {
      s.cancel();
      try {
        co_await fs::unlink(file);
      } catch (const cancelled&) {
        was_cancelled = true;
      }
    });
    EXPECT_TRUE(was_cancelled);
    EXPECT_TRUE(here.has("file"));
  }(here));
}

}  // namespace
}  // namespace rondo::testing
