// Files that have to be waited for: who waits, who does not, and what is left when nobody waits any
// more.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <rondo/http/static_files.hpp>
#include <rondo/os/errors.hpp>
#include <rondo/os/fd.hpp>
#include <rondo/os/file.hpp>
#include <rondo/os/file_call.hpp>

#include "http/server_fixture.hpp"
#include "support/gate.hpp"
#include "support/temporary.hpp"

namespace rondo::testing {
namespace {

namespace fs = std::filesystem;

class static_files_wait_test : public server_test {
 public:
  /// Keeps all threads of the pool that are for files from beginning anything.
  struct busy_pool {
    explicit busy_pool(loop& l) {
      for (int i = 0; i < pool_options().files; ++i) {
        l.queue_work([this] { hold.pass(); }, [](const std::exception_ptr&) {},
                     {work_kind::files, "busy"});
      }
      hold.await_arrivals(pool_options().files);
    }
    gate hold;
  };

  void put(const std::string& name, std::string_view text) const {
    std::ofstream(folder / name, std::ios::binary) << text;
  }

  template <class Client>
  void with_files(Client client, http::server_options options = {}) {
    serve([this](http::exchange& x) { return files->answer(x); }, std::move(client),
          std::move(options));
  }

  work_counts pooled() { return l.pool().counts().of(work_kind::files); }

  /// A path that this file system has never heard of.
  std::string unheard_of() { return "/unheard_of_" + std::to_string(++names_); }

  /// Whether a look-up of what is known tells so at once; otherwise everything waits.
  bool can_look_up_at_once() const {
    const os::fd root(os::open_folder(folder.path()));
    const os::fd opened(os::try_open_beneath(root.get(), "."));
    return static_cast<bool>(opened);
  }

  /// Whether a read of what is in memory tells so; tmpfs and overlayfs don't.
  bool can_read_at_once(const std::string& name) const {
    const os::fd file(::open((folder / name).c_str(), O_RDONLY | O_CLOEXEC));
    char byte = 0;
    os::file_call read;
    read.kind = os::file_call_kind::read;
    read.fd = file.get();
    read.data = &byte;
    read.size = 1;
    return os::try_perform(read) == 1;
  }

  /// Puts a file out of the kernel's memory; false where the file system keeps it there.
  bool evict(const std::string& name) const {
    const os::fd file(::open((folder / name).c_str(), O_RDWR | O_CLOEXEC));
    const auto size = static_cast<std::size_t>(fs::file_size(folder / name));
    EXPECT_EQ(::fsync(file.get()), 0);
    EXPECT_EQ(::posix_fadvise(file.get(), 0, 0, POSIX_FADV_DONTNEED), 0);
    void* const mapped = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, file.get(), 0);
    std::vector<unsigned char> resident(size / 4096 + 1);
    EXPECT_EQ(::mincore(mapped, size, resident.data()), 0);
    EXPECT_EQ(::munmap(mapped, size), 0);
    return (resident[0] & 1) == 0;
  }

  temporary_folder folder;
  // One for each test, so that its count begins at 0.
  std::unique_ptr<http::static_files> files = std::make_unique<http::static_files>(folder.path());

 private:
  int names_ = 0;
};
INSTANTIATE_TEST_SUITE_P(backends, static_files_wait_test, ::testing::ValuesIn(granted_backends()),
                         backend_name);

TEST_P(static_files_wait_test, what_is_in_memory_takes_no_thread) {
  put("small.txt", "small");
  put("large.txt", numbered_text(1'000'000));
  if (!can_look_up_at_once()) GTEST_SKIP() << "this kernel has no RESOLVE_CACHED";
  if (!can_read_at_once("small.txt")) GTEST_SKIP() << "this file system has no RWF_NOWAIT";
  with_files([&](running& s) -> task<> {
    http_client c;
    co_await c.connect(s.address);
    for (int i = 0; i < 3; ++i) {
      const reply small = co_await c.ask(get("/small.txt"));
      EXPECT_EQ(small.body, "small");
      const reply part = co_await c.ask(get("/small.txt", "Range: bytes=1-2\r\n"));
      EXPECT_EQ(part.status, 206);
      EXPECT_EQ(part.body, "ma");
      const reply large = co_await c.ask(get("/large.txt"));
      EXPECT_TRUE(large.body == numbered_text(1'000'000));
    }
    EXPECT_EQ(files->waits(), 0u);
    EXPECT_EQ(pooled().completed, 0u);
  });
}

TEST_P(static_files_wait_test, a_name_never_heard_of_and_a_listing_keep_nobody_else_waiting) {
  put("warm.txt", "warm");
  const bool at_once = can_look_up_at_once() && can_read_at_once("warm.txt");
  busy_pool busy(l);
  with_files([&](running& s) -> task<> {
    http_client never, listing, warm;
    co_await never.connect(s.address);
    co_await listing.connect(s.address);
    co_await warm.connect(s.address);
    co_await never.send(get(unheard_of()));
    co_await listing.send(get("/"));
    co_await until([&] { return files->waits() == 2; });
    EXPECT_EQ(pooled().queued, 2);
    if (at_once) {
      const reply r = co_await warm.ask(get("/warm.txt"));
      EXPECT_EQ(r.body, "warm");
    }
    const reply refused = co_await warm.ask(get("/%zz"));
    EXPECT_EQ(refused.status, 400);
    EXPECT_EQ(pooled().queued, 2);
    busy.hold.open();
    const reply missing = co_await never.receive();
    EXPECT_EQ(missing.status, 404);
    const reply page = co_await listing.receive();
    EXPECT_NE(page.body.find("warm.txt"), page.body.npos) << page.body;
  });
}

/// Of descriptors this process may have no more than it has, while this lives.
class no_more_descriptors {
 public:
  no_more_descriptors() {
    const os::fd next(::open("/", O_PATH | O_CLOEXEC));
    EXPECT_EQ(::getrlimit(RLIMIT_NOFILE, &before_), 0);
    rlimit lower = before_;
    lower.rlim_cur = static_cast<rlim_t>(next.get());
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &lower), 0);
  }
  no_more_descriptors(const no_more_descriptors&) = delete;
  no_more_descriptors& operator=(const no_more_descriptors&) = delete;
  ~no_more_descriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_ = {};
};

TEST_P(static_files_wait_test, without_descriptors_nothing_is_called_missing) {
  put("small.txt", "small");
  fs::create_directory(folder / "pages");
  with_files([&](running& s) -> task<> {
    http_client c;
    co_await c.connect(s.address);
    for (const std::string path : {"/small.txt", "/pages/", "/"}) {
      // UBSan looks at each type when it first meets it, by way of a pipe: let it meet all before.
      const reply before = co_await c.ask(get(path));
      EXPECT_EQ(before.status, 200) << path;
      std::optional<no_more_descriptors> now(std::in_place);
      const reply refused = co_await c.ask(get(path));
      now.reset();
      EXPECT_EQ(refused.status, 503) << path;
      const reply after = co_await c.ask(get(path));
      EXPECT_EQ(after.status, 200) << path;
    }
  });
}

TEST_P(static_files_wait_test, a_cold_file_keeps_nobody_else_waiting) {
  const std::string text = numbered_text(300'000);
  put("cold.txt", text);
  put("warm.txt", "warm");
  if (!can_look_up_at_once()) GTEST_SKIP() << "this kernel has no RESOLVE_CACHED";
  if (!can_read_at_once("warm.txt")) GTEST_SKIP() << "this file system has no RWF_NOWAIT";
  if (!evict("cold.txt")) GTEST_SKIP() << "this file system keeps its files in memory";
  busy_pool busy(l);
  const bool by_pool = !l.backend().takes(os::file_call_kind::read);  // or else by the ring
  with_files([&](running& s) -> task<> {
    http_client cold, warm;
    co_await cold.connect(s.address);
    co_await warm.connect(s.address);
    const reply before = co_await warm.ask(get("/warm.txt"));
    EXPECT_EQ(before.body, "warm");
    EXPECT_EQ(files->waits(), 0u);
    co_await cold.send(get("/cold.txt"));
    co_await until([&] { return files->waits() > 0; });
    const reply beside = co_await warm.ask(get("/warm.txt"));
    EXPECT_EQ(beside.body, "warm");
    if (by_pool) {
      EXPECT_EQ(pooled().queued, 1);
      EXPECT_EQ(files->waits(), 1u);
      busy.hold.open();
    }
    const reply all = co_await cold.receive();
    EXPECT_TRUE(all.body == text);
    EXPECT_EQ(pooled().queued, 0);
  });
}

/// Whom nobody waits for any more still has an open file, and a read or a look-up in the queue.
TEST_P(static_files_wait_test, clients_that_leave_meanwhile_leave_nothing_behind) {
  put("cold.txt", numbered_text(300'000));
  evict("cold.txt");
  busy_pool busy(l);
  with_files([&](running& s) -> task<> {
    {
      http_client read, listing, never;
      co_await read.connect(s.address);
      co_await listing.connect(s.address);
      co_await never.connect(s.address);
      co_await read.send(get("/cold.txt"));
      co_await listing.send(get("/"));
      co_await never.send(get(unheard_of()));
      co_await until([&] { return files->waits() >= 2 && s.server.requests() == 3; });
      reset(never.stream);
    }
    busy.hold.open();
    co_await until([&] { return s.server.connections() == 0; });
  });
}

/// What has not begun is taken back: the threads hang on, and the server ends all the same.
TEST_P(static_files_wait_test, a_server_ends_without_what_is_queued) {
  put("cold.txt", numbered_text(300'000));
  evict("cold.txt");
  busy_pool busy(l);
  http::server_options options;
  options.drain_timeout = duration::milliseconds(5);
  http_client read, listing;
  with_files(
      [&](running& s) -> task<> {
        co_await read.connect(s.address);
        co_await listing.connect(s.address);
        co_await read.send(get("/cold.txt"));
        co_await listing.send(get("/"));
        co_await until([&] { return files->waits() > 0 && s.server.requests() == 2; });
      },
      std::move(options));
  EXPECT_EQ(pooled().queued, 0);
  EXPECT_EQ(pooled().running, pool_options().files);  // they have ended none of it
  busy.hold.open();
}

/// A file that somebody has a lease on can't be opened until he gives it back: a look-up that
/// hangs.
class leased {
 public:
  explicit leased(const std::string& path) : before_(std::signal(SIGIO, SIG_IGN)) {
    file_.reset(::open(path.c_str(), O_RDWR | O_CLOEXEC));
    granted_ = ::fcntl(file_.get(), F_SETLEASE, F_WRLCK) == 0;
  }
  leased(const leased&) = delete;
  ~leased() { std::signal(SIGIO, before_); }

  bool is_granted() const noexcept { return granted_; }
  void give_back() noexcept { file_.reset(); }

 private:
  void (*before_)(int);
  os::fd file_;
  bool granted_ = false;
};

TEST_P(static_files_wait_test, a_look_up_that_has_begun_is_waited_for) {
  put("leased.txt", "leased");
  leased lease(folder / "leased.txt");
  if (!lease.is_granted()) GTEST_SKIP() << "this file system grants no lease";
  http::server_options options;
  options.drain_timeout = duration::milliseconds(5);
  http_client c, later;
  bool was_running = false;
  with_files(
      [&](running& s) -> task<> {
        co_await c.connect(s.address);
        co_await c.send(get("/leased.txt"));
        co_await until([&] { return pooled().running == 1; });
        // The server stops when this has returned, and closes the connection in 5 ms.
        s.all.spawn([](static_files_wait_test& test, http_client& c, leased& lease,
                       bool& was_running) -> task<> {
          const bool ended = co_await c.ended();
          EXPECT_TRUE(ended);
          was_running = test.pooled().running == 1;
          lease.give_back();
        }(*this, c, lease, was_running));
      },
      std::move(options));
  EXPECT_TRUE(was_running);
  EXPECT_EQ(pooled().running, 0);
}

TEST_P(static_files_wait_test, a_server_may_end_in_any_turn) {
  put("small.txt", "small");
  put("cold.txt", numbered_text(300'000));
  const auto asked = {std::string("/cold.txt"), std::string("/small.txt"), std::string("/")};
  int answered = 0;
  for (int turns = 0; answered < 4 && turns < 100'000; turns += 1 + turns / 8) {
    evict("cold.txt");
    answered = 0;
    http::server_options options;
    options.drain_timeout = {};
    options.idle_grace = {};
    std::vector<std::unique_ptr<http_client>> clients;
    with_files(
        [&](running& s) -> task<> {
          std::vector<std::string> paths(asked);
          paths.push_back(unheard_of());
          for (const std::string& path : paths) {
            clients.push_back(std::make_unique<http_client>());
            co_await clients.back()->connect(s.address);
            co_await clients.back()->send(get(path));
            s.all.spawn([](http_client& c, int& answered) -> task<> {
              const reply r = co_await c.receive();
              if (r.complete) ++answered;
            }(*clients.back(), answered));
          }
          for (int i = 0; i < turns; ++i) co_await yield_now();
        },
        std::move(options));
  }
  EXPECT_EQ(answered, 4);
}

TEST_P(static_files_wait_test, what_is_not_there_may_be_answered_otherwise) {
  put("there.txt", "there");
  function_handler otherwise([](http::exchange& x) -> http::handling {
    return [](http::exchange& x) -> task<> {
      co_await yield_now();
      x.respond(200, "text/plain", "otherwise");
    }(x);
  });
  serve([&](http::exchange& x) { return files->answer(x, otherwise); },
        [&](running& s) -> task<> {
          http_client c;
          co_await c.connect(s.address);
          const std::string path = unheard_of();
          for (int i = 0; i < 2; ++i) {
            const reply r = co_await c.ask(get(path));
            EXPECT_EQ(r.body, "otherwise");
          }
          const reply there = co_await c.ask(get("/there.txt"));
          EXPECT_EQ(there.body, "there");
          const reply folder = co_await c.ask(get("/there.txt/"));
          EXPECT_EQ(folder.body, "otherwise");
          const reply wrong = co_await c.ask(get("/%zz"));
          EXPECT_EQ(wrong.status, 400);
        });
}

}  // namespace
}  // namespace rondo::testing
