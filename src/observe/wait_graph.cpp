// Deadlocks: first who may go on, by himself or because somebody else may; the rest waits for ever,
// and holds at least one cycle. A parent may go on as long as any of its children may, since that
// one's end or failure can end the others; and so may who has a deadline.
#include "observe/wait_graph.hpp"

#include <algorithm>

namespace rondo::observe {

wait_graph::wait_graph(const std::vector<task_record>& tasks, const std::vector<lock_record>& locks,
                       bool complete)
    : tasks_(&tasks), complete_(complete), parents_(tasks.size(), -1), children_(tasks.size()) {
  std::unordered_map<const void*, int> regions;
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    by_id_.emplace(tasks[i].id, static_cast<int>(i));
    if (tasks[i].state == task_state::waiting && tasks[i].region != nullptr) {
      regions.emplace(tasks[i].region, static_cast<int>(i));
    }
  }
  for (const lock_record& each : locks) locks_.emplace(each.key, &each);
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    const auto found = regions.find(tasks[i].born_in);
    if (found == regions.end()) continue;
    parents_[i] = found->second;
    children_[static_cast<std::size_t>(found->second)].push_back(static_cast<int>(i));
  }
}

int wait_graph::holder_for(std::size_t index) const noexcept {
  const task_record& task = (*tasks_)[index];
  if (task.state != task_state::waiting || task.on == nullptr) return -1;
  const auto found = locks_.find(task.on);
  if (found == locks_.end()) return -1;
  const lock_record& lock = *found->second;
  if (lock.holder == task.id && lock.changes == task.changes) return -1;
  const auto holder = by_id_.find(lock.holder);
  return holder == by_id_.end() ? -1 : holder->second;
}

std::vector<int> wait_graph::waits_for(std::size_t index) const {
  const task_record& task = (*tasks_)[index];
  if (task.state != task_state::waiting || task.has_deadline) return {};
  if (task.region != nullptr) return complete_ ? children_[index] : std::vector<int>();
  if (task.joins != 0) {
    const auto joined = by_id_.find(task.joins);
    return joined == by_id_.end() ? std::vector<int>() : std::vector<int>{joined->second};
  }
  const int holder = holder_for(index);
  return holder < 0 ? std::vector<int>() : std::vector<int>{holder};
}

std::vector<bool> wait_graph::who_may_go_on() const {
  std::vector<bool> may(tasks_->size(), false);
  std::vector<std::vector<int>> waiters(tasks_->size());
  std::vector<int> next;
  for (std::size_t i = 0; i < may.size(); ++i) {
    const std::vector<int> on = waits_for(i);
    for (const int each : on)
      waiters[static_cast<std::size_t>(each)].push_back(static_cast<int>(i));
    if (!on.empty()) continue;
    may[i] = true;
    next.push_back(static_cast<int>(i));
  }
  while (!next.empty()) {
    const auto goes = static_cast<std::size_t>(next.back());
    next.pop_back();
    for (const int each : waiters[goes]) {
      if (may[static_cast<std::size_t>(each)]) continue;
      may[static_cast<std::size_t>(each)] = true;
      next.push_back(each);
    }
  }
  return may;
}

std::vector<std::vector<int>> wait_graph::cycles() const {
  const std::vector<bool> may = who_may_go_on();
  std::vector<std::vector<int>> found;
  std::vector<int> seen(tasks_->size(), -1);  // by the walk that came first
  for (std::size_t start = 0; start < may.size(); ++start) {
    std::vector<int> path;
    int at = static_cast<int>(start);
    while (!may[static_cast<std::size_t>(at)] && seen[static_cast<std::size_t>(at)] < 0) {
      seen[static_cast<std::size_t>(at)] = static_cast<int>(start);
      path.push_back(at);
      at = waits_for(static_cast<std::size_t>(at)).front();  // none of them may go on
    }
    if (path.empty() || seen[static_cast<std::size_t>(at)] != static_cast<int>(start)) continue;
    found.emplace_back(std::ranges::find(path, at), path.end());
  }
  return found;
}

}  // namespace rondo::observe
