#pragma once

#include <string>

#include <rondo/base/owned.hpp>
#include <rondo/observe/inspect.hpp>

#include "observe/lookout.hpp"
#include "observe/observer.hpp"

namespace rondo::observe {

/// What an inspector has: its place at a lookout, and its page.
struct inspector::state {
  state(const loops_together& all, const inspect_options& options)
      : place(lookout::enter(all, options)) {}
  state(const state&) = delete;
  /// On a thread of one of the loops.
  ~state() {
    page = {};
    lookout::leave(place);
  }

  /// On the thread that will end it: serves the page. Throws.
  void open_page(const inspect_options& options);

  const lookout::place place;
  std::string page_url;
  owned<observer> page;
};

}  // namespace rondo::observe
