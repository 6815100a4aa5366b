// Pipes with a name: neither end waits for ever, and none blocks the loop.
#include <rondo/pipe/fifo.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

#include "net/net_fixture.hpp"
#include "support/cancels_met.hpp"
#include "support/tasks.hpp"

namespace rondo::testing {
namespace {

class fifo_test : public net_test {
 public:
  fifo_test() {
    EXPECT_NE(mkdtemp(folder_.data()), nullptr);
    path = folder_ + "/fifo";
  }
  ~fifo_test() override {
    unlink(path.c_str());
    rmdir(folder_.c_str());
  }

  std::string path;

 private:
  std::string folder_ = "/tmp/rondo-fifo-XXXXXX";
};
INSTANTIATE_TEST_SUITE_P(backends, fifo_test, ::testing::ValuesIn(granted_backends()),
                         backend_name);

TEST_P(fifo_test, a_reader_waits_for_writers_and_hears_of_their_end) {
  ASSERT_TRUE(make_fifo(path));
  play([](std::string path) -> task<> {
    pipe_reader reader = co_await open_fifo_reader(path);
    std::array<std::byte, 100> into;
    // Nobody has it open for writing: that is no end.
    EXPECT_FALSE(co_await within(duration::milliseconds(2), reader.read(into)));
    const auto write = [&]() -> task<> {
      pipe_writer writer = co_await open_fifo_writer(path);
      co_await writer.write_all("some text");
      writer.close();
    };
    const auto [text, none] = co_await when_all(reader.read_all(), write());
    EXPECT_EQ(text, "some text");
    static_cast<void>(none);
    EXPECT_EQ(co_await reader.read(into), 0U);  // still at the end
    co_await write();                           // the next one
    EXPECT_EQ(co_await reader.read_all(), "some text");
  }(path));
}

TEST_P(fifo_test, a_writer_waits_for_a_reader) {
  ASSERT_TRUE(make_fifo(path));
  play([](std::string path) -> task<> {
    const auto open = [&]() -> task<> { static_cast<void>(co_await open_fifo_writer(path)); };
    EXPECT_EQ(co_await cancels_met(open), 2);
    const auto read_late = [&]() -> task<std::string> {
      co_await sleep_for(duration::milliseconds(3));
      pipe_reader reader = co_await open_fifo_reader(path);
      co_return co_await reader.read_all();
    };
    const auto write = [&]() -> task<> {
      pipe_writer writer = co_await open_fifo_writer(path);
      co_await writer.write_all("late");
      writer.close();
    };
    const auto [text, none] = co_await when_all(read_late(), write());
    EXPECT_EQ(text, "late");
    static_cast<void>(none);
  }(path));
}

TEST_P(fifo_test, says_what_is_wrong) {
  play([](std::string path) -> task<> {
    EXPECT_EQ(co_await outcome_of(open_fifo_reader(path)),
              "open " + path + ": No such file or directory (ENOENT)");
    close(open(path.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    EXPECT_EQ(co_await outcome_of(open_fifo_writer(path)),
              "open " + path + ": Invalid argument (EINVAL); is it a fifo (mkfifo)?");
    const auto made = make_fifo(path);
    EXPECT_FALSE(made);
    EXPECT_EQ(made.error().code(), errc::already_exists);
  }(path));
}

TEST_P(fifo_test, is_named_by_what_fails) {
  ASSERT_TRUE(make_fifo(path, 0600));
  struct stat found;
  ASSERT_EQ(stat(path.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777U, 0600U);
  play([](std::string path) -> task<> {
    pipe_reader reader = co_await open_fifo_reader(path);
    pipe_writer writer = co_await open_fifo_writer(path);
    reader.close();
    const auto outcome = co_await writer.write_all("lost").as_result();
    EXPECT_FALSE(outcome);
    EXPECT_TRUE(std::string(outcome.error().what()).starts_with("write to " + path)) << path;
  }(path));
}

}  // namespace
}  // namespace rondo::testing
