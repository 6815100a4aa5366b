// What holds up the end, in words for whoever is called at three in the morning, and as JSON.
#include <charconv>
#include <string_view>

#include <rondo/async/shutdown_report.hpp>
#include <rondo/os/clock.hpp>

namespace rondo {

namespace {

/// How many of a kind are shown to people.
constexpr std::size_t most_shown = 20;

/// "0.3", "12.0": seconds, to tenths.
std::string seconds_of(duration time) {
  char digits[32];
  const auto end = std::to_chars(digits, digits + sizeof digits, time.count_seconds(),
                                 std::chars_format::fixed, 1);
  return {digits, end.ptr};
}

std::string_view file_of(const std::source_location& place) {
  const std::string_view path = place.file_name();
  return path.substr(path.rfind('/') + 1);
}

std::string place_of(const std::source_location& place) {
  return std::string(file_of(place)) + ':' + std::to_string(place.line());
}

std::string headline(const shutdown_report& r) {
  std::string text = "shutdown";
  if (!r.reason.empty()) text += " (" + r.reason + ')';
  text += ": ";
  const std::string since = r.begun.is_never() ? "" : " for " + seconds_of(r.now - r.begun) + " s";
  switch (r.stage) {
    case shutdown_stage::running:
      return text + "not asked for";
    case shutdown_stage::draining:
      text += "finishing what is open" + since;
      if (!r.next.is_never())
        text += "; cancelling what is left in " + seconds_of(r.next - r.now) + " s";
      return text;
    case shutdown_stage::cancelling:
      return text + "cancelling what has not ended" + since;
    case shutdown_stage::overdue:
      return text + "cancelled, and still not ended" + since;
    case shutdown_stage::ended:
      return text + "ended after" + since.substr(since.empty() ? 0 : 4);
  }
  return text;
}

/// "  tasks (3):", and then the lines that `add(each)` makes of the first of them.
template <class List, class Add>
void add_section(std::string& text, const List& list, std::string_view what, Add add) {
  if (list.empty()) return;
  text += "\n  " + std::string(what) + " (" + std::to_string(list.size()) + "):";
  std::size_t shown = 0;
  for (const auto& each : list) {
    if (shown++ == most_shown) {
      text += "\n    and " + std::to_string(list.size() - most_shown) + " more";
      break;
    }
    text += "\n    ";
    add(each);
  }
}

/// The stack of a task that waits for its children is theirs.
void add_task(std::string& text, const shutdown_task& t, bool has_children) {
  const std::string indent(static_cast<std::size_t>(t.depth) * 2, ' ');
  text += indent + (t.name.empty() ? "a task" : '"' + t.name + '"');
  if (t.where.line() != 0) text += " of " + place_of(t.where);
  if (t.shielded) text += ", shielded from the cancel";
  std::string_view stack = has_children ? std::string_view() : t.stack;
  while (!stack.empty()) {
    const std::size_t end = stack.find('\n');
    text.append("\n      ").append(indent).append(stack.substr(0, end));
    stack.remove_prefix(end == stack.npos ? stack.size() : end + 1);
  }
}

void add_handle(std::string& text, const holder& h, instant now) {
  text += h.kind;
  if (!h.name.empty()) text += " \"" + h.name + '"';
  if (h.fd >= 0) text += " on descriptor " + std::to_string(h.fd);
  if (h.where.line() == 0) return;
  text += " of " + place_of(h.where) + ", for " + seconds_of(now - h.since) + " s";
}

// JSON
// --------------------------------------------------------------------------------------------

class json_writer {
 public:
  void open(char bracket) {
    separate();
    text_ += bracket;
    fresh_ = true;
  }
  void close(char bracket) {
    text_ += bracket;
    fresh_ = false;
  }
  void key(std::string_view name) {
    string(name);
    text_ += ':';
    fresh_ = true;
  }
  void string(std::string_view value) {
    separate();
    text_ += '"';
    for (const char c : value) add(c);
    text_ += '"';
  }
  void number(std::int64_t value) {
    separate();
    text_ += std::to_string(value);
  }
  void boolean(bool value) {
    separate();
    text_ += value ? "true" : "false";
  }
  void text(std::string_view name, std::string_view value) {
    key(name);
    string(value);
  }
  /// How long ago.
  void age(std::string_view name, instant then, instant now) {
    if (then.is_never()) return;
    key(name);
    number((now - then).count_ns() / 1'000'000);
  }
  void place(const std::source_location& where) {
    if (where.line() == 0) return;
    text("file", where.file_name());
    key("line");
    number(where.line());
  }
  std::string take() && { return std::move(text_); }

 private:
  void separate() {
    if (!fresh_) text_ += ',';
    fresh_ = false;
  }
  void add(char c) {
    constexpr char digits[] = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      (text_ += '\\') += c;
    } else if (c == '\n') {
      text_ += "\\n";
    } else if (byte < 0x20) {
      text_.append("\\u00") += digits[byte >> 4];
      text_ += digits[byte & 15];
    } else {
      text_ += c;
    }
  }

  std::string text_;
  bool fresh_ = true;  // nothing before it in this bracket
};

template <class List, class Add>
void add_list(json_writer& json, std::string_view name, const List& list, Add add) {
  json.key(name);
  json.open('[');
  for (const auto& each : list) {
    json.open('{');
    add(each);
    json.close('}');
  }
  json.close(']');
}

}  // namespace

const char* to_string(shutdown_stage stage) noexcept {
  switch (stage) {
    case shutdown_stage::running:
      return "running";
    case shutdown_stage::draining:
      return "draining";
    case shutdown_stage::cancelling:
      return "cancelling";
    case shutdown_stage::overdue:
      return "overdue";
    case shutdown_stage::ended:
      return "ended";
  }
  return "unknown";
}

std::string to_string(const shutdown_report& r) {
  std::string text = headline(r);
  add_section(text, r.parts, "parts", [&](const shutdown_holder& p) {
    text += p.kind + ' ' + p.what;
    if (!p.since.is_never()) text += ", for " + seconds_of(r.now - p.since) + " s";
  });
  add_section(text, r.tasks, "tasks", [&](const shutdown_task& t) {
    const bool is_last = &t == &r.tasks.back();
    add_task(text, t, !is_last && (&t)[1].depth > t.depth);
  });
  add_section(text, r.handles, "handles", [&](const holder& h) { add_handle(text, h, r.now); });
  add_section(text, r.work, "jobs on threads of the pool",
              [&](const work_report& w) { text += to_string(w); });
  return text;
}

std::string to_json(const shutdown_report& r) {
  json_writer json;
  json.open('{');
  json.text("stage", to_string(r.stage));
  json.text("reason", r.reason);
  json.age("begun_ms", r.begun, r.now);
  if (!r.next.is_never()) {
    json.key("next_in_ms");
    json.number((r.next - r.now).count_ns() / 1'000'000);
  }
  add_list(json, "tasks", r.tasks, [&](const shutdown_task& t) {
    json.text("name", t.name);
    json.place(t.where);
    json.key("depth");
    json.number(t.depth);
    json.key("cancelled");
    json.boolean(t.cancelled);
    json.key("shielded");
    json.boolean(t.shielded);
    json.text("stack", t.stack);
  });
  add_list(json, "parts", r.parts, [&](const shutdown_holder& p) {
    json.text("kind", p.kind);
    json.text("what", p.what);
    json.age("since_ms", p.since, r.now);
  });
  add_list(json, "handles", r.handles, [&](const holder& h) {
    json.text("kind", h.kind);
    json.text("name", h.name);
    json.place(h.where);
    if (h.where.line() != 0) json.age("since_ms", h.since, r.now);
    if (h.fd < 0) return;
    json.key("fd");
    json.number(h.fd);
  });
  const instant real_now = real_clock().now();  // whatever time the loop believes in
  add_list(json, "work", r.work, [&](const work_report& w) {
    json.text("kind", to_string(w.kind));
    json.text("name", w.name);
    json.place(w.where);
    json.key("running");
    json.boolean(w.running);
    json.age("since_ms", w.since, real_now);
  });
  json.close('}');
  return std::move(json).take();
}

}  // namespace rondo
