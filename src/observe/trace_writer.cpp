// The Trace Event Format as text: complete events ("X"), flows ("s", "f") and names ("M").
#include "observe/trace_writer.hpp"

#include <array>
#include <cstdio>

namespace rondo::observe {

namespace {

/// Names come from programs, and may hold anything.
void append_quoted(std::string& out, std::string_view value) {
  out += '"';
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte >= 0x7f) {  // what is no ASCII may be no UTF-8 either
      std::array<char, 8> escaped{};
      std::snprintf(escaped.data(), escaped.size(), "\\u%04x", byte);
      out += escaped.data();
    } else {
      out += c;
    }
  }
  out += '"';
}

}  // namespace

void trace_writer::text(std::string_view key, std::string_view value) {
  out_ += ',';
  append_quoted(out_, key);
  out_ += ':';
  append_quoted(out_, value);
}

void trace_writer::number(std::string_view key, std::uint64_t value) {
  out_ += ',';
  append_quoted(out_, key);
  out_ += ':' + std::to_string(value);
}

/// Microseconds with three places, so that no nanosecond is lost.
void trace_writer::time(std::string_view key, duration since) {
  std::array<char, 40> printed{};
  const std::int64_t ns = since > duration() ? since.count_ns() : 0;
  std::snprintf(printed.data(), printed.size(), ",\"%.*s\":%lld.%03lld",
                static_cast<int>(key.size()), key.data(), static_cast<long long>(ns / 1000),
                static_cast<long long>(ns % 1000));
  out_ += printed.data();
}

void trace_writer::begin(char phase, place where) {
  out_ += out_.empty() ? "" : ",\n";
  out_ += "{\"ph\":\"";
  out_ += phase;
  out_ += '"';
  number("pid", static_cast<std::uint64_t>(where.process));
  number("tid", where.track);
}

void trace_writer::name_process(int process, std::string_view name) {
  begin('M', {process, 0});
  out_ += R"(,"name":"process_name","args":{"name":)";
  append_quoted(out_, name);
  out_ += "}}";
}

void trace_writer::name_track(place where, std::string_view name) {
  begin('M', where);
  out_ += R"(,"name":"thread_name","args":{"name":)";
  append_quoted(out_, name);
  out_ += "}}";
  begin('M', where);
  out_ += R"(,"name":"thread_sort_index","args":{"sort_index":)" + std::to_string(where.track);
  out_ += "}}";
}

void trace_writer::slice(place where, instant from, instant to, std::string_view name,
                         std::string_view key, std::string_view detail) {
  begin('X', where);
  time("ts", from - origin_);
  time("dur", to - from);
  text("name", name);
  if (!key.empty()) {
    out_ += ",\"args\":{";
    append_quoted(out_, key);
    out_ += ':';
    append_quoted(out_, detail);
    out_ += '}';
  }
  out_ += '}';
}

void trace_writer::arrow(place from, instant begin_at, place to, instant end_at,
                         std::string_view name) {
  ++arrows_;
  begin('s', from);
  time("ts", begin_at - origin_);
  number("id", arrows_);
  text("cat", "flow");
  text("name", name);
  out_ += '}';
  begin('f', to);
  time("ts", end_at - origin_);
  number("id", arrows_);
  text("cat", "flow");
  text("name", name);
  text("bp", "e");
  out_ += '}';
}

std::string trace_writer::take() && {
  return "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n" + std::move(out_) + "\n]}\n";
}

}  // namespace rondo::observe
