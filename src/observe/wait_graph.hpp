#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include <rondo/observe/snapshot.hpp>

#include "observe/census.hpp"

namespace rondo::observe {

/// Who waits for whom, among the tasks of a census: for the end of a task, for what a task holds,
/// for one's children.
class wait_graph {
 public:
  /// Both are referred to. `complete`: whether these are all tasks that there are.
  wait_graph(const std::vector<task_record>& tasks, const std::vector<lock_record>& locks,
             bool complete);

  /// The task in whose group the `index`-th was born; -1: not known.
  int parent_of(std::size_t index) const noexcept { return parents_[index]; }
  /// The task that holds what the `index`-th waits for; -1: none, or not known, or it has just got
  /// it itself.
  int holder_for(std::size_t index) const noexcept;

  /// Cycles in which each waits for the next, for good: nobody in them can be woken by anybody
  /// outside. By index; each cycle once.
  std::vector<std::vector<int>> cycles() const;

 private:
  std::vector<int> waits_for(std::size_t index) const;
  std::vector<bool> who_may_go_on() const;

  const std::vector<task_record>* tasks_;
  bool complete_;
  std::unordered_map<std::uint64_t, int> by_id_;
  std::unordered_map<const void*, const lock_record*> locks_;
  std::vector<int> parents_;
  std::vector<std::vector<int>> children_;
};

}  // namespace rondo::observe
