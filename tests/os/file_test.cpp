#include <rondo/os/file.hpp>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include <rondo/base/error.hpp>
#include <rondo/os/errors.hpp>
#include <rondo/os/fd.hpp>

namespace rondo::os {
namespace {

namespace fs = std::filesystem;

class os_file : public ::testing::Test {
 public:
  os_file() {
    std::string name = (fs::temp_directory_path() / "rondo_os_XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
    base = name;
    fs::create_directories(base / "root" / "sub");
    std::ofstream(base / "root" / "sub" / "a.txt") << "0123456789";
    std::ofstream(base / "secret") << "secret";
    folder.reset(open_folder((base / "root").string()));
  }
  ~os_file() override { fs::remove_all(base); }

  errc beneath(const std::string& path) const {
    const int opened = open_beneath(folder.get(), path);
    const fd closes(opened);
    return opened < 0 ? to_errc(opened) : errc::ok;
  }

  fs::path base;
  fd folder;
};

TEST_F(os_file, opens_only_what_is_below) {
  const fs::path root = base / "root";
  fs::create_symlink("sub/a.txt", root / "inside");
  fs::create_symlink("../secret", root / "outside");
  fs::create_symlink((base / "secret").string(), root / "absolute");
  ASSERT_EQ(mkfifo((root / "fifo").c_str(), 0600), 0);
  EXPECT_EQ(beneath("."), errc::ok);
  EXPECT_EQ(beneath("sub"), errc::ok);
  EXPECT_EQ(beneath("sub/a.txt"), errc::ok);
  EXPECT_EQ(beneath("fifo"), errc::ok);  // and nobody writes into it
  EXPECT_NE(beneath("../secret"), errc::ok);
  EXPECT_NE(beneath("sub/../../secret"), errc::ok);
  EXPECT_NE(beneath((base / "secret").string()), errc::ok);
  EXPECT_NE(beneath("outside"), errc::ok);
  EXPECT_NE(beneath("absolute"), errc::ok);
  EXPECT_NE(beneath(std::string("sub\0/a.txt", 10)), errc::ok);
  EXPECT_EQ(beneath("nothing"), errc::not_found);
}

TEST_F(os_file, opens_without_a_wait_what_was_looked_up_before) {
  const fd root(try_open_beneath(folder.get(), "."));
  if (!root) GTEST_SKIP() << "this kernel has no RESOLVE_CACHED";
  std::ofstream(base / "root" / "made") << "made";
  const fd made(try_open_beneath(folder.get(), "made"));
  ASSERT_TRUE(made);
  file_facts facts, known;
  ASSERT_EQ(facts_of(made.get(), facts), 0);
  ASSERT_EQ(known_facts_of(made.get(), known), 0);
  EXPECT_TRUE(known.is_regular);
  EXPECT_EQ(known.size, 4u);
  EXPECT_EQ(known.modified_ns, facts.modified_ns);
  EXPECT_EQ(try_open_beneath(folder.get(), "never heard of"), would_block);
  EXPECT_EQ(beneath("never heard of"), errc::not_found);
  const int again = try_open_beneath(folder.get(), "never heard of");
  EXPECT_TRUE(again == would_block || to_errc(again) == errc::not_found) << again;
  EXPECT_LT(try_open_beneath(folder.get(), "../secret"), 0);
  EXPECT_LT(try_open_beneath(folder.get(), (base / "secret").string()), 0);
  EXPECT_LT(try_open_beneath(folder.get(), std::string("made\0/x", 7)), 0);
  EXPECT_LT(known_facts_of(-1, known), 0);
}

TEST_F(os_file, waits_for_the_holder_of_a_lease) {
  const fd writer(::open((base / "root" / "sub" / "a.txt").c_str(), O_RDWR | O_CLOEXEC));
  ASSERT_TRUE(writer);
  const auto before = std::signal(SIGIO, SIG_IGN);  // how the kernel asks for the lease back
  if (::fcntl(writer.get(), F_SETLEASE, F_WRLCK) != 0) {
    std::signal(SIGIO, before);
    GTEST_SKIP() << "no leases here";
  }
  bool was_asked = false;
  std::thread holder([&] {
    while (::fcntl(writer.get(), F_GETLEASE) == F_WRLCK) std::this_thread::yield();
    was_asked = true;
    ::fcntl(writer.get(), F_SETLEASE, F_UNLCK);
  });
  EXPECT_EQ(beneath("sub/a.txt"), errc::ok);
  holder.join();
  EXPECT_TRUE(was_asked);
  std::signal(SIGIO, before);
}

TEST_F(os_file, knows_and_reads_an_open_file) {
  const fd file(open_beneath(folder.get(), "sub/a.txt"));
  file_facts facts;
  ASSERT_EQ(facts_of(file.get(), facts), 0);
  EXPECT_TRUE(facts.is_regular);
  EXPECT_FALSE(facts.is_folder);
  EXPECT_EQ(facts.size, 10u);
  EXPECT_GT(facts.modified_ns, 0);
  char text[8] = {};
  EXPECT_EQ(read_at(file.get(), text, 4, 3), 4);
  EXPECT_EQ(std::string(text), "3456");
  EXPECT_EQ(read_at(file.get(), text, 4, 8), 2);
  EXPECT_EQ(read_at(file.get(), text, 4, 10), 0);
  EXPECT_LT(read_at(folder.get(), text, 4, 0), 0);
  EXPECT_LT(facts_of(-1, facts), 0);
}

TEST_F(os_file, lists_a_folder_without_following_links) {
  fs::create_symlink("/etc", base / "root" / "link");
  const fd root(open_beneath(folder.get(), "."));
  std::vector<folder_entry> entries;
  ASSERT_EQ(list_folder(root.get(), entries), 0);
  std::ranges::sort(entries, {}, &folder_entry::name);
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].name, "link");
  EXPECT_TRUE(entries[0].is_link);
  EXPECT_FALSE(entries[0].facts.is_folder);
  EXPECT_EQ(entries[1].name, "sub");
  EXPECT_TRUE(entries[1].facts.is_folder);
  std::vector<folder_entry> again;
  EXPECT_EQ(list_folder(root.get(), again), 0);  // from the beginning
  EXPECT_EQ(again.size(), 2u);
  const fd file(open_beneath(folder.get(), "sub/a.txt"));
  EXPECT_LT(list_folder(file.get(), again), 0);
  EXPECT_LT(open_folder((base / "secret").string()), 0);
}

}  // namespace
}  // namespace rondo::os
