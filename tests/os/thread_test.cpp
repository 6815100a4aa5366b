// A thread's name, stack and signal mask, and the number that comes back where none can be had.
#include <rondo/os/thread.hpp>

#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>

#include <cerrno>
#include <semaphore>
#include <string>

namespace {

using rondo::os::thread;
using rondo::os::thread_options;

struct seen_inside {
  std::binary_semaphore named{0};
  std::string name;
  std::size_t stack = 0;
  bool takes_term = true;
  bool takes_fault = false;
};

void* look_around(void* argument) noexcept {
  auto& seen = *static_cast<seen_inside*>(argument);
  sigset_t blocked;
  pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
  seen.takes_term = sigismember(&blocked, SIGTERM) == 0;
  seen.takes_fault = sigismember(&blocked, SIGSEGV) == 0;
  pthread_attr_t attributes;
  pthread_getattr_np(pthread_self(), &attributes);
  pthread_attr_getstacksize(&attributes, &seen.stack);
  pthread_attr_destroy(&attributes);
  seen.named.acquire();  // the name is given by the parent, before `start` returns
  char name[32] = {};
  pthread_getname_np(pthread_self(), name, sizeof name);
  seen.name = name;
  return nullptr;
}

TEST(thread, has_its_name_its_stack_and_takes_no_signals) {
  seen_inside seen;
  thread t;
  EXPECT_FALSE(t.is_joinable());
  sigset_t before;
  pthread_sigmask(SIG_SETMASK, nullptr, &before);
  ASSERT_EQ(t.start(&look_around, &seen, thread_options("a name of 20 chars..", 1 << 20)), 0);
  EXPECT_TRUE(t.is_joinable());
  seen.named.release();
  t.join();
  EXPECT_FALSE(t.is_joinable());
  EXPECT_EQ(seen.name, "a name of 20 ch");
  EXPECT_GE(seen.stack, 1u << 20);
  EXPECT_LT(seen.stack, 2u << 20);
  EXPECT_FALSE(seen.takes_term);
  EXPECT_TRUE(seen.takes_fault);
  sigset_t after;
  pthread_sigmask(SIG_SETMASK, nullptr, &after);
  for (int n = 1; n < 64; ++n) EXPECT_EQ(sigismember(&before, n), sigismember(&after, n)) << n;
}

TEST(thread, that_can_not_be_had_is_a_number) {
  thread t;
  const auto nothing = [](void*) noexcept -> void* { return nullptr; };
  EXPECT_EQ(t.start(nothing, nullptr, thread_options("huge", std::size_t{1} << 60)), -EAGAIN);
  EXPECT_FALSE(t.is_joinable());
}

TEST(thread, that_is_detached_goes_by_itself) {
  std::binary_semaphore ran{0};
  thread t;
  const auto body = [](void* ran) noexcept -> void* {
    static_cast<std::binary_semaphore*>(ran)->release();
    return nullptr;
  };
  ASSERT_EQ(t.start(body, &ran, thread_options("detached")), 0);
  t.detach();
  ran.acquire();
}

TEST(thread_death, that_is_forgotten_is_a_bug) {
  const auto forget = [] {
    thread t;
    static_cast<void>(t.start([](void*) noexcept -> void* { return nullptr; }, nullptr,
                              thread_options("forgotten")));
  };
  EXPECT_DEATH(forget(), "started_");
}

TEST(processors, are_at_least_one) {
  EXPECT_GE(rondo::os::processors(), 1);
}

}  // namespace
