// The gallery as JSON, for the inspector's page and for `rondo gallery --json`.
#include <rondo/observe/gallery.hpp>

#include <nlohmann/json.hpp>

namespace rondo::observe::gallery {

namespace {

using json = nlohmann::ordered_json;

json head_of(const entry& e) {
  return {{"name", e.name}, {"title", e.title}, {"question", e.question}, {"article", e.article}};
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

json json_of(const step& s) {
  return {
      {"where", s.where},      {"phase", s.in_main || s.at_end ? -1 : static_cast<int>(s.phase)},
      {"runs", s.runs},        {"line", s.line},
      {"said", s.said},        {"why", s.why},
      {"at", s.at.count_ns()}, {"waiting", s.waiting},
      {"blocked", s.blocked}};
}

}  // namespace

std::string list_as_json() {
  json all = json::array();
  for (const entry& e : entries()) all.push_back(head_of(e));
  return json{{"programs", all}}.dump();
}

std::string as_json(const entry& which, const performance& seen) {
  json whole = head_of(which);
  whole["firstLine"] = which.first_line;
  whole["source"] = lines_of(which.source);
  whole["backend"] = seen.backend;
  whole["steps"] = json::array();
  for (const step& s : seen.steps) whole["steps"].push_back(json_of(s));
  return whole.dump();
}

}  // namespace rondo::observe::gallery
