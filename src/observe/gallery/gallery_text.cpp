// The gallery for a terminal: the source with its lines numbered, and under it the steps.
#include <algorithm>
#include <cstdio>

#include <rondo/observe/gallery.hpp>

namespace rondo::observe::gallery {

namespace {

constexpr std::size_t columns = 96;

std::string number_of(int n) {
  std::string text = std::to_string(n);
  return std::string(4 - std::min<std::size_t>(4, text.size()), ' ') + text;
}

std::string padded(std::string_view text, std::size_t width) {
  return std::string(text) + std::string(width - std::min(width, text.size()), ' ');
}

/// In lines that fit, each behind `indent`.
std::string wrapped(std::string_view text, std::string_view indent) {
  std::string out;
  while (!text.empty()) {
    std::size_t end = text.size();
    if (indent.size() + end > columns) {
      end = text.rfind(' ', columns - indent.size());
      if (end == std::string_view::npos) end = text.size();
    }
    out += indent;
    out += text.substr(0, end);
    out += '\n';
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& each : names) text += (text.empty() ? "" : ", ") + each;
  return text;
}

std::string waiting_in(const step& s) {
  std::string text;
  for (int i = 0; i < loop_metrics::phases; ++i) {
    if (s.waiting[i].empty()) continue;
    const char* const name = to_string(static_cast<probe::turn_phase>(i));
    text += (text.empty() ? "" : "; ") + (name + (": " + joined(s.waiting[i])));
  }
  if (!s.blocked.empty()) text += (text.empty() ? "" : "; ") + ("waits: " + joined(s.blocked));
  return text;
}

std::string source_of(const entry& e) {
  std::string out;
  int number = e.first_line;
  std::string_view text = e.source;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    out += number_of(number++) + (line.empty() ? "" : "  ");
    out += line;
    out += '\n';
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

}  // namespace

std::string list_as_text() {
  std::size_t width = 0;
  for (const entry& e : entries()) width = std::max(width, e.name.size());
  std::string out;
  for (const entry& e : entries()) {
    out += padded(e.name, width + 2);
    out += e.question;
    out += '\n';
  }
  return out + "\nrondo gallery NAME shows one of them, step by step.\n";
}

std::string as_text(const entry& which, const performance& seen) {
  std::string out(which.title);
  out += '\n';
  out += which.question;
  out += "\n(after an example of: ";
  out += which.article;
  out += ")\n\n" + source_of(which) + "\nIt runs on " + seen.backend + ", and its clock jumps:\n";
  int number = 0;
  for (const step& s : seen.steps) {
    char when[32];
    std::snprintf(when, sizeof when, "%g ms", s.at.count_seconds() * 1e3);
    out += "\n" + padded(std::to_string(++number) + ".", 4) + padded(s.where, 18) +
           padded(when, 9) + (s.at_end ? "" : padded("line " + std::to_string(s.line), 9) + s.said);
    out += "\n" + wrapped(s.why, "    ");
    if (const std::string queues = waiting_in(s); !queues.empty()) {
      out += wrapped("[" + queues + "]", "    ");
    }
  }
  return out;
}

}  // namespace rondo::observe::gallery
