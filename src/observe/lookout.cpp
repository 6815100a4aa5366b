// Who looks together, and since when. A process has one socket, by its number, so what looks
// through it has to be found by whoever comes later: a worker thread with a loop of its own, say.
#include "observe/lookout.hpp"

#include <algorithm>
#include <utility>

#include <rondo/os/clock.hpp>

#include "observe/socket_service.hpp"

namespace rondo::observe {

namespace {

/// Guards who has entered which lookout. Held while a socket is opened or closed, so that the next
/// one is not refused for the last one's sake; never wanted by who looks.
constinit std::mutex entering;
constinit lookout* with_socket = nullptr;

}  // namespace

// Some loops ------------------------------------------------------------------------------------

watched_loops::watched_loops(const loops_together& all, int first_index,
                             const inspect_options& options)
    : people(&census::take_one(options.most_tasks)) {
  try {
    for (int i = 0; i < all.size(); ++i) {
      loops.push_back(std::make_shared<loop_watch>(all.at(i), *people, first_index + i, options));
    }
  } catch (...) {
    people->close();
    throw;
  }
}

watched_loops::~watched_loops() {
  people->close();
  for (const std::shared_ptr<loop_watch>& each : loops) each->leave();
}

bool watched_loops::has(const loop& l) const noexcept {
  return std::ranges::any_of(loops, [&](const auto& each) { return each->is_of(l); });
}

// All of them -----------------------------------------------------------------------------------

lookout::lookout(const inspect_options& given) : options_(given), begun_(real_clock().now()) {}

lookout* lookout::find(const inspect_options& options) noexcept {
  if (!options.socket) return nullptr;
  lookout* found = with_socket;
  while (found != nullptr && found->options_.socket_folder != options.socket_folder) {
    found = found->next_;
  }
  return found;
}

watched_loops* lookout::watching(const loop& l) const noexcept {
  const auto found = std::ranges::find_if(all_, [&](const auto& each) { return each->has(l); });
  return found != all_.end() ? found->get() : nullptr;
}

/// The first of so many that no loop has: those of loops that have come and gone are used again.
int lookout::free_index(int count) const noexcept {
  int first = 0;
  for (bool moved = true; moved;) {
    moved = false;
    for (const owned<watched_loops>& each : all_) {
      const int begin = each->loops.front()->index();
      const int end = begin + static_cast<int>(each->loops.size());
      if (begin >= first + count || end <= first) continue;
      first = end;
      moved = true;
    }
  }
  return first;
}

lookout::place lookout::enter(const loops_together& all, const inspect_options& options) {
  const std::lock_guard hold(entering);
  lookout* const there = find(options);
  if (there != nullptr) {
    if (watched_loops* const known = there->watching(all.at(0))) {
      ++known->users;
      return {there, known, false};
    }
  }
  owned<lookout> made(there != nullptr ? nullptr : new lookout(options));
  lookout& from = there != nullptr ? *there : *made;
  auto loops = make_owned<watched_loops>(all, from.free_index(all.size()), from.options_);
  watched_loops* const watched = loops.get();
  {
    const std::lock_guard look(from.looking_);
    from.all_.push_back(std::move(loops));
  }
  if (made && options.socket) made->next_ = std::exchange(with_socket, made.get());
  static_cast<void>(made.release());
  return {&from, watched, true};
}

void lookout::leave(const place& p) noexcept {
  const std::lock_guard hold(entering);
  if (--p.loops->users > 0) return;
  lookout& from = *p.from;
  const bool is_last = from.all_.size() == 1;
  if (is_last) {
    lookout** at = &with_socket;
    while (*at != nullptr && *at != &from) at = &(*at)->next_;
    if (*at != nullptr) *at = from.next_;
    from.outside_ = {};  // first: it looks at the rest
  }
  owned<watched_loops> gone;
  {
    const std::lock_guard look(from.looking_);
    const auto mine =
        std::ranges::find_if(from.all_, [&](const auto& each) { return each.get() == p.loops; });
    gone = std::move(*mine);
    from.all_.erase(mine);
  }
  if (is_last) delete &from;
}

void lookout::open_socket() {
  const std::lock_guard hold(entering);
  if (!options_.socket || outside_) return;
  std::vector<owned<observer_service>> services;
  services.push_back(make_owned<socket_service>(options_.socket_folder, [this] { return look(); }));
  outside_ = make_owned<observer>(std::move(services));
}

}  // namespace rondo::observe
