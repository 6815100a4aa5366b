// Attaching to a program that runs already, and letting go of it again.
#include <rondo/observe/inspect.hpp>

#include <exception>
#include <utility>

#include <rondo/os/clock.hpp>
#include <rondo/runtime/runtime.hpp>
#include <rondo/sync/latch.hpp>
#include <rondo/task/shield.hpp>
#include <rondo/task/this_task.hpp>

#include "observe/inspector_state.hpp"
#include "observe/page_service.hpp"
#include "observe/socket_service.hpp"

namespace rondo::observe {

namespace {

struct newcomer {
  census* to;
  int worker;
};

/// A line that was there before, and those in its groups.
void take_in(void* to, const task_context& line) {
  const auto& with = *static_cast<const newcomer*>(to);
  with.to->adopt(line, with.worker);
  if (!line.is_waiting()) return;
  cancel_scope* const below = line.waits_for_unlocked().region;
  if (below == nullptr) return;
  below->for_each_task([&](const task_context& child) { take_in(to, child); });
}

}  // namespace

inspector::state::state(const inspect_options& given)
    : options(given), people(&census::take_one(given.most_tasks)), begun(real_clock().now()) {}

/// The other workers let go when they come to it. Until then they tell a census that is closed.
inspector::state::~state() {
  outside = {};
  people->close();
  for (const owned<loop_watch>& each : loops) {
    if (!each) continue;  // it could not be attached
    loop_executor& from = each->runs();
    if (from.is_mine()) {
      people->detach(from);
      continue;
    }
    try {
      loop_of(from).post([closed = people, &from] { closed->detach(from); });
    } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch)
      // No memory to say so: then it stays attached, to nobody.
    }
  }
}

void inspector::state::open() {
  std::vector<owned<observer_service>> services;
  if (options.socket) {
    services.push_back(
        make_owned<socket_service>(options.socket_folder, [this] { return look(); }));
  }
  page_service* page = nullptr;
  if (options.page) {
    page_source source;
    source.look = [this] { return look(); };
    source.recorder = options.recorder;
    auto made = make_owned<page_service>(std::move(source), options.page_host, options.page_port);
    page = made.get();
    services.push_back(std::move(made));
  }
  if (!services.empty()) outside = make_owned<observer>(std::move(services));
  if (page != nullptr) page_url = page->url();
}

void inspector::state::attach(loop_executor& here, runtime* r, int index) {
  owned<loop_watch>& mine = loops[static_cast<std::size_t>(index)];
  mine = make_owned<loop_watch>(here, r, index, options);
  people->attach(here, index);
  newcomer with{people, index};
  if (r != nullptr) {
    r->for_each_line_here(&take_in, &with);
  } else if (here.root() != nullptr) {
    take_in(&with, here.root()->parent());
  }
}

inspector::inspector(owned<state> begun) noexcept : state_(std::move(begun)) {}
inspector::inspector(inspector&& other) noexcept = default;
inspector& inspector::operator=(inspector&& other) noexcept = default;
inspector::~inspector() = default;

snapshot inspector::look() const {
  return state_->look();
}

const std::string& inspector::page() const noexcept {
  return state_->page_url;
}

namespace {

task<> attach_to_all(inspector::state& to, runtime& r) {
  std::vector<std::exception_ptr> failures(to.loops.size());
  latch missing(r.workers());
  for (int i = 0; i < r.workers(); ++i) {
    loop_executor& its = r.executor_of(i);
    loop_of(its).post([&, i] {
      try {
        to.attach(r.executor_of(i), &r, i);
      } catch (...) {
        failures[static_cast<std::size_t>(i)] = std::current_exception();
      }
      missing.count_down();
    });
  }
  co_await missing.wait();
  for (const std::exception_ptr& each : failures) {
    if (each) std::rethrow_exception(each);
  }
}

}  // namespace

task<inspector> inspect(inspect_options options) {
  const task_context& line = co_await this_task();
  runtime* const crew = co_await this_runtime();
  auto begun = make_owned<inspector::state>(options);
  inspector::state& state = *begun;
  state.loops.resize(crew == nullptr ? 1 : static_cast<std::size_t>(crew->workers()));
  if (crew == nullptr) {
    state.attach(executor_of(line), nullptr, 0);
  } else {
    auto all_workers = [&]() -> task<> { co_await attach_to_all(state, *crew); };
    co_await shield(all_workers);  // what was posted refers to these frames
  }
  state.people->is_running(line);
  state.open();
  co_return inspector(std::move(begun));
}

}  // namespace rondo::observe
