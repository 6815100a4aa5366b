// An open file on every backend: reading, writing, places, room, locks, and its end.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <optional>
#include <vector>

#include <rondo/fs/file.hpp>
#include <rondo/os/errors.hpp>

#include "fs/scratch_folder.hpp"
#include "net/net_fixture.hpp"
#include "support/tasks.hpp"

namespace rondo::testing {
namespace {

using fs::file;

std::span<std::byte> room(std::string& text) {
  return std::as_writable_bytes(std::span(text));
}

class file_test : public net_test {
 protected:
  scratch_folder folder;
};
INSTANTIATE_TEST_SUITE_P(backends, file_test, ::testing::ValuesIn(granted_backends()),
                         backend_name);

TEST_P(file_test, what_is_written_is_read) {
  play([](const scratch_folder& folder) -> task<> {
    file f = co_await file::open(folder / "a", fs::writing().read());
    EXPECT_EQ(f.path(), folder / "a");
    co_await f.write_all("hello, ");
    EXPECT_EQ(co_await f.write(bytes_of("disk")), 4U);
    EXPECT_EQ(f.position(), 11U);
    f.seek(7);
    std::string text(100, '\0');
    EXPECT_EQ(co_await f.read(room(text)), 4U);
    EXPECT_EQ(text.substr(0, 4), "disk");
    EXPECT_EQ(co_await f.read(room(text)), 0U) << "the end";
    EXPECT_EQ(co_await f.read({}), 0U);
    EXPECT_EQ(co_await f.read_at(room(text), 0), 11U);
    EXPECT_EQ(f.position(), 11U) << "a place of its own moves nothing";
    EXPECT_EQ(co_await f.write_at(bytes_of("J"), 0), 1U);
    std::string start(5, '\0');
    co_await f.read_exact_at(room(start), 0);
    EXPECT_EQ(start, "Jello");
    f.seek(9);
    const errc code = co_await thrown_by(f.read_exact(room(start)));
    EXPECT_EQ(code, errc::end_of_stream);
    co_await f.close();
    EXPECT_FALSE(f.is_open());
    co_await f.close();
  }(folder));
}

TEST_P(file_test, vectors) {
  play([](const scratch_folder& folder) -> task<> {
    file f = co_await file::open(folder / "a", fs::writing().read());
    const std::array<const_buffer, 3> pieces = {const_buffer("one ", 4), const_buffer("two ", 4),
                                                const_buffer("three", 5)};
    EXPECT_EQ(co_await f.write_vector_at(pieces, 10), 13U);
    std::string a(4, '\0'), b(20, '\0');
    const std::array<mutable_buffer, 2> into = {mutable_buffer(a.data(), a.size()),
                                                mutable_buffer(b.data(), b.size())};
    EXPECT_EQ(co_await f.read_vector_at(into, 10), 13U);
    EXPECT_EQ(a + b.substr(0, 9), "one two three");
  }(folder));
}

TEST_P(file_test, options_of_opening) {
  play([](const scratch_folder& folder) -> task<> {
    const auto opens = [&](std::string_view name, fs::open_options how) -> task<errc> {
      co_return co_await thrown_by(file::open(folder / name, how));
    };
    EXPECT_EQ(co_await opens("a", fs::reading()), errc::not_found);
    EXPECT_EQ(co_await opens("a", fs::updating()), errc::not_found);
    EXPECT_EQ(co_await opens("a", fs::open_options().write().create_new().permissions(0640)),
              errc::ok);
    struct stat facts = {};
    EXPECT_EQ(::stat((folder / "a").c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 0777, 0640U);
    EXPECT_EQ(co_await opens("a", fs::open_options().write().create_new()), errc::already_exists);
    EXPECT_EQ(::symlink("a", (folder / "link").c_str()), 0);
    EXPECT_EQ(co_await opens("link", fs::reading()), errc::ok);
    EXPECT_EQ(co_await opens("link", fs::reading().no_follow()), errc::too_many_links);
    EXPECT_EQ(co_await opens("", fs::reading()), errc::is_a_directory);
    EXPECT_EQ(co_await opens("", fs::updating()), errc::is_a_directory);
    EXPECT_EQ(co_await opens("a/b", fs::reading()), errc::not_a_directory);
    EXPECT_EQ(co_await opens(std::string_view("a\0b", 3), fs::reading()), errc::invalid_argument);
    EXPECT_EQ(co_await opens(std::string(300, 'x'), fs::reading()), errc::name_too_long);

    const os::fd at(::open(folder.path().c_str(), O_PATH | O_CLOEXEC));
    file relative = co_await file::open("a", fs::updating().in_folder(at.get()));
    co_await relative.write_all("relative");
    co_await relative.close();
    EXPECT_EQ(folder.read("a"), "relative");
    file truncating = co_await file::create(folder / "a");
    EXPECT_EQ(co_await truncating.size(), 0U);
  }(folder));
}

TEST_P(file_test, an_error_says_what_failed_on_what) {
  play([](const scratch_folder& folder) -> task<> {
    file f = co_await file::create(folder / "a");
    std::string text(4, '\0');
    std::string said = co_await outcome_of(f.read_exact(room(text)));
    EXPECT_TRUE(said.starts_with("read from " + folder / "a" + ": ")) << said;
    EXPECT_NE(said.find("(EBADF)"), said.npos) << said;  // it was opened for writing
    const auto read = co_await f.read(room(text)).as_result();
    EXPECT_EQ(read.error().code(), errc::bad_descriptor);
    const auto grown = co_await f.resize(UINT64_MAX).as_result();
    EXPECT_EQ(grown.error().code(), errc::invalid_argument);
    said = co_await outcome_of(file::open(folder / "none"));
    EXPECT_TRUE(said.starts_with("open " + folder / "none" + ": ")) << said;
  }(folder));
}

TEST_P(file_test, a_closed_one_says_so) {
  play([](const scratch_folder& folder) -> task<> {
    file f;
    std::string text(4, '\0');
    EXPECT_EQ((co_await f.read(room(text)).as_result()).error().code(), errc::closed);
    EXPECT_EQ((co_await f.sync().as_result()).error().code(), errc::closed);
    EXPECT_EQ(co_await thrown_by(f.size()), errc::closed);
    const auto lock = [&]() -> task<> { const fs::file_lock held = co_await f.lock(); };
    EXPECT_EQ(co_await thrown_by(lock()), errc::closed);
    EXPECT_EQ(f.descriptor(), -1);
    f = co_await file::create(folder / "a");
    file g = std::move(f);
    EXPECT_FALSE(f.is_open());
    EXPECT_TRUE(g.is_open());
  }(folder));
}

TEST_P(file_test, appending_goes_to_the_end_wherever_it_is) {
  play([](const scratch_folder& folder) -> task<> {
    file f = co_await file::open(folder / "a", fs::appending());
    co_await f.write_all("one ");
    {
      file other = co_await file::open(folder / "a", fs::appending());
      co_await other.write_all("two ");
    }
    co_await f.write_all("three");
    EXPECT_EQ(folder.read("a"), "one two three");
  }(folder));
}

TEST_P(file_test, room_is_taken_and_given_back) {
  play([](const scratch_folder& folder) -> task<> {
    file f = co_await file::open(folder / "a", fs::writing().read());
    co_await f.resize(1000);
    EXPECT_EQ(co_await f.size(), 1000U);
    const auto allocated = co_await f.allocate(0, 1 << 20).as_result();
    if (!allocated) {
      EXPECT_EQ(allocated.error().code(), errc::not_supported);
      co_return;
    }
    const os::file_info full = co_await f.status();
    EXPECT_EQ(full.size, 1U << 20);
    EXPECT_GE(full.allocated, 1U << 20);
    const std::string text(8192, 'x');
    co_await f.write_all_at(bytes_of(text), 0);
    co_await f.punch_hole(0, 4096);
    std::string read(8192, '\0');
    co_await f.read_exact_at(room(read), 0);
    EXPECT_EQ(read, std::string(4096, '\0') + std::string(4096, 'x'));
    co_await f.advise(os::access_pattern::sequential);
    co_await f.data_sync();
    co_await f.sync();
  }(folder));
}

/// Places behind 2 and 4 GiB, in a file that is nearly all hole.
TEST_P(file_test, large_places) {
  play([](const scratch_folder& folder) -> task<> {
    file f = co_await file::open(folder / "a", fs::writing().read());
    for (const std::uint64_t at : {(std::uint64_t{1} << 31) - 2, (std::uint64_t{1} << 32) + 5}) {
      co_await f.write_all_at(bytes_of("far away"), at);
      std::string read(8, '\0');
      co_await f.read_exact_at(room(read), at);
      EXPECT_EQ(read, "far away");
      f.seek(at + 4);
      EXPECT_EQ(co_await f.read(room(read)), 4U);
      EXPECT_EQ(f.position(), at + 8);
    }
  }(folder));
}

TEST_P(file_test, what_is_no_file_is_refused) {
  const std::string fifo = folder / "fifo", socket_path = folder / "socket";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  const os::fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un name = {};
  name.sun_family = AF_UNIX;
  socket_path.copy(name.sun_path, sizeof name.sun_path - 1);
  ASSERT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&name), sizeof name), 0);
  play([](std::string fifo, std::string socket) -> task<> {
    EXPECT_EQ(co_await thrown_by(file::open(fifo)), errc::not_supported);
    EXPECT_EQ(co_await thrown_by(file::open(fifo, fs::writing())), errc::not_supported);
    EXPECT_EQ(co_await thrown_by(file::open(socket)), errc::not_supported);
    file null = co_await file::open("/dev/null", fs::updating());
    co_await null.write_all("gone");
    file zero = co_await file::open("/dev/zero");
    std::string text(10, 'x');
    co_await zero.read_exact(room(text));
    EXPECT_EQ(text, std::string(10, '\0'));
  }(fifo, socket_path));
}

TEST_P(file_test, locks_exclude_each_other) {
  play([](const scratch_folder& folder) -> task<> {
    const std::string path = folder.write("a");
    file one = co_await file::open(path), two = co_await file::open(path);
    fs::file_lock held = co_await one.lock();
    EXPECT_TRUE(held);
    EXPECT_FALSE(two.try_lock());
    EXPECT_EQ(co_await thrown_by(one.close()), errc::busy);
    bool had_it = false;
    const auto wait = [&]() -> task<> {
      const fs::file_lock mine = co_await two.lock();
      had_it = true;
    };
    const auto late = co_await within(duration::milliseconds(5), wait());
    EXPECT_FALSE(late) << "the other one holds it";
    const auto let_go = [&]() -> task<> {
      co_await yield_now();
      EXPECT_FALSE(had_it);
      held.unlock();
    };
    co_await when_all(wait(), let_go());
    EXPECT_TRUE(had_it);
    const fs::file_lock shared = one.try_lock(os::file_lock_kind::shared);
    const fs::file_lock with = two.try_lock(os::file_lock_kind::shared);
    EXPECT_TRUE(shared);
    EXPECT_TRUE(with);
  }(folder));
}

/// The object goes while a read is awaited: the read ends well, and only then is the file closed.
TEST_P(file_test, an_operation_keeps_it_open) {
  play([](const scratch_folder& folder) -> task<> {
    const std::string path = folder.write("a", std::string(1 << 20, 'x'));
    std::optional<file> f = co_await file::open(path);
    std::string text(1 << 20, '\0');  // too much to be done at once
    const auto read = [&]() -> task<> {
      EXPECT_EQ(co_await f->read_at(room(text), 0), text.size());
    };
    const auto leave = [&]() -> task<> {
      EXPECT_EQ(co_await thrown_by(f->close()), errc::busy);
      f.reset();
    };
    co_await when_all(read(), leave());
    EXPECT_EQ(text, std::string(1 << 20, 'x'));
  }(folder));
}

TEST_P(file_test, a_full_disk_and_a_limit_of_size) {
  rlimit before = {};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto old_handler = ::signal(SIGXFSZ, SIG_IGN);
  rlimit small = before;
  small.rlim_cur = 100'000;
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  play([](const scratch_folder& folder) -> task<> {
    file f = co_await file::create(folder / "a");
    const std::string much(150'000, 'x');
    EXPECT_EQ(co_await thrown_by(f.write_all(much)), errc::file_too_large);
    EXPECT_EQ(f.position(), 100'000U) << "says how much was written";
    if (::access("/dev/full", W_OK) != 0) co_return;
    file full = co_await file::open("/dev/full", fs::updating());
    const std::string said = co_await outcome_of(full.write_all("x"));
    EXPECT_NE(said.find("the disk is full"), said.npos) << said;
  }(folder));
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  ::signal(SIGXFSZ, old_handler);
}

TEST_P(file_test, descriptors_run_out_and_come_back) {
  rlimit before = {};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit small = before;
  small.rlim_cur = 64;
  play([](const scratch_folder& folder, rlimit small, rlimit before) -> task<> {
    const std::string path = folder.write("a", "x");
    EXPECT_EQ(co_await thrown_by(file::open(path)), errc::ok);  // what is made at first is made
    setrlimit(RLIMIT_NOFILE, &small);
    std::vector<file> many;
    errc code = errc::ok;
    while (code == errc::ok && many.size() < 100) {
      const auto one_more = [&]() -> task<> { many.push_back(co_await file::open(path)); };
      code = co_await thrown_by(one_more());
    }
    EXPECT_EQ(code, errc::too_many_descriptors);
    many.clear();
    EXPECT_EQ(co_await thrown_by(file::open(path)), errc::ok);
    setrlimit(RLIMIT_NOFILE, &before);
  }(folder, small, before));
}

}  // namespace
}  // namespace rondo::testing
