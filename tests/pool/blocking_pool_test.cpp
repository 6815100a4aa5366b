// The pool on its own: lazy threads, limits for each kind, taking jobs back, and an end that no
// hanging job can hold up.
#include <rondo/pool/blocking_pool.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <random>

#include <rondo/base/error.hpp>
#include <rondo/os/clock.hpp>
#include <rondo/os/thread.hpp>

#include "support/gate.hpp"
#include "support/seed.hpp"

namespace {

using namespace std::chrono_literals;
using rondo::blocking_pool;
using rondo::duration;
using rondo::errc;
using rondo::pool_options;
using rondo::work_kind;
using rondo::work_report;
using rondo::testing::await_condition;
using rondo::testing::gate;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// A job that does what it is told, and remembers what became of it.
class told_job final : public rondo::blocking_job {
 public:
  explicit told_job(
      std::function<void()> work = [] {}, work_kind k = work_kind::other,
      std::source_location from = std::source_location::current())
      : work_(std::move(work)) {
    kind = k;
    where = from;
  }

  void wait() const {
    await_condition([this] { return end() != ending::none; });
  }
  enum class ending { none, performed, dropped };
  ending end() const { return end_.load(std::memory_order_acquire); }
  int calls = 0;

 private:
  void perform() noexcept override {
    ++calls;
    work_();
  }
  void ended(bool performed) noexcept override {
    end_.store(performed ? ending::performed : ending::dropped, std::memory_order_release);
  }

  std::function<void()> work_;
  std::atomic<ending> end_{ending::none};
};
using ending = told_job::ending;

int threads_of_this_process() {
  int count = 0;
  for (const auto& each : std::filesystem::directory_iterator("/proc/self/task")) {
    static_cast<void>(each);
    ++count;
  }
  return count;
}

pool_options one_of_each() {
  pool_options options;
  options.files = options.names = options.other = options.cpu = 1;
  return options;
}

TEST(blocking_pool, that_is_not_used_has_no_thread) {
  const int before = threads_of_this_process();
  const blocking_pool pool;
  EXPECT_EQ(pool.counts().threads, 0);
  EXPECT_EQ(threads_of_this_process(), before);
  EXPECT_THAT(pool.snapshot(), IsEmpty());
}

TEST(blocking_pool, performs_a_job_on_another_thread_with_a_name) {
  blocking_pool pool;
  std::string name;
  pthread_t on{};
  told_job job([&] {
    on = pthread_self();
    char text[16] = {};
    // The name is given by the submitter, who holds no lock of ours then: it may come a bit later.
    do pthread_getname_np(pthread_self(), text, sizeof text);
    while (std::string_view(text) != "rondo pool 1");
    name = text;
  });
  pool.submit(job);
  job.wait();
  EXPECT_EQ(name, "rondo pool 1");
  EXPECT_FALSE(pthread_equal(on, pthread_self()));
  EXPECT_EQ(pool.counts().of(work_kind::other).completed, 1u);
  EXPECT_EQ(pool.counts().of(work_kind::other).running, 0);
}

TEST(blocking_pool, needs_one_thread_for_one_job_after_the_other) {
  blocking_pool pool;
  for (int i = 0; i < 1000; ++i) {
    told_job job([] {}, static_cast<work_kind>(i % rondo::work_kinds));
    pool.submit(job);
    job.wait();
  }
  EXPECT_EQ(pool.counts().most_threads, 1);
}

TEST(blocking_pool, runs_a_kind_in_the_order_of_submission) {
  blocking_pool pool(one_of_each());
  std::vector<int> order;
  std::vector<std::unique_ptr<told_job>> jobs;
  for (int i = 0; i < 100; ++i) {
    jobs.push_back(std::make_unique<told_job>([&order, i] { order.push_back(i); }));
    pool.submit(*jobs.back());
  }
  jobs.back()->wait();
  ASSERT_THAT(order, SizeIs(100));
  EXPECT_TRUE(std::ranges::is_sorted(order));
  EXPECT_EQ(pool.counts().of(work_kind::other).most_running, 1);
}

TEST(blocking_pool, keeps_to_the_limit_of_each_kind) {
  pool_options options;
  options.files = 3;
  options.names = 2;
  options.cpu = 1;
  options.other = 2;
  blocking_pool pool(options);
  gate hang;
  std::vector<std::unique_ptr<told_job>> jobs;
  for (int i = 0; i < 40; ++i) {
    const auto kind = static_cast<work_kind>(i % rondo::work_kinds);
    jobs.push_back(std::make_unique<told_job>([&] { hang.pass(); }, kind));
    pool.submit(*jobs.back());
  }
  hang.await_arrivals(8);
  const rondo::pool_counts full = pool.counts();
  EXPECT_EQ(full.threads, 8);
  EXPECT_EQ(full.of(work_kind::files).running, 3);
  EXPECT_EQ(full.of(work_kind::names).running, 2);
  EXPECT_EQ(full.of(work_kind::names).queued, 8);
  EXPECT_EQ(full.of(work_kind::cpu).running, 1);
  EXPECT_EQ(full.of(work_kind::other).running, 2);
  EXPECT_EQ(hang.arrivals(), 8);
  hang.open();
  for (const auto& job : jobs) job->wait();
  const rondo::pool_counts after = pool.counts();
  EXPECT_EQ(after.of(work_kind::files).most_running, 3);
  EXPECT_EQ(after.of(work_kind::names).most_running, 2);
  EXPECT_EQ(after.of(work_kind::cpu).most_running, 1);
  EXPECT_EQ(after.most_threads, 8);
}

// node#8436: a hundred look-ups of a name server that does not answer, and no file could be read.
TEST(blocking_pool, lets_files_through_while_names_hang) {
  blocking_pool pool;
  gate hang;
  std::vector<std::unique_ptr<told_job>> names;
  for (int i = 0; i < 100; ++i) {
    names.push_back(std::make_unique<told_job>([&] { hang.pass(); }, work_kind::names));
    pool.submit(*names.back());
  }
  hang.await_arrivals(pool_options().names);
  for (int i = 0; i < 1000; ++i) {
    told_job file([] {}, work_kind::files);
    pool.submit(file);
    file.wait();
  }
  EXPECT_EQ(hang.arrivals(), pool_options().names);
  EXPECT_EQ(pool.counts().of(work_kind::names).completed, 0u);
  hang.open();
  for (const auto& job : names) job->wait();
}

TEST(blocking_pool, gives_back_what_has_not_begun) {
  blocking_pool pool(one_of_each());
  gate hang;
  told_job running([&] { hang.pass(); });
  told_job first;
  told_job second;
  pool.submit(running);
  pool.submit(first);
  pool.submit(second);
  hang.await_arrivals(1);
  EXPECT_FALSE(pool.cancel(running));
  EXPECT_TRUE(pool.cancel(first));
  EXPECT_FALSE(pool.cancel(first));
  EXPECT_EQ(pool.counts().of(work_kind::other).queued, 1);
  hang.open();
  second.wait();
  EXPECT_FALSE(pool.cancel(second));
  EXPECT_EQ(first.calls, 0);
  EXPECT_EQ(first.end(), ending::none);
  pool.submit(first);  // it may come again
  first.wait();
  EXPECT_EQ(first.calls, 1);
}

TEST(blocking_pool, lets_idle_threads_go) {
  const int before = threads_of_this_process();
  pool_options options;
  options.keep_alive = 0ms;
  blocking_pool pool(options);
  for (int i = 0; i < 20; ++i) {
    told_job job;
    pool.submit(job);
    job.wait();
    await_condition([&] { return pool.counts().threads == 0; });
  }
  EXPECT_EQ(pool.counts().most_threads, 1);
  EXPECT_LE(threads_of_this_process(), before + 1);  // at most the last one, on its way out
}

TEST(blocking_pool, keeps_them_where_it_is_told_to) {
  pool_options options;
  options.keep_alive = duration::max();
  blocking_pool pool(options);
  told_job job;
  pool.submit(job);
  job.wait();
  await_condition([&] { return pool.counts().idle_threads == 1; });
  EXPECT_EQ(pool.counts().threads, 1);
}

TEST(blocking_pool, names_what_runs_and_what_is_queued) {
  blocking_pool pool(one_of_each());
  gate hang;
  const rondo::instant before = rondo::os::coarse_now();
  told_job first([&] { hang.pass(); }, work_kind::names);
  first.name = "resolve example.com";
  told_job second([&] { hang.pass(); }, work_kind::names);
  const std::string long_name(100, 'x');
  second.name = long_name;
  pool.submit(first);
  hang.await_arrivals(1);
  pool.submit(second);
  const std::vector<work_report> seen = pool.snapshot();
  ASSERT_THAT(seen, SizeIs(2));
  EXPECT_EQ(seen[0].name, "resolve example.com");
  EXPECT_EQ(seen[0].kind, work_kind::names);
  EXPECT_EQ(seen[0].where.line(), first.where.line());
  EXPECT_TRUE(seen[0].running);
  EXPECT_GE(seen[0].since, before);
  EXPECT_EQ(seen[1].name, std::string(63, 'x'));
  EXPECT_FALSE(seen[1].running);
  EXPECT_THAT(to_string(seen), HasSubstr("names job 'resolve example.com' ("));
  EXPECT_THAT(to_string(seen), HasSubstr(", queued for "));
  hang.open();
  second.wait();
}

TEST(blocking_pool, that_is_shut_down_drops_what_is_queued_and_takes_no_more) {
  blocking_pool pool(one_of_each());
  gate hang;
  told_job running([&] { hang.pass(); });
  told_job queued;
  pool.submit(running);
  hang.await_arrivals(1);
  pool.submit(queued);
  std::vector<work_report> left;
  {
    std::jthread closer([&] { left = pool.shutdown(duration::max()); });
    queued.wait();
    hang.open();
  }
  EXPECT_THAT(left, IsEmpty());
  EXPECT_EQ(queued.end(), ending::dropped);
  EXPECT_EQ(queued.calls, 0);
  EXPECT_EQ(running.end(), ending::performed);
  told_job late;
  try {
    pool.submit(late);
    FAIL() << "took a job after its end";
  } catch (const rondo::error& e) {
    EXPECT_EQ(e.code(), errc::closed);
  }
  EXPECT_EQ(pool.counts().threads, 0);
}

TEST(blocking_pool, names_a_job_that_hangs_and_goes_without_it) {
  const int before = threads_of_this_process();
  gate hang;
  told_job job([&] { hang.pass(); }, work_kind::files);
  job.name = "read a tape";
  {
    blocking_pool pool;
    told_job done;
    pool.submit(done);
    done.wait();
    pool.submit(job);
    hang.await_arrivals(1);
    const std::vector<work_report> hung = pool.shutdown(1ms);
    ASSERT_THAT(hung, SizeIs(1));
    EXPECT_EQ(hung[0].name, "read a tape");
    EXPECT_EQ(hung[0].where.line(), job.where.line());
    EXPECT_TRUE(hung[0].running);
  }
  EXPECT_EQ(job.end(), ending::none);
  hang.open();  // the pool is gone; its thread and the job end in peace
  job.wait();
  EXPECT_EQ(job.end(), ending::performed);
  await_condition([&] { return threads_of_this_process() == before; });
}

TEST(blocking_pool, without_a_thread_says_so) {
  pool_options options;
  options.stack_bytes = std::size_t{1} << 60;
  blocking_pool pool(options);
  told_job job;
  for (int i = 0; i < 3; ++i) {
    try {
      pool.submit(job);
      FAIL() << "there can't be a thread";
    } catch (const rondo::error& e) {
      EXPECT_EQ(e.code(), errc::out_of_memory);
      EXPECT_THAT(e.what(), HasSubstr("ulimit"));
    }
  }
  EXPECT_EQ(pool.counts().of(work_kind::other).queued, 0);
  EXPECT_EQ(pool.counts().failed_starts, 3u);
}

/// In a process of its own, since it becomes a user who may have but few threads. 0 where all went
/// as it should.
int work_with_a_single_thread() {
  if (setresgid(65534, 65534, 65534) != 0 || setresuid(65533, 65533, 65533) != 0) return 1;
  blocking_pool pool;
  gate hang;
  told_job first([&] { hang.pass(); });
  rlimit few;
  if (getrlimit(RLIMIT_NPROC, &few) != 0) return 2;
  for (few.rlim_cur = 1;; ++few.rlim_cur) {  // up to the limit that lets one more thread through
    setrlimit(RLIMIT_NPROC, &few);
    try {
      pool.submit(first);
      break;
    } catch (const rondo::error&) {
      if (few.rlim_cur > 1000) return 2;
    }
  }
  const std::uint64_t before = pool.counts().failed_starts;
  hang.await_arrivals(1);
  std::vector<std::unique_ptr<told_job>> jobs;
  for (int i = 0; i < 20; ++i) {
    jobs.push_back(std::make_unique<told_job>());
    pool.submit(*jobs.back());
  }
  if (pool.counts().threads != 1 || pool.counts().failed_starts == before) return 3;
  hang.open();
  for (const auto& job : jobs) job->wait();
  return pool.counts().of(work_kind::other).completed == 21 ? 0 : 4;
}

TEST(blocking_pool_death, goes_on_with_the_threads_that_it_has) {
  if (getuid() != 0) GTEST_SKIP() << "only root can become a user without other threads";
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(std::_Exit(work_with_a_single_thread()), ::testing::ExitedWithCode(0), "");
}

TEST(blocking_pool_death, with_a_limit_of_nothing_is_a_mistake) {
  pool_options options;
  options.files = 0;
  EXPECT_DEATH(blocking_pool{options}, "limit > 0");
}

TEST(blocking_pool, loses_no_job_and_performs_none_twice) {
  std::mt19937_64 random(rondo::testing::seed());
  for (int round = 0; round < 20; ++round) {
    pool_options options;
    options.files = 1 + static_cast<int>(random() % 3);
    options.other = 1 + static_cast<int>(random() % 3);
    options.names = options.cpu = 1;
    options.keep_alive = duration::microseconds(static_cast<long>(random() % 50));
    blocking_pool pool(options);
    std::atomic<int> taken_back{0};
    constexpr int submitters = 3;
    constexpr int each = 200;
    std::vector<std::vector<std::unique_ptr<told_job>>> jobs(submitters);
    {
      std::vector<std::jthread> threads;
      for (std::size_t t = 0; t < submitters; ++t) {
        threads.emplace_back([&, t, seed = random()] {
          std::mt19937_64 mine(seed);
          for (int i = 0; i < each; ++i) {
            const auto kind = static_cast<work_kind>(mine() % rondo::work_kinds);
            told_job& job = *jobs[t].emplace_back(std::make_unique<told_job>([] {}, kind));
            pool.submit(job);
            told_job& other = *jobs[t][mine() % jobs[t].size()];
            if (mine() % 4 == 0 && other.end() == ending::none && pool.cancel(other)) ++taken_back;
          }
        });
      }
    }
    static_cast<void>(pool.shutdown(duration::max()));
    int performed = 0;
    int dropped = 0;
    for (const auto& list : jobs) {
      for (const auto& job : list) {
        EXPECT_LE(job->calls, 1);
        EXPECT_EQ(job->calls == 1, job->end() == ending::performed);
        performed += job->calls;
        if (job->end() == ending::dropped) ++dropped;
      }
    }
    EXPECT_EQ(performed + dropped + taken_back, submitters * each);
    std::uint64_t completed = 0;
    for (const rondo::work_counts& c : pool.counts().kinds) completed += c.completed;
    EXPECT_EQ(completed, static_cast<std::uint64_t>(performed));
  }
}

}  // namespace
