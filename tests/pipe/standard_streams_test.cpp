// The standard streams, with everything that they may be; and no flag of theirs may be changed.
#include <rondo/pipe/standard_streams.hpp>

#include <fcntl.h>
#include <pty.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

#include <rondo/async/lines.hpp>
#include <rondo/os/errors.hpp>
#include <rondo/os/pipe.hpp>
#include <rondo/task/for_each.hpp>

#include "net/net_fixture.hpp"
#include "support/cancels_met.hpp"
#include "support/tasks.hpp"

namespace rondo::testing {
namespace {

/// Puts something else in the place of a standard stream for the time of a block.
class in_place_of {
 public:
  in_place_of(int number, int other) : number_(number), kept_(fcntl(number, F_DUPFD_CLOEXEC, 50)) {
    if (other >= 0) {
      dup2(other, number);
      flags_ = fcntl(number, F_GETFL);
    } else {
      ::close(number);
    }
  }
  in_place_of(const in_place_of&) = delete;
  ~in_place_of() {
    if (flags_ >= 0) {
      EXPECT_EQ(fcntl(number_, F_GETFL), flags_) << "what others share was changed";
    }
    dup2(kept_.get(), number_);
  }

 private:
  int number_;
  os::fd kept_;
  int flags_ = -1;
};

class standard_streams_test : public net_test {};
INSTANTIATE_TEST_SUITE_P(backends, standard_streams_test, ::testing::ValuesIn(granted_backends()),
                         backend_name);

/// Waits for more than there is, then for the rest and the end.
task<> reads_what_comes_late(int feed_from) {
  input_stream in = co_await standard_input();
  std::array<std::byte, 10> into;
  const auto read = [&]() -> task<> { static_cast<void>(co_await in.read(into)); };
  EXPECT_EQ(co_await cancels_met(read), 2);
  const auto feed = [&]() -> task<> {
    co_await sleep_for(duration::milliseconds(1));
    EXPECT_EQ(::write(feed_from, "some text", 9), 9);
    ::close(feed_from);
  };
  const auto [text, none] = co_await when_all(in.read_all(), feed());
  EXPECT_EQ(text, "some text");
  static_cast<void>(none);
  in.close();
  EXPECT_EQ(co_await outcome_of(in.read(into)), "read from the standard input: closed");
}

TEST_P(standard_streams_test, read_a_pipe) {
  os::pipe_ends pipe;
  ASSERT_EQ(os::open_pipe(pipe), 0);
  const in_place_of placed(0, pipe.read.get());
  play(reads_what_comes_late(pipe.write.release()));
}

TEST_P(standard_streams_test, read_a_socket) {
  std::array<int, 2> ends;
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
  const os::fd near(ends[0]);
  const in_place_of placed(0, near.get());
  play(reads_what_comes_late(ends[1]));
}

TEST_P(standard_streams_test, read_a_terminal) {
  int master = -1;
  int slave = -1;
  ASSERT_EQ(openpty(&master, &slave, nullptr, nullptr, nullptr), 0);
  const os::fd ours(master);
  const os::fd theirs(slave);
  const in_place_of placed(0, slave);
  play([](int master) -> task<> {
    input_stream in = co_await standard_input();
    std::array<std::byte, 100> into;
    EXPECT_FALSE(co_await within(duration::milliseconds(1), in.read(into)));
    EXPECT_EQ(::write(master, "typed\n\x04", 7), 7);
    EXPECT_EQ(co_await in.read_all(), "typed\n");
  }(master));
}

TEST_P(standard_streams_test, read_a_file_from_where_it_stands) {
  std::string path = "/tmp/rondo-input-XXXXXX";
  const os::fd file(mkstemp(path.data()));
  unlink(path.c_str());
  const std::string text = numbered_text(100'000);
  ASSERT_EQ(::write(file.get(), text.data(), text.size()), 100'000);
  lseek(file.get(), 50'000, SEEK_SET);
  const in_place_of placed(0, file.get());
  play([](const std::string& text) -> task<> {
    input_stream in = co_await standard_input();
    std::array<std::byte, 1'000> into;
    EXPECT_EQ(co_await in.read(into), 1'000U);
    // Whoever reads it next, a program that shares it say, goes on behind that.
    EXPECT_EQ(lseek(0, 0, SEEK_CUR), 51'000);
    EXPECT_EQ(co_await in.read_all(), text.substr(51'000));
  }(text));
}

TEST_P(standard_streams_test, read_nothing_from_a_device_or_from_none) {
  const auto reads_nothing = []() -> task<> {
    input_stream in = co_await standard_input();
    EXPECT_TRUE(in.is_open());
    EXPECT_EQ(co_await in.read_all(), "");
  };
  {
    const os::fd null(os::open_null());
    const in_place_of placed(0, null.get());
    play(reads_nothing());
  }
  const in_place_of placed(0, -1);
  play(reads_nothing());
  // What this process has opened meanwhile under that number is not its standard input.
  const os::fd other(os::open_null());
  EXPECT_EQ(other.get(), 0);
  play(reads_nothing());
}

TEST_P(standard_streams_test, write_more_than_a_pipe_holds) {
  os::pipe_ends pipe;
  ASSERT_EQ(os::open_pipe(pipe), 0);
  const in_place_of placed(1, pipe.write.get());
  play([](loop& l, os::pipe_ends& pipe) -> task<> {
    const std::string much = numbered_text(300'000);
    output_stream out = co_await standard_output();
    pipe_reader reader(l, std::move(pipe.read));
    std::string got;
    const auto read = [&]() -> task<> {
      std::array<std::byte, 5'000> into;
      while (got.size() < much.size()) {
        const std::size_t count = co_await reader.read(into);
        got.append(reinterpret_cast<const char*>(into.data()), count);
      }
    };
    co_await when_all(read(), out.write_all(much));
    EXPECT_EQ(got, much);
    reader.close();
    EXPECT_EQ(co_await thrown_by(out.write_all("lost")), errc::broken_pipe);
  }(l, pipe));
}

TEST_P(standard_streams_test, write_to_a_file_and_to_none) {
  std::string path = "/tmp/rondo-output-XXXXXX";
  const os::fd file(mkstemp(path.data()));
  unlink(path.c_str());
  {
    const in_place_of placed(2, file.get());
    play([]() -> task<> {
      output_stream out = co_await standard_error();
      co_await out.write_all("one, ");
      co_await out.write_all("two");
    }());
  }
  std::array<char, 20> got;
  EXPECT_EQ(pread(file.get(), got.data(), got.size(), 0), 8);
  EXPECT_EQ(std::string(got.data(), 8), "one, two");
  const in_place_of placed(1, -1);
  play([]() -> task<> {
    output_stream out = co_await standard_output();
    EXPECT_FALSE(out.is_open());
    EXPECT_EQ(co_await thrown_by(out.write_all("lost")), errc::closed);
  }());
}

TEST_P(standard_streams_test, come_in_lines) {
  os::pipe_ends pipe;
  ASSERT_EQ(os::open_pipe(pipe), 0);
  const in_place_of placed(0, pipe.read.get());
  play([](int feed_from) -> task<> {
    EXPECT_EQ(::write(feed_from, "one\ntwo\r\n\nlast", 14), 14);
    ::close(feed_from);
    input_stream in = co_await standard_input();
    std::vector<std::string> got;
    co_await for_each(rondo::lines(in), [&](std::string_view line) { got.emplace_back(line); });
    EXPECT_EQ(got, (std::vector<std::string>{"one", "two", "", "last"}));
  }(pipe.write.release()));
}

/// What can't be opened once more: the fallback, on what stays blocking.
TEST_P(standard_streams_test, shared_ends_never_wait) {
  os::pipe_ends pipe;
  ASSERT_EQ(os::open_pipe(pipe), 0);
  std::array<char, 100'000> bytes = {};
  EXPECT_EQ(os::read_shared(pipe.read.get(), bytes.data(), bytes.size()), os::would_block);
  int written = 0;
  for (;;) {
    const int some = os::write_shared(pipe.write.get(), bytes.data(), bytes.size());
    if (some == os::would_block) break;
    ASSERT_GT(some, 0);
    written += some;
  }
  EXPECT_GE(written, 4096);
  int read = 0;
  while (read < written) {
    const int some = os::read_shared(pipe.read.get(), bytes.data(), bytes.size());
    ASSERT_GT(some, 0);
    read += some;
  }
  pipe.read.reset();
  EXPECT_LT(os::write_shared(pipe.write.get(), bytes.data(), 1), 0);  // and no SIGPIPE
}

}  // namespace
}  // namespace rondo::testing
