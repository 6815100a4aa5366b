#include <cerrno>
#include <stdexcept>

#include <rondo/base/error.hpp>

#include "loop/fixture.hpp"

namespace {

using namespace rondo;
using namespace rondo::testing;

std::string text_of(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const std::exception& e) {
    return e.what();
  } catch (int number) {
    return std::to_string(number);
  }
}

/// Every kind of callback, by the name under which it is made.
struct way {
  const char* name;
  handle_id (*make)(loop& l, callback f);
};
const way ways[] = {
    {"timeout", [](loop& l, callback f) { return l.set_timeout(1ms, std::move(f)); }},
    {"interval", [](loop& l, callback f) { return l.set_interval(1ms, std::move(f)); }},
    {"call_later", [](loop& l, callback f) { return l.call_later(0ms, std::move(f)); }},
    {"immediate", [](loop& l, callback f) { return l.set_immediate(std::move(f)); }},
    {"idle", [](loop& l, callback f) { return l.add_idle(std::move(f)); }},
    {"prepare", [](loop& l, callback f) { return l.add_prepare(std::move(f)); }},
    {"check", [](loop& l, callback f) { return l.add_check(std::move(f)); }},
    {"pending", [](loop& l, callback f) { return l.call_soon(std::move(f)), handle_id(); }},
    {"close", [](loop& l, callback f) { return l.call_on_close(std::move(f)), handle_id(); }},
    {"tick", [](loop& l, callback f) { return l.next_tick(std::move(f)), handle_id(); }},
    {"microtask", [](loop& l, callback f) { return l.queue_microtask(std::move(f)), handle_id(); }},
    {"post", [](loop& l, callback f) { return l.post(std::move(f)), handle_id(); }},
};

class errors : public loop_test, public ::testing::WithParamInterface<way> {
 protected:
  // Check hooks alone would wait in the poll phase for ever. Turns that don't wait take time.
  errors() {
    l.unref(l.add_idle([this] { time.advance(1ms); }));
  }

  /// Callbacks of one kind: one that throws between two that do not. Hooks remove themselves.
  void make_three() {
    for (int i = 1; i <= 3; ++i) {
      h[i] = GetParam().make(l, [this, i] {
        l.clear(h[i]);
        say(std::to_string(i));
        if (i == 2) throw std::runtime_error("two");
      });
    }
  }
  handle_id h[4];
};

TEST_P(errors, reach_the_hook_and_the_loop_goes_on) {
  l.on_uncaught([this](const std::exception_ptr& thrown) { say("uncaught " + text_of(thrown)); });
  make_three();
  EXPECT_FALSE(l.run());
  EXPECT_THAT(log, ElementsAre("1", "2", "uncaught two", "3"));
}

TEST_P(errors, without_a_hook_end_run_after_which_nothing_is_lost) {
  make_three();
  EXPECT_THROW(l.run(), std::runtime_error);
  EXPECT_FALSE(l.is_running());
  EXPECT_TRUE(l.is_alive());
  EXPECT_THAT(log, ElementsAre("1", "2"));
  EXPECT_FALSE(l.run());
  EXPECT_THAT(log, ElementsAre("1", "2", "3"));
}

TEST_P(errors, of_the_hook_end_run_too) {
  l.on_uncaught([](const std::exception_ptr&) { throw 42; });
  make_three();
  EXPECT_THROW(l.run(), int);
  EXPECT_FALSE(l.run());
  EXPECT_THAT(log, ElementsAre("1", "2", "3"));
}

TEST_P(errors, leave_all_other_phases_whole) {
  for (const way& w : ways) {
    const auto self = std::make_shared<handle_id>();
    *self = w.make(l, [this, self, name = w.name] {
      l.clear(*self);
      say(name);
    });
  }
  make_three();
  EXPECT_THROW(l.run(), std::runtime_error);
  EXPECT_FALSE(l.run());
  std::vector<std::string> expected = {"1", "2", "3"};
  for (const way& w : ways) expected.emplace_back(w.name);
  EXPECT_THAT(log, ::testing::UnorderedElementsAreArray(expected));
}

INSTANTIATE_TEST_SUITE_P(, errors, ::testing::ValuesIn(ways),
                         [](const auto& info) { return std::string(info.param.name); });

class other_errors : public loop_test {};

TEST_F(other_errors, of_an_interval_do_not_end_it) {
  l.on_uncaught([](const std::exception_ptr&) {});
  int calls = 0;
  handle_id self;
  self = l.set_interval(1ms, [&] {
    if (++calls == 3) l.clear(self);
    throw 1;
  });
  l.run();
  EXPECT_EQ(calls, 3);
}

TEST_F(other_errors, of_an_operation_reach_the_hook) {
  l.on_uncaught([this](const std::exception_ptr& thrown) { say("uncaught " + text_of(thrown)); });
  speaking_op first(*this, "first"), second(*this, "second");
  first.then = [] { throw std::runtime_error("completion"); };
  EXPECT_FALSE(l.start(first));
  EXPECT_FALSE(l.start(second));
  io->script = {[&] {
    io->complete(first, 0);
    io->complete(second, 0);
  }};
  EXPECT_FALSE(l.run());
  EXPECT_THAT(log, ElementsAre("first", "uncaught completion", "second"));
}

TEST_F(other_errors, of_an_operation_do_not_lose_the_next_completion) {
  speaking_op first(*this, "first"), second(*this, "second");
  first.then = [] { throw std::runtime_error("completion"); };
  EXPECT_FALSE(l.start(first));
  EXPECT_FALSE(l.start(second));
  io->script = {[&] {
    io->complete(first, 0);
    io->complete(second, 0);
  }};
  EXPECT_THROW(l.run(), std::runtime_error);
  EXPECT_TRUE(l.is_alive());
  EXPECT_FALSE(l.run());
  EXPECT_THAT(log, ElementsAre("first", "second"));
}

TEST_F(other_errors, are_followed_by_the_ticks_of_the_callback_that_threw) {
  l.on_uncaught([this](const std::exception_ptr&) {
    say("uncaught");
    l.next_tick(says("tick of the hook"));
  });
  l.set_immediate([this] {
    l.next_tick(says("tick"));
    throw 1;
  });
  l.set_immediate(says("next"));
  l.run();
  EXPECT_THAT(log, ElementsAre("uncaught", "tick", "tick of the hook", "next"));
}

TEST_F(other_errors, can_be_counted_on_in_every_turn) {
  int seen = 0;
  l.on_uncaught([&](const std::exception_ptr&) { ++seen; });
  for (int i = 0; i < 1000; ++i) l.set_timeout(std::chrono::milliseconds(i % 7), [] { throw 1; });
  l.run();
  EXPECT_EQ(seen, 1000);
}

TEST_F(other_errors, of_the_backend_end_run_and_are_not_the_hooks) {
  bool hooked = false;
  l.on_uncaught([&](const std::exception_ptr&) { hooked = true; });
  l.set_timeout(10ms, says("10"));
  io->answer = -EBADF;
  try {
    l.run();
    FAIL() << "the backend can't go on";
  } catch (const error& e) {
    EXPECT_EQ(e.native(), EBADF);
    EXPECT_THAT(e.what(), ::testing::HasSubstr("scripted"));
  }
  EXPECT_FALSE(hooked);
  EXPECT_TRUE(l.is_alive());
  io->answer = 0;
  EXPECT_FALSE(l.run());
  EXPECT_THAT(log, ElementsAre("10"));
}

}  // namespace
