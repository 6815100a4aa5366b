// The Trace Event Format as text: complete events ("X"), flows ("s", "f"), names ("M") and the mark
// of a crash ("i").
#include "observe/trace_writer.hpp"

#include <charconv>

namespace rondo::observe {

decimal::decimal(std::int64_t value) noexcept {
  size_ = static_cast<std::size_t>(std::to_chars(text_, text_ + sizeof text_, value).ptr - text_);
}

void trace_writer::raw(std::string_view text) {
  for (const char c : text) raw(c);
}

void trace_writer::raw(char c) {
  if (used_ == sizeof buffer_) {
    to_->put({buffer_, used_});
    used_ = 0;
  }
  buffer_[used_++] = c;
}

/// Names come from programs, and may hold anything.
void trace_writer::quoted(pieces value) {
  static constexpr char digits[] = "0123456789abcdef";
  raw('"');
  for (const std::string_view piece : value) {
    for (const char c : piece) {
      const auto byte = static_cast<unsigned char>(c);
      if (c == '"' || c == '\\') {
        raw('\\');
        raw(c);
      } else if (byte < 0x20 || byte >= 0x7f) {  // what is no ASCII may be no UTF-8 either
        raw("\\u00");
        raw(digits[byte >> 4]);
        raw(digits[byte & 15]);
      } else {
        raw(c);
      }
    }
  }
  raw('"');
}

void trace_writer::text(std::string_view key, pieces value) {
  raw(",\"");
  raw(key);
  raw("\":");
  quoted(value);
}

void trace_writer::number(std::string_view key, std::uint64_t value) {
  raw(",\"");
  raw(key);
  raw("\":");
  raw(decimal(static_cast<std::int64_t>(value)));
}

/// Microseconds with three places, so that no nanosecond is lost.
void trace_writer::time(std::string_view key, duration since) {
  const std::int64_t ns = since > duration() ? since.count_ns() : 0;
  number(key, static_cast<std::uint64_t>(ns / 1000));
  const int rest = static_cast<int>(ns % 1000);
  raw('.');
  raw(static_cast<char>('0' + rest / 100));
  raw(static_cast<char>('0' + rest / 10 % 10));
  raw(static_cast<char>('0' + rest % 10));
}

void trace_writer::begin(char phase, place where) {
  raw(has_any_ ? ",\n" : "[\n");
  has_any_ = true;
  raw("{\"ph\":\"");
  raw(phase);
  raw('"');
  number("pid", static_cast<std::uint64_t>(where.process));
  number("tid", where.track);
}

void trace_writer::name_process(int process, std::string_view name) {
  begin('M', {process, 0});
  raw(R"(,"name":"process_name","args":{"name":)");
  quoted({name});
  raw("}}");
}

void trace_writer::name_track(place where, pieces name) {
  begin('M', where);
  raw(R"(,"name":"thread_name","args":{"name":)");
  quoted(name);
  raw("}}");
  begin('M', where);
  raw(R"(,"name":"thread_sort_index","args":{"sort_index":)");
  raw(decimal(static_cast<std::int64_t>(where.track)));
  raw("}}");
}

void trace_writer::slice(place where, instant from, instant to, pieces name, std::string_view key,
                         pieces detail) {
  begin('X', where);
  time("ts", from - origin_);
  time("dur", to - from);
  text("name", name);
  if (!key.empty()) {
    raw(",\"args\":{");
    quoted({key});
    raw(':');
    quoted(detail);
    raw('}');
  }
  raw('}');
}

void trace_writer::arrow(place from, instant begin_at, place to, instant end_at,
                         std::string_view name) {
  ++arrows_;
  begin('s', from);
  time("ts", begin_at - origin_);
  number("id", arrows_);
  text("cat", {"flow"});
  text("name", {name});
  raw('}');
  begin('f', to);
  time("ts", end_at - origin_);
  number("id", arrows_);
  text("cat", {"flow"});
  text("name", {name});
  text("bp", {"e"});
  raw('}');
}

void trace_writer::mark(place where, instant at, pieces name) {
  begin('i', where);
  time("ts", at - origin_);
  text("s", {"g"});
  text("name", name);
  raw('}');
}

void trace_writer::finish() {
  raw(has_any_ ? "\n]\n" : "[\n]\n");
  to_->put({buffer_, used_});
  used_ = 0;
}

}  // namespace rondo::observe
