// The life of a worker: started, online, ended or terminated, and known to be so at home. Two
// threads meet in `state`; each has its own file-long part here, and `lock` decides who may still
// post to whose loop.
#include <chrono>
#include <string>
#include <utility>

#include <rondo/async/run.hpp>
#include <rondo/base/assert.hpp>
#include <rondo/os/errors.hpp>
#include <rondo/task/scope.hpp>

#include "runtime/worker_state.hpp"

namespace rondo::detail {

namespace {

/// Lets go of notices that are still queued at a loop when it is destroyed.
class notices_of_workers final : public loop_companion {
 public:
  static void attach(loop& l) {
    if (l.find_companion(&key) == nullptr) l.add_companion(*new notices_of_workers);
  }

  bool discard(job& j) noexcept override {
    if (j.run != &worker_base::state::has_ended_at_home) return false;
    static_cast<worker_base::state::notice&>(j).of->drop();
    return true;
  }
  void loop_ends() noexcept override { delete this; }

 private:
  static constexpr char key = 0;
  notices_of_workers() noexcept : loop_companion(&key) {}
};

std::string text_of(const char* name) {
  return std::string("worker \"") + name + '"';
}

}  // namespace

// On the thread that starts it -------------------------------------------------------------------

worker_base::state::state(loop& at_home, owned<worker_program> what, worker_options given,
                          std::source_location made_at) noexcept
    : program(std::move(what)), options(std::move(given)), where(made_at), home(&at_home) {
  to_end.of = this;
  to_end.run = [](job& j) {
    state& s = *static_cast<notice&>(j).of;
    if (s.all != nullptr) s.all->cancel(std::move(s.reason), s.told_where);
  };
  to_close.of = this;
  to_close.run = [](job& j) { static_cast<notice&>(j).of->program->close(); };
  has_come_home.of = this;
  has_come_home.run = &has_ended_at_home;
}

void worker_base::state::start() {
  RONDO_ASSERT(!options.on_loop.backend);  // it must be made on the worker's own thread
  notices_of_workers::attach(*home);
  held = home->hold(where);
  keep();
  const int outcome = thread.start(&thread_main, this, os::thread_options(options.name.c_str()));
  if (outcome == 0) return;
  home->clear(held);
  drop();
  throw os::make_error(outcome, "start", text_of(options.name.c_str()));
}

worker_base::worker_base(loop& home, owned<worker_program> program, worker_options options,
                         std::source_location where)
    : state_(new state(home, std::move(program), std::move(options), where)) {
  try {
    state_->start();
  } catch (...) {
    state_->drop();
    throw;
  }
}

worker_base::~worker_base() {
  if (state_ != nullptr) state_->abandon();
}

void worker_base::state::abandon() noexcept {
  terminate("its worker_thread was destroyed", where);
  {
    // Behind the cancel, so that only what is shielded from it learns that nobody receives.
    const std::lock_guard guard(lock);
    if (works != nullptr) works->post_job(to_close);
  }
  std::exception_ptr unseen;
  if (wait_for_end(shutdown_limit)) {
    join_thread();
    if (!failure_seen.load(std::memory_order_relaxed)) unseen = outcome.failure;
  } else {
    // Its thread keeps all of this, and ends by itself or never.
    if (!joined.exchange(true, std::memory_order_acq_rel)) thread.detach();
    unseen = std::make_exception_ptr(
        error(errc::timed_out, text_of(options.name.c_str()) + " has not ended within " +
                                   std::to_string(shutdown_limit.count_seconds()) +
                                   " s of being told to, and was left behind"));
  }
  if (unseen) report(std::move(unseen));
  {
    const std::lock_guard guard(lock);
    if (!is_home() && !is_over) home->post([l = home, h = held] { l->clear(h); });
    if (is_home()) home->clear(held);
    home = nullptr;
  }
  drop();
}

void worker_base::state::report(std::exception_ptr failure) noexcept {
  if (is_home()) {
    home->report_uncaught(std::move(failure));
  } else {
    home->post([failure = std::move(failure)] { std::rethrow_exception(failure); });
  }
}

bool worker_base::state::wait_for_end(duration limit) noexcept {
  std::unique_lock guard(lock);
  const auto over = [this] { return is_over; };
  if (limit == duration::max()) {
    has_ended.wait(guard, over);
    return true;
  }
  return has_ended.wait_for(guard, std::chrono::nanoseconds(limit.count_ns()), over);
}

void worker_base::terminate(label reason, std::source_location where) noexcept {
  state_->terminate(std::move(reason), where);
}

void worker_base::state::terminate(label said, std::source_location by) noexcept {
  const std::lock_guard guard(lock);
  if (told_to_end) return;
  told_to_end = true;
  reason = std::move(said);
  told_where = by;
  program->terminating.store(true, std::memory_order_relaxed);
  if (works != nullptr) works->post_job(to_end);
}

bool worker_base::has_ended() const noexcept {
  return state_->ended.is_set();
}
const char* worker_base::name() const noexcept {
  return state_->options.name.c_str();
}
void worker_base::ref() noexcept {
  state_->home->ref(state_->held);
}
void worker_base::unref() noexcept {
  state_->home->unref(state_->held);
}

task<> worker_base::wait_online() {
  co_await state_->online.wait();
  if (state_->has_begun.load(std::memory_order_relaxed)) co_return;
  co_await join();
}

task<worker_exit> worker_base::wait_exit() {
  state& s = *state_;
  co_await s.ended.wait();
  s.join_thread();
  s.failure_seen.store(true, std::memory_order_relaxed);
  co_return s.outcome;
}

task<> worker_base::join() {
  const worker_exit exit = co_await wait_exit();
  if (exit.failure) std::rethrow_exception(exit.failure);
}

void worker_base::state::has_ended_at_home(job& j) {
  state& s = *static_cast<notice&>(j).of;
  struct leaving {
    state& s;
    ~leaving() { s.drop(); }
  } const at_the_end{s};
  {
    const std::lock_guard guard(s.lock);
    if (s.home == nullptr) return;
    s.home->clear(s.held);
  }
  if (!s.options.on_exit) return;
  s.failure_seen.store(true, std::memory_order_relaxed);
  auto on_exit = std::move(s.options.on_exit);
  on_exit(s.outcome);
}

// On its own thread ------------------------------------------------------------------------------

void* worker_base::state::thread_main(void* argument) noexcept {
  state& s = *static_cast<state*>(argument);
  s.ends(s.turn_loop());
  // Work that hangs may use what the tasks own, and these use the port: then nothing of it is ever
  // destroyed.
  if (!s.is_in_main) s.drop();
  return nullptr;
}

std::exception_ptr worker_base::state::turn_loop() noexcept {
  try {
    turn_loop_until_main_ends();
    return nullptr;
  } catch (const cancelled&) {
    // In the scope of whoever joins, to which it would be rethrown, nobody has cancelled.
    return std::make_exception_ptr(
        error(errc::cancelled, text_of(options.name.c_str()) +
                                   " ended by `cancelled`, though nobody had called terminate"));
  } catch (...) {
    return std::current_exception();
  }
}

void worker_base::state::turn_loop_until_main_ends() {
  if (options.backend != io::backend_kind::automatic) {
    auto made = io::make_backend(options.backend);
    if (!made) throw std::move(made).error();
    options.on_loop.backend = std::move(*made);
  }
  loop l(std::move(options.on_loop));
  struct open_for_posts {
    state& s;
    handle_id lives;  // messages may come until the main task has ended
    open_for_posts(state& of, loop& l) : s(of), lives(l.hold()) {
      const std::lock_guard guard(s.lock);
      s.works = &l;
    }
    ~open_for_posts() {
      const std::lock_guard guard(s.lock);
      std::exchange(s.works, nullptr)->clear(lives);
    }
  } const open(*this, l);
  run(l, main(), where);
}

task<> worker_base::state::main() {
  struct in_main {
    state& s;
    explicit in_main(state& of) noexcept : s(of) { s.is_in_main = true; }
    ~in_main() {
      s.all = nullptr;
      s.is_in_main = false;
    }
  } const here(*this);
  co_await with_scope([this](scope& tasks) -> task<> {
    all = &tasks;
    // From before; whoever comes later posts to this loop.
    if (program->terminating.load(std::memory_order_relaxed)) co_return;
    has_begun.store(true, std::memory_order_relaxed);
    online.set();
    co_await program->start();
  });
}

void worker_base::state::ends(std::exception_ptr thrown) noexcept {
  program->close();
  {
    const std::lock_guard guard(lock);
    if (thrown) {
      outcome = worker_exit(worker_end::failed, std::move(thrown));
    } else if (told_to_end) {
      outcome.how = worker_end::terminated;
    }
    is_over = true;
    has_ended.notify_all();
  }
  online.set();
  ended.set();
  // Behind those who are resumed at home: it lets go of the loop, which must be alive for them.
  const std::lock_guard guard(lock);
  if (home == nullptr) return;
  keep();
  home->post_job(has_come_home);
}

}  // namespace rondo::detail
