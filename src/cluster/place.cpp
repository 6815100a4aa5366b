// What one place goes through: a worker is brought up, serves, dies and is followed by another, or
// is replaced. One task decides all of it, so that a death, a reload and a stop that come together
// can't contradict each other.
#include <algorithm>
#include <utility>

#include <rondo/async/timeout.hpp>

#include "cluster/supervisor_state.hpp"

namespace rondo::cluster {

using stage = member::stage;

task<> supervisor::state::keep(place& p) {
  p.pause = options.first_pause;
  while (!stopping) {
    if (p.current == nullptr) {
      std::string why_not;
      const int tried = generation;
      p.current = co_await bring_up(p, why_not);
      if (p.current != nullptr) report(worker_event_kind::ready, p.current->info);
      if (tried == generation) fulfil(p, why_not);
      if (p.current == nullptr && !stopping) co_await after_death(p, std::move(why_not));
    } else if (p.current->at == stage::gone) {
      const member_pointer dead = std::exchange(p.current, nullptr);
      if (l.now() - dead->served_since < options.proven_after) {
        co_await after_death(p, dead->end);
      } else {
        p.early_deaths = 0;
        p.pause = options.first_pause;
      }
    } else if (p.wish != nullptr && p.current->info.generation == generation) {
      fulfil(p, {});  // it has died since the reload began, and was followed by a new one
    } else if (p.wish != nullptr) {
      co_await replace(p);
    } else {
      co_await news_of(p, instant::never());
    }
  }
  fulfil(p, "the supervisor stops");
  if (p.current != nullptr) co_await retire(std::exchange(p.current, nullptr));
}

/// Waits until somebody has left news, or the time has come. What was to be known before the call
/// has been looked at before it: there is no suspension between.
task<> supervisor::state::news_of(place& p, instant until) {
  p.news.reset();
  const duration limit = until.is_never() ? duration::max() : until - l.now();
  co_await within(limit, [](event& news) -> task<> { co_await news.wait(); }(p.news));
}

/// Starts a worker and waits until it serves; null where it doesn't.
task<member_pointer> supervisor::state::bring_up(place& p, std::string& why_not) {
  member_pointer fresh;
  try {
    fresh = start(p);
  } catch (const error& e) {
    why_not = e.what();
    worker_info nobody;
    nobody.index = p.index;
    nobody.generation = generation;
    report(worker_event_kind::failed, nobody, why_not);
    co_return fresh;
  }
  const instant due = l.now() + options.ready_within;
  while (fresh->at == stage::starting && !stopping && l.now() < due) co_await news_of(p, due);
  if (fresh->at == stage::serving) co_return fresh;
  if (fresh->at == stage::gone) {
    why_not = fresh->end + " before it was ready";
  } else if (stopping) {
    why_not = "the supervisor stops";
  } else {
    why_not = "was not ready within " + in_seconds(options.ready_within);
    report(worker_event_kind::failed, fresh->info, why_not);
  }
  all->spawn("worker's retirement", retire(fresh));
  fresh.reset();
  co_return fresh;
}

/// Where the successor does not come to serve, whoever is there stays.
task<> supervisor::state::replace(place& p) {
  std::string why_not;
  member_pointer fresh = co_await bring_up(p, why_not);
  if (fresh == nullptr) {
    fulfil(p, std::move(why_not));
    co_return;
  }
  const member_pointer old = std::exchange(p.current, std::move(fresh));
  report(worker_event_kind::ready, p.current->info);
  all->spawn("worker's retirement", retire(old));
  fulfil(p, {}, old);
}

void supervisor::state::fulfil(place& p, std::string failure, member_pointer replaced) {
  if (p.wish == nullptr) return;
  p.wish->failure = std::move(failure);
  p.wish->replaced = std::move(replaced);
  std::exchange(p.wish, nullptr)->done.set();
}

/// Gives up, or waits before the next attempt. Who wishes to replace it has changed something, so
/// he need not wait.
task<> supervisor::state::after_death(place& p, std::string how) {
  if (++p.early_deaths >= options.give_up_after) {
    failure.emplace(errc::other, "gave up: worker " + std::to_string(p.index) + " died " +
                                     std::to_string(p.early_deaths) +
                                     " times in a row before it had served for " +
                                     in_seconds(options.proven_after) + "; the last one " + how);
    stop();
    co_return;
  }
  worker_info next;
  next.index = p.index;
  next.generation = generation;
  report(worker_event_kind::pausing, next, in_seconds(p.pause));
  const instant due = l.now() + p.pause;
  p.pause = std::min(p.pause * 2, options.longest_pause);
  while (!stopping && p.wish == nullptr && l.now() < due) co_await news_of(p, due);
}

}  // namespace rondo::cluster
