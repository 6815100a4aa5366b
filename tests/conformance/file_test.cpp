// Calls of the file system: a backend that takes them answers as the system calls do, in no order;
// one that does not says so at once.
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <vector>

#include "conformance/driver.hpp"
#include "support/temporary.hpp"

#include <rondo/io/file_call.hpp>
#include <rondo/os/errors.hpp>

namespace rondo::conformance {
namespace {

using os::file_call_kind;

/// The granted backends that do or don't take files.
std::vector<io::backend_kind> backends_that_take_files(bool take) {
  std::vector<io::backend_kind> some;
  for (const io::backend_kind kind : granted_backends()) {
    const auto made = io::make_backend(kind);
    if (made && (*made)->takes(file_call_kind::read) == take) some.push_back(kind);
  }
  return some;
}

class files : public conformance {
 protected:
  asked_op& start(const os::file_call& call) {
    io::file_call& kept = calls_.emplace_back(call);
    return d.start(io::op_kind::file, call.fd, &kept);
  }
  int finish(const os::file_call& call) { return d.finish(start(call)); }

  static os::file_call on_path(file_call_kind kind, const std::string& path) {
    os::file_call c;
    c.kind = kind;
    c.fd = c.other_folder = os::working_folder;
    c.path = path.c_str();
    return c;
  }
  static os::file_call on_file(file_call_kind kind, int fd, void* data = nullptr,
                               std::size_t size = 0, std::uint64_t offset = 0) {
    os::file_call c;
    c.kind = kind;
    c.fd = fd;
    c.data = data;
    c.size = size;
    c.offset = offset;
    return c;
  }
  int open(const std::string& path, int flags) {
    os::file_call c = on_path(file_call_kind::open, path);
    c.flags = static_cast<std::uint32_t>(flags | O_CLOEXEC);
    c.mode = 0600;
    return finish(c);
  }

  testing::temporary_folder folder;

 private:
  std::list<io::file_call> calls_;
};

TEST_P(files, every_kind_does_what_the_system_call_does) {
  const std::string path = folder / "file";
  const int fd = open(path, O_CREAT | O_EXCL | O_RDWR);
  ASSERT_GE(fd, 0);
  EXPECT_EQ(open(path, O_CREAT | O_EXCL | O_RDWR), -EEXIST);
  EXPECT_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);

  std::string text = "hello, disk";
  EXPECT_EQ(finish(on_file(file_call_kind::write, fd, text.data(), text.size(), 100)), 11);
  std::array<const_buffer, 2> pieces = {const_buffer("ab", 2), const_buffer("cde", 3)};
  EXPECT_EQ(finish(on_file(file_call_kind::write_vector, fd, pieces.data(), 2, 200)), 5);
  std::array<char, 16> into = {};
  EXPECT_EQ(finish(on_file(file_call_kind::read, fd, into.data(), 4, 107)), 4);
  EXPECT_EQ(std::string_view(into.data(), 4), "disk");
  std::array<const_buffer, 2> rooms = {const_buffer(into.data(), 1), const_buffer(&into[1], 9)};
  EXPECT_EQ(finish(on_file(file_call_kind::read_vector, fd, rooms.data(), 2, 201)), 4);
  EXPECT_EQ(std::string_view(into.data(), 4), "bcde");
  EXPECT_EQ(finish(on_file(file_call_kind::read, fd, into.data(), 5, 205)), 0) << "the end";
  EXPECT_EQ(finish(on_file(file_call_kind::sync, fd)), 0);
  EXPECT_EQ(finish(on_file(file_call_kind::data_sync, fd)), 0);
  if (io.takes(file_call_kind::truncate)) {
    EXPECT_EQ(finish(on_file(file_call_kind::truncate, fd, nullptr, 150)), 0);
  } else {
    ASSERT_EQ(ftruncate(fd, 150), 0);
  }
  const int allocated = finish(on_file(file_call_kind::allocate, fd, nullptr, 1000, 1000));
  EXPECT_TRUE(allocated == 0 || allocated == -EOPNOTSUPP) << allocated;

  os::status_memory status;
  struct statx facts = {};
  os::file_call look = on_path(file_call_kind::stat, path);
  look.data = &status;
  EXPECT_EQ(finish(look), 0);
  memcpy(&facts, &status, sizeof facts);
  EXPECT_EQ(facts.stx_size, allocated == 0 ? 2000U : 150U);
  EXPECT_EQ(finish(on_file(file_call_kind::stat, fd, &status)), 0);
  EXPECT_EQ(memcmp(&facts, &status, sizeof facts), 0);
  EXPECT_EQ(finish(on_file(file_call_kind::close, fd)), 0);
  EXPECT_EQ(fcntl(fd, F_GETFD), -1);
}

TEST_P(files, names_are_made_moved_and_removed) {
  const std::string sub = folder / "sub", a = folder / "sub/a", b = folder / "sub/b",
                    c = folder / "c";
  os::file_call make = on_path(file_call_kind::make_folder, sub);
  make.mode = 0700;
  EXPECT_EQ(finish(make), 0);
  EXPECT_EQ(finish(make), -EEXIST);
  const os::fd file(open(a, O_CREAT | O_WRONLY));
  ASSERT_TRUE(file);
  const auto two_paths = [](file_call_kind kind, const std::string& one, const std::string& two) {
    os::file_call call = on_path(kind, one);
    call.other_path = two.c_str();
    return call;
  };
  EXPECT_EQ(finish(two_paths(file_call_kind::link, a, b)), 0);
  os::file_call no_replace = two_paths(file_call_kind::rename, a, b);
  no_replace.flags = RENAME_NOREPLACE;
  EXPECT_EQ(finish(no_replace), -EEXIST);
  EXPECT_EQ(finish(two_paths(file_call_kind::rename, a, c)), 0);
  EXPECT_EQ(finish(two_paths(file_call_kind::symlink, "../c", a)), 0);
  struct stat through_link = {}, direct = {};
  EXPECT_EQ(stat(a.c_str(), &through_link), 0);
  EXPECT_EQ(stat(b.c_str(), &direct), 0);
  EXPECT_EQ(through_link.st_ino, direct.st_ino);
  EXPECT_EQ(finish(on_path(file_call_kind::unlink, a)), 0);
  EXPECT_EQ(finish(on_path(file_call_kind::unlink, b)), 0);
  EXPECT_EQ(finish(on_path(file_call_kind::unlink, sub)), -EISDIR);
  os::file_call remove = on_path(file_call_kind::unlink, sub);
  remove.flags = AT_REMOVEDIR;
  EXPECT_EQ(finish(remove), 0);
  EXPECT_EQ(finish(on_path(file_call_kind::unlink, sub)), -ENOENT);
}

/// A read of a pipe waits for ever: the one call of this kind that a test can keep waiting.
TEST_P(files, a_call_that_waits_is_cancelled_and_listed) {
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  std::array<char, 8> into = {};
  const std::uint64_t at_its_place = UINT64_MAX;  // a pipe has no other
  asked_op& read = start(on_file(file_call_kind::read, ends[0], into.data(), 8, at_its_place));
  d.settle();
  int listed = 0;
  io.for_each_pending([&](const io::op& o) { listed += &o == &read ? 1 : 100; });
  EXPECT_EQ(listed, 1);
  io.cancel(read);
  io.cancel(read);
  EXPECT_FALSE(read.finished()) << "a job was run inline";
  EXPECT_EQ(d.finish(read), os::cancelled);
  io.cancel(read);
  d.settle();
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST_P(files, a_close_ends_the_calls_that_wait_and_comes_behind_them) {
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  std::array<char, 8> into = {};
  std::vector<asked_op*> reads;
  for (int i = 0; i < 3; ++i) {
    reads.push_back(&start(on_file(file_call_kind::read, ends[0], into.data(), 8, UINT64_MAX)));
    if (i == 1) d.settle();  // the last one is not even with the kernel
  }
  io.close(ends[0]);
  EXPECT_EQ(io.closing(), 1);
  EXPECT_GE(fcntl(ends[0], F_GETFD), 0) << "the number is free while calls have it";
  for (asked_op* read : reads) EXPECT_EQ(d.finish(*read), os::cancelled);
  d.until([&] { return io.closing() == 0; }, "the close");
  EXPECT_EQ(fcntl(ends[0], F_GETFD), -1);
  ::close(ends[1]);
}

/// Cancelled at once, most calls on a disk are over already, or can't be stopped any more: whatever
/// the answer is, it is true.
TEST_P(files, a_cancel_tells_the_truth_about_a_write) {
  const os::fd file(open(folder / "file", O_CREAT | O_RDWR));
  ASSERT_TRUE(file);
  std::string text(4096, 'x');
  for (std::uint64_t i = 0; i < 100; ++i) {
    asked_op& write =
        start(on_file(file_call_kind::write, file.get(), text.data(), text.size(), i * 4096));
    if (i % 2 == 0) d.turn(duration());
    if (!write.finished()) io.cancel(write);
    const int result = d.finish(write);
    char first = 0;
    const bool there =
        pread(file.get(), &first, 1, static_cast<off_t>(i * 4096)) == 1 && first == 'x';
    if (result == os::cancelled) {
      EXPECT_FALSE(there) << "cancelled, and written, " << i;
      ASSERT_EQ(ftruncate(file.get(), static_cast<off_t>(i * 4096 + 4096)), 0);
    } else {
      EXPECT_EQ(result, 4096);
      EXPECT_TRUE(there);
    }
  }
}

TEST_P(files, a_thousand_at_once) {
  const os::fd file(open(folder / "file", O_CREAT | O_RDWR));
  ASSERT_TRUE(file);
  constexpr std::size_t count = 1000;
  std::string text = numbered_text(count * 512), read(text.size(), '\0');
  const auto each = [&](file_call_kind kind, std::string& memory) {
    for (std::size_t i = 0; i < count; ++i) {
      start(on_file(kind, file.get(), memory.data() + i * 512, 512, i * 512));
    }
    d.until([&] { return d.pending() == 0; }, "all of them");
  };
  each(file_call_kind::write, text);
  each(file_call_kind::read, read);
  EXPECT_TRUE(read == text);
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(files);  // io_uring may be forbidden
INSTANTIATE_TEST_SUITE_P(on, files, ::testing::ValuesIn(backends_that_take_files(true)),
                         backend_name);

class no_files : public conformance {};

TEST_P(no_files, is_said_at_once) {
  for (int kind = 0; kind < os::file_call_kinds; ++kind) {
    io::file_call call;
    call.kind = static_cast<file_call_kind>(kind);
    EXPECT_FALSE(io.takes(call.kind));
    asked_op& o = d.start(io::op_kind::file, -1, &call);
    EXPECT_TRUE(o.finished());
    EXPECT_EQ(o.result, os::not_supported);
  }
}

INSTANTIATE_TEST_SUITE_P(on, no_files, ::testing::ValuesIn(backends_that_take_files(false)),
                         backend_name);

}  // namespace
}  // namespace rondo::conformance
