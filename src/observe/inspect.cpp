// Attaching to a program that runs already, and letting go of it again.
#include <rondo/observe/inspect.hpp>

#include <utility>
#include <vector>

#include <rondo/task/this_task.hpp>

#include "observe/inspector_state.hpp"
#include "observe/page_service.hpp"

namespace rondo::observe {

void inspector::state::open_page(const inspect_options& options) {
  page_source source;
  source.look = [from = place.from] { return from->look(); };
  source.recorder = options.recorder;
  auto made = make_owned<page_service>(std::move(source), options.page_host, options.page_port);
  const page_service& service = *made;
  std::vector<owned<observer_service>> services;
  services.push_back(std::move(made));
  page = make_owned<observer>(std::move(services));
  page_url = service.url();
}

inspector::inspector(owned<state> begun) noexcept : state_(std::move(begun)) {}
inspector::inspector(inspector&& other) noexcept = default;
inspector& inspector::operator=(inspector&& other) noexcept = default;
inspector::~inspector() = default;

snapshot inspector::look() const {
  return state_->place.from->look();
}

const std::string& inspector::page() const noexcept {
  return state_->page_url;
}

task<inspector> inspect(inspect_options options) {
  const task_context& line = co_await this_task();
  const loops_together all(line);
  auto begun = make_owned<inspector::state>(all, options);
  const lookout::place& place = begun->place;
  // Also where others have asked for these loops before: they may still be at it.
  auto begin_here = [watches = place.loops->loops](const loop_here& here) {
    watches[static_cast<std::size_t>(here.index)]->begin(here);
  };
  co_await all.visit(std::move(begin_here), options.overdue);
  if (place.is_first) place.loops->people->is_running(line);
  place.from->open_socket();
  if (options.page) begun->open_page(options);
  co_return inspector(std::move(begun));
}

}  // namespace rondo::observe
