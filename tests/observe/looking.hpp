#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include <rondo/observe/inspect.hpp>
#include <rondo/task/scope.hpp>

/// What the tests of the inspector look for, and in which surroundings.
namespace rondo::testing {

using observe::snapshot;
using observe::suspicion;
using observe::task_view;

inline const task_view& find(const snapshot& s, std::string_view name) {
  static const task_view none;
  const auto found = std::ranges::find(s.tasks, name, &task_view::name);
  EXPECT_NE(found, s.tasks.end()) << "no task is called " << name;
  return found == s.tasks.end() ? none : *found;
}

inline bool has(const task_view& t, suspicion what) {
  return (t.suspicions & static_cast<std::uint8_t>(what)) != 0;
}

/// Without a socket, of which a process has one.
inline observe::inspect_options quietly() {
  observe::inspect_options options;
  options.socket = false;
  return options;
}

template <class F>
task<> in_scope(F f) {
  auto body = [&](scope& all) -> task<> {
    co_await f(all);
    all.cancel();
  };
  co_await with_scope(std::move(body));
}

}  // namespace rondo::testing
