// How what can be seen of a program is written for the page.
#include "observe/page_json.hpp"

#include <algorithm>
#include <cstdio>

#include "observe/words.hpp"

namespace rondo::observe::page {

std::string text_of(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

http::handling respond_json(http::exchange& x, const json& value) {
  static constexpr http::field fields[] = {{"Content-Type", "application/json"},
                                           {"X-Content-Type-Options", "nosniff"},
                                           {"Cross-Origin-Resource-Policy", "same-origin"},
                                           {"Cache-Control", "no-store"}};
  x.respond(200, fields, text_of(value));
  return http::at_once;
}

std::string place(const std::source_location& where) {
  std::string_view file = where.file_name();
  if (file.empty() || where.line() == 0) return "";
  if (const auto slash = file.rfind('/'); slash != file.npos) file.remove_prefix(slash + 1);
  return std::string(file) + ":" + std::to_string(where.line());
}

json thing(const void* address) {
  if (address == nullptr) return nullptr;
  char text[2 + 16 + 1];
  std::snprintf(text, sizeof text, "%#zx", reinterpret_cast<std::size_t>(address));
  return text;
}

json suspicions_of(const task_view& task) {
  static constexpr struct {
    suspicion bit;
    const char* name;
  } all[] = {{suspicion::never_polled, "never polled"},
             {suspicion::polled_too_long, "polled too long"},
             {suspicion::wakes_itself, "wakes itself"},
             {suspicion::lost_wake_up, "lost wake-up"},
             {suspicion::deadlocked, "deadlocked"}};
  json names = json::array();
  for (const auto& [bit, name] : all) {
    if ((task.suspicions & static_cast<unsigned>(bit)) != 0) names.push_back(name);
  }
  return names;
}

json row_of(const task_view& task) {
  const duration idle = task.age - task.busy;
  return {{"id", task.id},
          {"name", task.name},
          {"spawned", place(task.spawned_at)},
          {"parent", task.parent},
          {"state", words::to_string(task.state)},
          {"worker", task.worker},
          {"suspicions", suspicions_of(task)},
          {"polls", task.polls},
          {"wakes", task.wakes},
          {"selfWakes", task.self_wakes},
          {"wokenBy", task.woken_by},
          {"age", task.age.count_ns()},
          {"busy", task.busy.count_ns()},
          {"idle", std::max<std::int64_t>(0, idle.count_ns())},
          {"inState", task.in_state.count_ns()},
          {"longest", task.longest_poll.count_ns()},
          {"waitsFor", task.waits_for},
          {"waitsAt", place(task.waits_at)},
          {"fd", task.fd},
          {"on", thing(task.on)},
          {"joins", task.joins}};
}

const task_view* find_task(const snapshot& in, std::uint64_t id) noexcept {
  const auto found = std::ranges::lower_bound(in.tasks, id, {}, &task_view::id);
  return found != in.tasks.end() && found->id == id ? &*found : nullptr;
}

std::string title_of(const task_view& task) {
  if (!task.name.empty()) return task.name;
  const std::string where = place(task.spawned_at);
  return where.empty() ? "task " + std::to_string(task.id) : where;
}

}  // namespace rondo::observe::page
