// One call, on each way and on every backend.
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>

#include <rondo/fs/file_operation.hpp>
#include <rondo/os/errors.hpp>
#include <rondo/os/fd.hpp>

#include "net/net_fixture.hpp"
#include "support/gate.hpp"
#include "support/tasks.hpp"
#include "support/temporary.hpp"

namespace rondo::testing {
namespace {

using fs::file_operation;
using fs::way;
using os::file_call_kind;

constexpr std::array all_ways = {way::measured, way::ring, way::pool};

os::file_call opening(const std::string& path, int flags) {
  os::file_call c;
  c.kind = file_call_kind::open;
  c.fd = os::working_folder;
  c.path = path.c_str();
  c.flags = static_cast<std::uint32_t>(flags | O_CLOEXEC);
  c.mode = 0600;
  return c;
}

os::file_call moving(file_call_kind kind, int fd, std::string& bytes, std::uint64_t at = 0) {
  os::file_call c;
  c.kind = kind;
  c.fd = fd;
  c.data = bytes.data();
  c.size = bytes.size();
  c.offset = at;
  return c;
}

class file_operation_test : public net_test {
 protected:
  /// Keeps all threads of the pool that are for files from beginning anything.
  struct busy_pool {
    explicit busy_pool(loop& l) {
      for (int i = 0; i < pool_options().files; ++i) {
        l.queue_work([this] { hold.pass(); }, [](std::exception_ptr) {},
                     {work_kind::files, "busy"});
      }
      hold.await_arrivals(pool_options().files);
    }
    gate hold;
  };

  temporary_folder folder;
};
INSTANTIATE_TEST_SUITE_P(backends, file_operation_test, ::testing::ValuesIn(granted_backends()),
                         backend_name);

TEST_P(file_operation_test, all_ways_have_one_result) {
  play([](const temporary_folder& folder) -> task<> {
    for (const way how : all_ways) {
      const std::string path = folder / std::to_string(static_cast<int>(how));
      const os::file_call look = opening(path, O_RDWR);
      EXPECT_EQ(co_await file_operation(look, how), -ENOENT);
      const os::file_call make = opening(path, O_RDWR | O_CREAT);
      const os::fd file(co_await file_operation(make, how));
      EXPECT_TRUE(file);
      std::string text = "some bytes", read(100, '\0');
      const os::file_call write = moving(file_call_kind::write, file.get(), text, 5);
      EXPECT_EQ(co_await file_operation(write, how), 10);
      const os::file_call get = moving(file_call_kind::read, file.get(), read, 10);
      EXPECT_EQ(co_await file_operation(get, how), 5);
      EXPECT_EQ(read.substr(0, 5), "bytes");
      const auto looked = co_await file_operation(get, how).as_result();
      EXPECT_EQ(looked, 5);
    }
  }(folder));
}

TEST_P(file_operation_test, a_cancelled_line_starts_nothing) {
  play([](const temporary_folder& folder) -> task<> {
    const auto body = [&](scope& s) -> task<> {
      s.cancel();
      int met = 0;
      for (const way how : all_ways) {
        const std::string path = folder / "never";
        const os::file_call make = opening(path, O_RDWR | O_CREAT);
        try {
          static_cast<void>(co_await file_operation(make, how));
        } catch (const cancelled&) {
          ++met;
        }
        EXPECT_EQ(co_await file_operation(make, how).as_result(), os::cancelled);
        EXPECT_NE(::access(path.c_str(), F_OK), 0);
      }
      EXPECT_EQ(met, 3);
    };
    co_await with_scope(body);
  }(folder));
}

/// What waits in the pool's queue is taken back by a cancel, and never begins.
TEST_P(file_operation_test, queued_work_never_begins) {
  busy_pool busy(l);
  play([](const temporary_folder& folder, busy_pool& busy) -> task<> {
    const std::string path = folder / "never";
    const auto make = [&]() -> task<> {
      const os::file_call call = opening(path, O_RDWR | O_CREAT);
      static_cast<void>(co_await file_operation(call, way::pool));
    };
    const auto late = co_await within(duration::milliseconds(5), make());
    EXPECT_FALSE(late);
    busy.hold.open();
    EXPECT_NE(::access(path.c_str(), F_OK), 0);
  }(folder, busy));
}

/// A fifo that nobody writes to stands for a disk that does not answer.
TEST_P(file_operation_test, what_runs_on_a_thread_is_waited_for_and_keeps_its_result) {
  const std::string path = folder / "fifo";
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  play([](loop& l, const std::string& path) -> task<> {
    os::fd opened, other_end;
    bool cancelled_next = false;
    const auto open = [&]() -> task<> {
      const os::file_call call = opening(path, O_RDONLY);
      opened = os::fd(co_await file_operation(call, way::pool));
      cancelled_next = co_await file_operation(call, way::pool).as_result() == os::cancelled;
    };
    const auto body = [&](scope& s) -> task<> {
      s.spawn(open());
      while (l.pool().counts().of(work_kind::files).running == 0) co_await yield_now();
      s.cancel();
      EXPECT_FALSE(opened);
      // Open until the scope has ended: the thread may not have come to its call yet.
      other_end = os::fd(::open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
      co_await yield_now();
    };
    co_await with_scope(body);
    EXPECT_TRUE(opened);
    EXPECT_TRUE(cancelled_next);
  }(l, path));
}

/// The same with a pipe, of which a backend that takes such calls can be told to let go.
TEST_P(file_operation_test, what_waits_on_the_ring_is_cancelled) {
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  const os::fd out(ends[0]), in(ends[1]);
  play([](loop& l, int out, int in) -> task<> {
    std::string text(8, '\0');
    const os::file_call read = moving(file_call_kind::read, out, text, UINT64_MAX);
    bool ended = false, threw = false;
    const auto wait = [&]() -> task<> {
      try {
        EXPECT_EQ(co_await file_operation(read, way::ring), 4);
      } catch (const cancelled&) {
        threw = true;
      }
      ended = true;
    };
    const auto body = [&](scope& s) -> task<> {
      s.spawn(wait());
      co_await sleep_for(duration::milliseconds(5));
      s.cancel();
    };
    if (!l.backend().takes(file_call_kind::read))
      co_return;  // a thread can't read a pipe at a place
    co_await with_scope(body);
    EXPECT_TRUE(ended);
    EXPECT_TRUE(threw);
    EXPECT_EQ(::write(in, "kept", 4), 4);
    EXPECT_EQ(co_await file_operation(read, way::ring), 4);
  }(l, out.get(), in.get()));
}

TEST_P(file_operation_test, a_thousand_at_once_keep_to_the_limit_of_the_pool) {
  play([](loop& l, const temporary_folder& folder) -> task<> {
    const std::string path = folder / "file";
    const os::file_call make = opening(path, O_RDWR | O_CREAT);
    const os::fd file(co_await file_operation(make));
    const std::string all = numbered_text(64'000);
    EXPECT_EQ(::write(file.get(), all.data(), all.size()), 64'000);
    int right = 0;
    const auto read_one = [&](int i) -> task<> {
      std::string piece(64, '\0');
      const auto at = static_cast<std::uint64_t>(i) * 64;
      const os::file_call call = moving(file_call_kind::read, file.get(), piece, at);
      EXPECT_EQ(co_await file_operation(call, way::pool), 64);
      right += piece == all.substr(at, 64) ? 1 : 0;
    };
    const auto body = [&](scope& s) -> task<> {
      for (int i = 0; i < 1000; ++i) s.spawn(read_one(i));
      co_return;
    };
    co_await with_scope(body);
    EXPECT_EQ(right, 1000);
    EXPECT_LE(l.pool().counts().of(work_kind::files).most_running, pool_options().files);
  }(l, folder));
}

/// What ends at once does not keep the others from running.
TEST_P(file_operation_test, a_stream_of_cached_reads_lets_others_run) {
  play([](const temporary_folder& folder) -> task<> {
    const std::string path = folder / "file";
    const os::file_call make = opening(path, O_RDWR | O_CREAT);
    const os::fd file(co_await file_operation(make));
    EXPECT_EQ(::write(file.get(), "x", 1), 1);
    bool heard = false;
    const auto wait = [&]() -> task<> {
      co_await sleep_for(duration::milliseconds(1));
      heard = true;
    };
    const auto read = [&]() -> task<> {
      std::string byte(1, '\0');
      const os::file_call call = moving(file_call_kind::read, file.get(), byte);
      while (!heard) EXPECT_EQ(co_await file_operation(call), 1);
    };
    co_await when_all(wait(), read());
  }(folder));
}

}  // namespace
}  // namespace rondo::testing
