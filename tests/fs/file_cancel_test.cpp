// The cancellation contract of each await on a file, programs that are cancelled in every turn, and
// files of tasks that go from thread to thread.
#include <array>
#include <atomic>
#include <functional>
#include <vector>

#include <rondo/fs/file.hpp>
#include <rondo/fs/lines.hpp>
#include <rondo/fs/memory_map.hpp>
#include <rondo/fs/whole_file.hpp>
#include <rondo/os/errors.hpp>
#include <rondo/runtime/runtime.hpp>

#include "fs/scratch_folder.hpp"
#include "net/net_fixture.hpp"
#include "support/tasks.hpp"

namespace rondo::testing {
namespace {

using fs::file;

class file_cancel_test : public net_test {
 protected:
  scratch_folder folder;
};
INSTANTIATE_TEST_SUITE_P(backends, file_cancel_test, ::testing::ValuesIn(granted_backends()),
                         backend_name);

/// All that one can await of a file, by its name.
struct awaits {
  explicit awaits(file& on) : f(on) {}

  task<> make(int which) {
    const std::array<const_buffer, 1> pieces = {const_buffer(memory.data(), 10)};
    const std::array<mutable_buffer, 1> into = {mutable_buffer(memory.data(), 10)};
    switch (which) {
      case 0:
        static_cast<void>(co_await f.read(memory));
        break;
      case 1:
        static_cast<void>(co_await f.read_at(memory, 0));
        break;
      case 2:
        static_cast<void>(co_await f.read_vector_at(into, 0));
        break;
      case 3:
        static_cast<void>(co_await f.write(memory));
        break;
      case 4:
        static_cast<void>(co_await f.write_at(memory, 0));
        break;
      case 5:
        static_cast<void>(co_await f.write_vector_at(pieces, 0));
        break;
      case 6:
        co_await f.read_exact(memory);
        break;
      case 7:
        co_await f.write_all(memory);
        break;
      case 8:
        co_await f.sync();
        break;
      case 9:
        co_await f.data_sync();
        break;
      case 10:
        co_await f.resize(0);
        break;
      case 11:
        co_await f.allocate(0, 1 << 20);
        break;
      case 12:
        co_await f.punch_hole(0, 4096);
        break;
      case 13:
        static_cast<void>(co_await f.status());
        break;
      case 14:
        co_await f.advise(os::access_pattern::random);
        break;
      case 15:
        held = co_await f.lock();
        break;
      case 16:
        co_await f.close();
        break;
      case 17:
        static_cast<void>(co_await fs::memory_map::of(f));
        break;
      default:
        static_cast<void>(co_await file::open(f.path()));
        break;
    }
  }
  static constexpr int count = 19;

  file& f;
  std::array<std::byte, 100> memory = {};
  fs::file_lock held;
};

TEST_P(file_cancel_test, every_await_throws_and_has_done_nothing) {
  play([](const scratch_folder& folder) -> task<> {
    const std::string path = folder.write("a", std::string(100, 'x'));
    file f = co_await file::open(path, fs::updating());
    awaits all(f);
    int met = 0;
    const auto body = [&](scope& s) -> task<> {
      s.cancel();
      for (int which = 0; which < awaits::count; ++which) {
        try {
          co_await all.make(which);
          ADD_FAILURE() << which << " went on";
        } catch (const cancelled&) {
          ++met;
        }
      }
      EXPECT_EQ((co_await f.read(all.memory).as_result()).error().code(), errc::cancelled);
      EXPECT_EQ((co_await f.sync().as_result()).error().code(), errc::cancelled);
    };
    co_await with_scope(body);
    EXPECT_EQ(met, awaits::count);
    EXPECT_FALSE(all.held);
    EXPECT_TRUE(f.is_open());
    EXPECT_EQ(f.position(), 0U);
    EXPECT_EQ(folder.read("a"), std::string(100, 'x'));
    co_await f.close();
  }(folder));
}

/// Opens, writes, syncs, reads, locks and closes: what a cancel may meet anywhere.
task<> life_of_a_file(std::string path, std::size_t size, std::atomic<bool>& ended) {
  file f = co_await file::open(path, fs::writing().read());
  const std::string text = numbered_text(size);
  co_await f.write_all(text);
  co_await f.data_sync();
  std::string read(size, '\0');
  co_await f.read_exact_at(std::as_writable_bytes(std::span(read)), 0);
  EXPECT_TRUE(read == text);
  {
    const fs::file_lock held = co_await f.lock();
    co_await f.resize(size / 2);
    EXPECT_EQ(co_await f.size(), size / 2);
  }
  std::size_t bytes = 0;
  auto chunks = fs::chunks(path, 10'000);
  while (auto chunk = co_await chunks.next()) bytes += chunk->size();
  EXPECT_EQ(bytes, size / 2);
  co_await f.close();
  ended = true;
}

TEST_P(file_cancel_test, in_every_turn) {
  play([](const scratch_folder& folder) -> task<> {
    std::atomic<bool> ended = false;
    for (int turns = 0; !ended && turns < 100'000; turns += 1 + turns / 8) {
      const auto body = [&](scope& s) -> task<> {
        auto running = s.spawn(life_of_a_file(folder / "a", 200'000, ended));
        for (int i = 0; i < turns && !ended; ++i) co_await yield_now();
        s.cancel();
      };
      co_await with_scope(body);
    }
    EXPECT_TRUE(ended);
  }(folder));
}

TEST_P(file_cancel_test, files_wander_with_their_tasks) {
  std::atomic<int> lives = 0;
  auto main = [](const scratch_folder& folder, std::atomic<int>& lives) -> task<> {
    const auto live = [&](int which) -> task<> {
      std::atomic<bool> ended = false;
      co_await life_of_a_file(folder / std::to_string(which), 100'000, ended);
      co_await yield_now();
      // One that goes without a close, on whichever thread.
      file left = co_await file::open(folder / std::to_string(which), fs::appending());
      co_await left.write_all("more");
      if (ended) ++lives;
    };
    auto body = [&live](parallel_scope& all) -> task<> {
      for (int i = 0; i < 40; ++i) all.spawn(live(i));
      co_return;
    };
    co_await with_timeout(net_test::watchdog, as_task(with_parallel_scope(std::move(body))));
  };
  runtime_options options = multi_thread(3);
  options.backend = GetParam();
  run(main(folder, lives), options);
  EXPECT_EQ(lives, 40);
}

/// Read at places of their own by many tasks on several threads at once.
TEST_P(file_cancel_test, one_file_is_read_by_many) {
  const std::string text = numbered_text(1'000'000);
  const std::string path = folder.write("a", text);
  std::atomic<int> right = 0;
  auto main = [](const std::string& path, const std::string& text,
                 std::atomic<int>& right) -> task<> {
    file f = co_await file::open(path);
    const auto read = [&](std::size_t i) -> task<> {
      std::string piece(i % 2 == 0 ? 1000 : 100'000, '\0');
      const std::size_t at = i * 900;
      co_await f.read_exact_at(std::as_writable_bytes(std::span(piece)), at);
      if (text.compare(at, piece.size(), piece) == 0) ++right;
    };
    auto body = [&read](parallel_scope& all) -> task<> {
      for (std::size_t i = 0; i < 1000; ++i) all.spawn(read(i));
      co_return;
    };
    co_await with_timeout(net_test::watchdog, as_task(with_parallel_scope(std::move(body))));
  };
  runtime_options options = multi_thread(3);
  options.backend = GetParam();
  run(main(path, text, right), options);
  EXPECT_EQ(right, 1000);
}

/// What is cached takes no thread: only then is a read quicker here than elsewhere.
TEST_P(file_cancel_test, a_cached_read_takes_no_thread) {
  play([](loop& l, const scratch_folder& folder) -> task<> {
    file f = co_await file::open(folder.write("a", std::string(4096, 'x')));
    std::array<std::byte, 4096> memory;
    os::file_call look;
    look.kind = os::file_call_kind::read;
    look.fd = f.descriptor();
    look.data = memory.data();
    look.size = memory.size();
    const bool can_tell = os::try_perform(look) != os::would_block;
    const auto before = l.pool().counts().of(work_kind::files).completed;
    for (int i = 0; i < 100; ++i) EXPECT_EQ(co_await f.read_at(memory, 0), 4096U);
    const auto used = l.pool().counts().of(work_kind::files).completed - before;
    if (can_tell) EXPECT_EQ(used, 0U);
  }(l, folder));
}

}  // namespace
}  // namespace rondo::testing
