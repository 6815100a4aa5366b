// Many processes at once, and what is answered where the system has no room for more of them.
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <thread>

#include "process/process_fixture.hpp"

namespace rondo::testing {
namespace {

/// Sets a soft limit of this process for the time of a block.
class limited_to {
 public:
  limited_to(int resource, rlim_t soft) : resource_(resource) {
    getrlimit(static_cast<__rlimit_resource_t>(resource_), &before_);
    rlimit wanted = before_;
    wanted.rlim_cur = soft;
    setrlimit(static_cast<__rlimit_resource_t>(resource_), &wanted);
  }
  limited_to(const limited_to&) = delete;
  ~limited_to() { setrlimit(static_cast<__rlimit_resource_t>(resource_), &before_); }

 private:
  int resource_;
  rlimit before_ = {};
};

class process_many_test : public process_test {};
INSTANTIATE_TEST_SUITE_P(backends, process_many_test, ::testing::ValuesIn(granted_backends()),
                         backend_name);

TEST_P(process_many_test, waits_for_a_thousand_at_once) {
  // select can't wait for descriptors from 1,024 on.
  const int count = GetParam() == io::backend_kind::select ? 300 : 1'000;
  const limited_to enough(RLIMIT_NOFILE, 8'000);
  play([](int count) -> task<> {
    // All of them read from one pipe, so all of them live until that is closed.
    os::pipe_ends starting_gun;
    EXPECT_EQ(os::open_pipe(starting_gun), 0);
    process_options o("cat");
    o.standard_input(stdio::descriptor(starting_gun.read.get())).standard_output(stdio::pipe());
    int ended = 0;
    auto body = [&](scope& s) -> task<> {
      auto one = [](process p, int& ended) -> task<> {
        const std::string text = co_await p.standard_output().read_all();
        const exit_status how = co_await p.wait();
        EXPECT_EQ(text, "");
        if (how.success()) ++ended;
      };
      for (int i = 0; i < count; ++i) {
        process p = co_await process::start(o);
        s.spawn(one(std::move(p), ended));
      }
      co_await sleep_for(duration::milliseconds(1));
      EXPECT_EQ(ended, 0);
      starting_gun.write.reset();
    };
    co_await with_scope(body);
    EXPECT_EQ(ended, count);
  }(count));
}

TEST_P(process_many_test, kills_all_where_their_scope_goes) {
  play([]() -> task<> {
    std::vector<process> all;
    for (int i = 0; i < 50; ++i) {
      process p = co_await process::start(process_options("sleep").argument("1000"));
      all.push_back(std::move(p));
    }
  }());
}

TEST_P(process_many_test, answers_that_descriptors_have_run_out) {
  process_options o = talking_script("exit 0");
  o.standard_input(stdio::pipe()).standard_error(stdio::pipe());
  // Limited for nothing but the start: to look at an object, sanitizers open descriptors.
  const auto start_with = [&o, &here = l](rlim_t room) {
    const limited_to few(RLIMIT_NOFILE, room);
    return process::start(here, o);
  };
  // From no room at all to room enough: each step of a start has to do without once.
  int failed = 0;
  for (rlim_t room = 3;; ++room) {
    const auto outcome = start_with(room);
    if (outcome) break;
    ++failed;
    EXPECT_EQ(outcome.error().code(), errc::too_many_descriptors) << outcome.error().what();
    EXPECT_NE(std::string(outcome.error().what()).find("ulimit -n"), std::string::npos);
  }
  EXPECT_GE(failed, 7);  // three pipes and a pidfd
}

/// Root may start as many as it likes, so a thread of ours (the kernel's users are those of
/// threads) becomes nobody.
TEST_P(process_many_test, answers_that_processes_have_run_out) {
  if (geteuid() != 0) GTEST_SKIP() << "changing the user of a thread takes privilege";
  const limited_to none(RLIMIT_NPROC, 0);
  std::thread nobody([this] {
    EXPECT_EQ(syscall(SYS_setresuid, 65534, 65534, 65534), 0);
    const auto outcome = process::start(l, process_options("/bin/true"));
    EXPECT_FALSE(outcome);
    if (outcome) return;
    EXPECT_EQ(outcome.error().code(), errc::too_many_processes);
    EXPECT_EQ(std::string(outcome.error().what()),
              "start /bin/true: Resource temporarily unavailable (EAGAIN); this user has as many "
              "processes and threads as are allowed; see `ulimit -u`");
  });
  nobody.join();
  prctl(PR_SET_DUMPABLE, 1);  // which the change of the user has taken
}

}  // namespace
}  // namespace rondo::testing
