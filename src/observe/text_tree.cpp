// The tree of tasks: below each those whose scope or group it waits for.
#include <map>
#include <vector>

#include <rondo/observe/text.hpp>

#include "observe/words.hpp"

namespace rondo::observe {

namespace {

class tree_writer {
 public:
  explicit tree_writer(const snapshot& of) : of_(&of) {
    for (const task_view& each : of.tasks) {
      const bool is_root = each.parent == 0 || words::find(of, each.parent) == nullptr;
      (is_root ? roots_ : children_[each.parent]).push_back(&each);
    }
  }

  /// With a stack of its own: however deep groups are nested, ours is not.
  std::string text() {
    struct step {
      const task_view* task;
      int depth;
    };
    std::vector<step> next;
    const auto push = [&next](const std::vector<const task_view*>& tasks, int depth) {
      for (auto each = tasks.rbegin(); each != tasks.rend(); ++each) next.push_back({*each, depth});
    };
    push(roots_, 0);
    while (!next.empty()) {
      const step here = next.back();
      next.pop_back();
      add(*here.task, std::string(static_cast<std::size_t>(here.depth) * 2, ' '));
      const auto children = children_.find(here.task->id);
      if (children != children_.end()) push(children->second, here.depth + 1);
    }
    if (of_->tasks_left_out > 0) {
      text_ += "and " + std::to_string(of_->tasks_left_out) + " more, of which nothing is known\n";
    }
    return std::move(text_);
  }

 private:
  void add(const task_view& t, const std::string& indent) {
    text_ += indent + words::title_of(t);
    if (!t.name.empty()) text_ += " (" + std::to_string(t.id) + ')';
    text_ += std::string(", ") + words::to_string(t.state) + " for " + words::text_of(t.in_state);
    const std::string suspicions = words::suspicions_of(t);
    if (!suspicions.empty()) text_ += ", " + suspicions;
    text_ += '\n';
    const std::string inner = indent + "    ";
    if (t.state == task_state::waiting) {
      add_place(inner + words::wait_of(*of_, t), t.waits_at);
      for (const std::source_location& each : t.awaited_at) add_place(inner + "awaited", each);
    }
    add_place(inner + "spawned", t.spawned_at);
  }
  void add_place(const std::string& what, const std::source_location& where) {
    text_ += what;
    if (where.line() != 0) {
      text_ += " at " + words::place_of(where) + " in " + where.function_name();
    }
    text_ += '\n';
  }

  const snapshot* of_;
  std::vector<const task_view*> roots_;
  std::map<std::uint64_t, std::vector<const task_view*>> children_;
  std::string text_;
};

}  // namespace

std::string tasks_as_tree(const snapshot& s) {
  return tree_writer(s).text();
}

}  // namespace rondo::observe
