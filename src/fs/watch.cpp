// Awaiting changes. All that was read and not taken stays in the state, so a cancel loses nothing.
#include <rondo/async/io_awaiter.hpp>
#include <rondo/async/timeout.hpp>
#include <rondo/fs/watch.hpp>
#include <rondo/os/errors.hpp>

#include "fs/on_pool.hpp"
#include "fs/watch_state.hpp"

namespace rondo::fs {

namespace {

using detail::watch_state;

/// Awaits that the kernel has something to tell.
class [[nodiscard]] changes_awaiter : public io_awaiter {
 public:
  explicit changes_awaiter(const watch_state& of, site where = site::current()) noexcept
      : io_awaiter(of.descriptor(), io::op_kind::readable, where), at_(&of.home()) {}

  template <task_promise Promise>
  bool await_suspend(std::coroutine_handle<Promise> waiting) {
    return begin(waiting.promise().context(), waiting, *at_);
  }
  void await_resume() {
    end_wait();
    if (result < 0) [[unlikely]]
      throw_failure("wait for changes");
  }

 private:
  loop* at_;
};

task<> has_changes(watch_state& state) {
  co_await changes_awaiter(state);
}

task<watch_event> next_event(watch_state& state) {
  loop& here = co_await this_loop();
  for (;;) {
    if (state.has_to_look_around()) {
      auto look = [&](stop_flag stop) { state.look_around(stop); };
      co_await offload(on_pool("watch"), look);
      continue;
    }
    auto event = state.take_event(here.now());
    if (event) co_return std::move(*event);
    const instant due = state.due();
    if (state.has_ended() && due.is_never()) {
      throw os::make_error(errc::closed, "watch", state.path() + ", which is gone");
    }
    if (due.is_never()) {
      co_await changes_awaiter(state);
    } else {
      const bool in_time = co_await within(due - here.now(), has_changes(state));
      if (!in_time) continue;
    }
    state.take_changes(here.now());
  }
}

// Quiet
// ----------------------------------------------------------------------------------------

bool is_about_a_name(const watch_event& e) noexcept {
  return e.what <= change::removed;
}

/// What the two of a name amount to, in the first one; false where they stay two.
enum class sum : std::uint8_t { two, one, none };
sum add_up(watch_event& before, const watch_event& after) noexcept {
  using enum change;
  const bool changes_bytes = after.what == modified || after.what == written;
  if (before.what == created && after.what == removed) return sum::none;
  if (before.what == created && after.what != created) return sum::one;
  if (before.what == after.what) return sum::one;
  if (before.what == removed && after.what == created && !before.is_folder && !after.is_folder) {
    before.what = written;
    return sum::one;
  }
  if (before.what == removed) return sum::two;
  if (after.what == removed || (changes_bytes && before.what != attributes)) {
    before.what = after.what;
    return sum::one;
  }
  return sum::two;
}

void put_together(std::deque<watch_event>& events, watch_event next) {
  if (is_about_a_name(next)) {
    for (auto e = events.rbegin(); e != events.rend(); ++e) {
      // Across a move, or a loss, nothing is known to be of the same file.
      if (!is_about_a_name(*e)) break;
      if (e->path != next.path) continue;
      const sum total = add_up(*e, next);
      if (total == sum::none) events.erase(std::next(e).base());
      if (total != sum::two) return;
      break;
    }
  }
  events.push_back(std::move(next));
}

task<watch_event> next_after_quiet(watch_state& state) {
  constexpr std::size_t most = 1000;
  constexpr int longest = 20;  // times `settle`
  const duration quiet = state.options().settle;
  loop& here = co_await this_loop();
  while (state.settling.empty()) {
    put_together(state.settling, co_await next_event(state));
    const instant end = here.now() + quiet * longest;
    while (state.settling.size() < most && here.now() < end && !state.has_ended()) {
      auto event = co_await within(quiet, next_event(state));
      if (!event) break;
      put_together(state.settling, std::move(*event));
    }
  }
  watch_event first = std::move(state.settling.front());
  state.settling.pop_front();
  co_return first;
}

task<watcher> opened(std::string path, watch_options how) {
  loop& home = co_await this_loop();
  auto state = make_owned<watch_state>(home, std::move(path), how);
  auto begin = [&](stop_flag stop) { state->begin(stop); };
  co_await offload(on_pool("watch"), begin);
  co_return watcher(std::move(state));
}

}  // namespace

watcher::watcher(owned<detail::watch_state> state) noexcept : state_(std::move(state)) {}
watcher::watcher(watcher&& other) noexcept = default;
watcher& watcher::operator=(watcher&& other) noexcept = default;
watcher::~watcher() = default;

task<watch_event> watcher::next() {
  RONDO_ASSERT(state_);  // moved from
  return state_->options().settle > duration() ? next_after_quiet(*state_) : next_event(*state_);
}

task<watcher> watch(std::string_view path, watch_options how) {
  return opened(std::string(path), how);
}

}  // namespace rondo::fs
