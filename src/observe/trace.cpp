// Traces of a program that goes on: as a text, and as a file that is whole or not there.
#include <rondo/observe/trace.hpp>

#include <utility>

#include <rondo/os/crash.hpp>
#include <rondo/os/errors.hpp>
#include <rondo/os/fd.hpp>
#include <rondo/os/file_system.hpp>

#include "observe/drawing.hpp"
#include "observe/trace_writer.hpp"

namespace rondo::observe {

namespace {

class text_sink final : public trace_sink {
 public:
  explicit text_sink(std::string& to) noexcept : to_(&to) {}
  void put(std::string_view text) override { *to_ += text; }

 private:
  std::string* to_;
};

}  // namespace

std::string chrome_trace(const std::vector<probe::track_record>& tracks) {
  std::vector<probe::track_view> views;
  for (const probe::track_record& each : tracks) {
    probe::track_view& v = views.emplace_back();
    v.name = each.name.c_str();
    v.index = each.index;
    v.open = each.open;
    v.lost = each.lost;
    v.events = each.events;
  }
  std::pmr::monotonic_buffer_resource memory;
  std::string text = R"({"displayTimeUnit":"ns","traceEvents":)";
  text_sink sink(text);
  draw_trace(views, sink, memory);
  return text += "}\n";
}

result<void> write_trace(const probe::recorder& of, std::string_view path) {
  const std::string text = chrome_trace(of);
  const std::string name(path);
  const std::string unfinished = name + '.' + std::to_string(os::process_id()) + ".unfinished";
  const os::fd file(os::make_private_file(unfinished.c_str()));
  int failed = file ? os::write_whole(file.get(), text.data(), text.size()) : os::last_error();
  if (failed == 0) {
    failed = os::rename_at(os::working_folder, unfinished, os::working_folder, name,
                           os::rename_rule::replace);
  }
  if (failed == 0) return {};
  if (file) os::unlink_at(os::working_folder, unfinished);
  return std::unexpected(os::make_error(failed, "write the trace", name));
}

}  // namespace rondo::observe
