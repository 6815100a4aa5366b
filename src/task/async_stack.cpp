// Reads the chain of frames that await each other, from the leaf upwards, and the tree of lines
// that wait for their children, from the top downwards.
#include <string>
#include <string_view>

#include <rondo/task/async_stack.hpp>
#include <rondo/task/parallel_scope.hpp>
#include <rondo/task/task.hpp>

namespace rondo {

namespace {

/// The last part of the path is what people search for.
std::string_view file_of(const std::source_location& place) {
  const std::string_view path = place.file_name();
  return path.substr(path.rfind('/') + 1);
}

/// Whether a coroutine is the library's own glue, which nobody wants to see in a stack.
bool is_glue(const std::source_location& place) {
  return std::string_view(place.function_name()).find("rondo::detail::") != std::string_view::npos;
}

std::string at(const std::source_location& place) {
  if (place.line() == 0 || is_glue(place)) return "";
  std::string text = " at ";
  text += file_of(place);
  text += ':' + std::to_string(place.line()) + " in " + place.function_name();
  return text;
}

class stack_writer {
 public:
  explicit stack_writer(std::string indent) : indent_(std::move(indent)) {}

  void add(std::string_view what, const std::source_location& place) {
    text_ += indent_ + '#' + std::to_string(depth_++) + ' ';
    text_ += what;
    text_ += at(place) + '\n';
  }
  std::string take() && { return std::move(text_); }

 private:
  std::string indent_;
  std::string text_;
  int depth_ = 0;
};

std::string origin_of(const task_context& line) {
  const std::string_view name = line.name();
  return name.empty() ? "begun" : "spawned as \"" + std::string(name) + '"';
}

std::string stack_of(const task_context& line, const std::string& indent) {
  stack_writer stack(indent);
  if (!line.is_waiting()) {
    stack.add("running, or about to: " + origin_of(line), line.where());
    return std::move(stack).take();
  }
  const wait_description leaf = line.waits_for();
  std::string what = leaf.what;
  if (leaf.fd >= 0) what += " on descriptor " + std::to_string(leaf.fd);
  if (leaf.task != nullptr && *leaf.task->name() != '\0') {
    what += std::string(" \"") + leaf.task->name() + '"';
  }
  if (!line.leaf()) {  // it stands for others, whose thread is not ours
    stack.add(what, leaf.where);
    return std::move(stack).take();
  }
  std::source_location where = leaf.where;
  const task_frame* f = &task_frame::of(line.leaf());
  const auto step_up = [&f] { f = &task_frame::of(f->continuation()); };
  for (; is_glue(where) && f->continuation(); step_up()) where = f->place();
  stack.add(what, where);
  for (; f->continuation(); step_up()) {
    if (!is_glue(f->place())) stack.add("awaited", f->place());
  }
  stack.add(origin_of(line), line.where());
  return std::move(stack).take();
}

std::string tree_of(const task_context& line, const std::string& indent) {
  std::string text = stack_of(line, indent);
  if (!line.is_waiting()) return text;
  const wait_description leaf = line.waits_for();
  if (leaf.region != nullptr) {
    leaf.region->for_each_task(
        [&](task_context& child) { text += tree_of(child, indent + "    "); });
  }
  return text;
}

}  // namespace

std::string async_stack(const task_context& line) {
  return stack_of(line, "");
}

std::string task_tree(const task_context& top) {
  return tree_of(top, "");
}

std::string task_tree(detail::parallel_core& scope) {
  std::string text;
  scope.for_each_here(
      [](void* to, const task_context& line) {
        static_cast<std::string*>(to)->append(tree_of(line, "    "));
      },
      &text);
  return text;
}

}  // namespace rondo
