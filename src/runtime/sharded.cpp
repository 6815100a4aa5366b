// Shards from their start to their common end: see shard_group.hpp for why that has two phases.
#include <string>
#include <utility>

#include <rondo/async/run.hpp>
#include <rondo/base/assert.hpp>
#include <rondo/os/errors.hpp>
#include <rondo/task/shield.hpp>

#include "runtime/shard_group.hpp"

namespace rondo {

// A shard ----------------------------------------------------------------------------------------

shard::shard(detail::shard_group& of, int index) : group_(&of), index_(index) {
  for (int i = 0; i < of.how.count; ++i) {
    slots_.push_back(make_owned<semaphore>(of.how.calls_in_flight));
  }
  canceller_.of = this;
  canceller_.run = [](job& j) { static_cast<canceller&>(j).of->meet_cancel(); };
}

void shard::meet_cancel() noexcept {
  if (serving_ == nullptr || !group_->is_cancelled()) return;
  // Each thread has its copy of the reason.
  serving_->cancel(label(std::string_view(group_->reason.c_str())), group_->cancelled_where);
}

int shard::count() const noexcept {
  return group_->how.count;
}

shard& shard::peer(int other) const noexcept {
  RONDO_ASSERT(other >= 0 && other < count(), other, count());
  return *group_->shards[static_cast<std::size_t>(other)];
}

semaphore& shard::slots_to(int other) noexcept {
  RONDO_ASSERT(other >= 0 && other < count(), other, count());
  return *slots_[static_cast<std::size_t>(other)];
}

once_cell<socket_address>& shard::next_address() {
  return group_->address(addresses_++);
}

void shard::post_callback(int other, callback f) {
  peer(other).loop_->post(std::move(f));
}

void shard::post_task(int other, unique_function<task<>()> f) {
  shard& there = peer(other);
  there.loop_->post([&there, f = std::move(f)]() mutable {
    if (there.serving_ == nullptr) return;
    there.serving_->spawn("a post of another shard",
                          detail::shard_group::reporting(*there.group_, std::move(f)));
  });
}

void shard::cancel_all(label reason, std::source_location where) noexcept {
  group_->cancel(std::move(reason), where);
}

namespace detail {

// All of them ------------------------------------------------------------------------------------

shard_group::shard_group(sharded given, shard_main what, std::source_location made_at)
    : how(std::move(given)), main(what), where(made_at) {
  RONDO_ASSERT(how.count >= 1, how.count);
  for (std::atomic<int>& each : still_in) each.store(how.count, std::memory_order_relaxed);
  failures.reserve(at(how.count));
  running.resize(at(how.count));
  for (int i = 0; i < how.count; ++i) shards.push_back(owned<shard>(new shard(*this, i)));
}

void shard_group::run_all() {
  std::vector<os::thread> threads(static_cast<std::size_t>(how.count) - 1);
  struct joining {
    std::vector<os::thread>& all;
    ~joining() {
      for (os::thread& each : all) {
        if (each.is_joinable()) each.join();
      }
    }
  } const at_the_end{threads};
  const auto body = [](void* of) noexcept -> void* {
    shard& me = *static_cast<shard*>(of);
    me.group_->run_shard(me);
    return nullptr;
  };
  for (std::size_t i = 0; i < threads.size(); ++i) {
    const int outcome =
        threads[i].start(body, shards[i + 1].get(), os::thread_options(how.name.c_str()));
    if (outcome < 0) {
      return give_up(std::make_exception_ptr(
          os::make_error(outcome, "start a thread for shard", std::to_string(i + 1))));
    }
  }
  run_shard(*shards.front());
}

void shard_group::cancel(label why, std::source_location by) noexcept {
  {
    const std::lock_guard guard(lock);
    if (is_cancelled()) return;
    reason = std::move(why);
    cancelled_where = by;
    cancelled.store(true, std::memory_order_release);
  }
  for (const owned<shard>& each : shards) each->loop_->post_job(each->canceller_);
}

void shard_group::keep(std::exception_ptr failure) noexcept {
  const std::lock_guard guard(lock);
  try {
    failures.add(std::move(failure));
  } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch)
    // There was room for one of each shard.
  }
}

void shard_group::fail(std::exception_ptr failure) noexcept {
  keep(std::move(failure));
  cancel("another shard has failed", where);
}

void shard_group::give_up(std::exception_ptr failure) noexcept {
  keep(std::move(failure));
  const std::lock_guard guard(lock);
  cannot_begin = true;
  everybody_is_there.notify_all();
}

bool shard_group::wait_for_all(int round) noexcept {
  std::unique_lock guard(lock);
  ++arrived;
  everybody_is_there.notify_all();
  everybody_is_there.wait(guard, [&] { return cannot_begin || arrived >= round * how.count; });
  return !cannot_begin;
}

once_cell<socket_address>& shard_group::address(int number) {
  const std::lock_guard guard(lock);
  while (static_cast<int>(addresses.size()) <= number) addresses.emplace_back();
  return addresses[static_cast<std::size_t>(number)];
}

void shard_group::for_each_line_here(int index, void (*f)(void* with, const task_context& line),
                                     void* with) {
  const run_of_shard& its = running[at(index)];
  if (its.outermost != nullptr) f(with, *its.outermost);
}

// In each thread ---------------------------------------------------------------------------------

loop_options shard_group::options_of_loop(const char* recorded_as) const {
  loop_options options;
  options.shutdown_limit = how.shutdown_limit;
  options.recorder = how.recorder;
  options.recorded_as = recorded_as;
  if (how.backend == io::backend_kind::automatic) return options;
  auto made = io::make_backend(how.backend);
  if (!made) throw std::move(made).error();
  options.backend = std::move(*made);
  return options;
}

void shard_group::run_shard(shard& me) noexcept {
  try {
    std::optional<os::processor_pin> pin;
    if (how.pin) pin.emplace(me.index_);
    loop_group::member membership(*this, me.index_);
    const std::string track = std::string(how.name.c_str()) + ' ' + std::to_string(me.index_);
    loop l(options_of_loop(track.c_str()));
    l.add_companion(membership);
    const handle_id lives = l.hold();  // others may call until all have ended
    l.on_uncaught([this](std::exception_ptr thrown) { fail(std::move(thrown)); });
    me.loop_ = &l;
    if (!wait_for_all(1)) return;
    try {
      rondo::run(l, main_of(me), where);
    } catch (...) {
      fail(std::current_exception());
    }
    running[at(me.index_)] = {};
    come_to_the_end(me);
    wait_for_all(2);  // somebody may still be posting here
    l.clear(lives);
  } catch (...) {
    give_up(std::current_exception());
  }
}

task<> shard_group::main_of(shard& me) {
  loop_executor& here = executor_of(co_await this_task());
  scope* const root_of_run = here.root();
  running[at(me.index_)] = {&here, &root_of_run->parent()};
  std::exception_ptr failure;
  try {
    auto serve = [&](scope& serving) -> task<> {
      me.serving_ = &serving;
      me.meet_cancel();  // one from before; later ones are posted
      co_await call_main(me, serving);
      co_await end_phase(me);
      serving.cancel("all shards have ended");
      me.serving_ = nullptr;
    };
    co_await with_scope(serve);
  } catch (...) {
    failure = std::current_exception();
  }
  me.serving_ = nullptr;
  here.set_root(root_of_run);
  if (failure) fail(std::move(failure));
  while (me.phases_ < phases) co_await end_phase(me);
}

/// Whatever becomes of it, this returns, and all others have been told to end where they have to.
task<> shard_group::call_main(shard& me, scope& serving) {
  std::exception_ptr failure;
  bool was_cancelled = false;
  try {
    auto in_root_scope = [&](scope& root) -> task<> {
      root.runs_on().set_root(&root);
      co_await main.call(main.of, me);
      root.cancel("the main task has ended");
    };
    co_await with_scope(in_root_scope);
  } catch (const rondo::cancelled&) {
    was_cancelled = serving.cancel_pending();
    failure = std::current_exception();
  } catch (...) {
    failure = std::current_exception();
  }
  // What is spawned by those whom others have sent is now theirs.
  serving.runs_on().set_root(&serving);
  if (was_cancelled) {
    cancel("another shard was cancelled", where);
  } else if (failure) {
    fail(std::move(failure));
  }
}

task<> shard_group::end_phase(shard& me) {
  event& all = over[me.phases_];
  arrive(me);
  co_await shield(all.wait());
}

void shard_group::arrive(shard& me) noexcept {
  const int phase = me.phases_++;
  // acq_rel: whoever is the last has seen what the others did.
  if (still_in[phase].fetch_sub(1, std::memory_order_acq_rel) == 1) over[phase].set();
}

/// Where `run` has left its tasks behind, because of work that hangs, the others must not wait for
/// this shard, and may still call it.
void shard_group::come_to_the_end(shard& me) noexcept {
  if (me.phases_ == phases && over[phases - 1].is_set()) return;
  me.serving_ = nullptr;
  while (me.phases_ < phases) arrive(me);
  try {
    auto wait = [this]() -> task<> { co_await over[phases - 1].wait(); };
    rondo::run(*me.loop_, wait(), where);
  } catch (...) {
    keep(std::current_exception());
  }
}

task<> shard_group::reporting(shard_group& group, unique_function<task<>()> f) {
  std::exception_ptr failure;
  try {
    co_await f();
  } catch (const rondo::cancelled&) {
    throw;
  } catch (...) {
    failure = std::current_exception();
  }
  if (failure) group.fail(std::move(failure));
}

int run_sharded(sharded how, shard_main main, std::source_location where) {
  if (how.count == 0) how.count = os::processors();
  shard_group group(std::move(how), main, where);
  group.run_all();
  group.failures.rethrow();
  return 0;
}

}  // namespace detail
}  // namespace rondo
