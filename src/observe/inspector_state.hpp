#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include <rondo/observe/inspect.hpp>
#include <rondo/runtime/runtime.hpp>

#include "observe/census.hpp"
#include "observe/loop_watch.hpp"
#include "observe/observer.hpp"

namespace rondo::observe {

/// Everything that an inspector is: the census, and a watch for each loop.
struct inspector::state {
  explicit state(const inspect_options& given);
  state(const state&) = delete;
  /// On a thread of one of the loops.
  ~state();

  /// On the loop's thread: takes in what there is, and is told from here on. Throws.
  void attach(loop_executor& here, runtime* r, int index);

  snapshot look();
  /// On the thread that will end it: lets others look from outside. Throws.
  void open();

  inspect_options options;
  census* people;
  instant begun;
  std::mutex looking;  // one at a time; guards the watches
  std::vector<owned<loop_watch>> loops;
  std::string page_url;
  owned<observer> outside;  // first to go: it looks at the rest
};

}  // namespace rondo::observe
