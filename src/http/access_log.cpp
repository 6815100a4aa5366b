// The access log, line by line.
#include <rondo/http/access_log.hpp>

#include <array>

#include <rondo/http/date.hpp>

namespace rondo::http {
namespace {

void append_escaped(std::string& log, std::string_view text) {
  static constexpr std::string_view digits = "0123456789ABCDEF";
  for (const char c : text) {
    if (c >= ' ' && c < 0x7f && c != '"' && c != '\\') {
      log += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      log += "\\x";
      log += digits[byte / 16];
      log += digits[byte % 16];
    }
  }
}

void append_quoted(std::string& log, std::string_view text) {
  log += '"';
  append_escaped(log, text.empty() ? "-" : text);
  log += '"';
}

// [06/Nov/1994:08:49:37 +0000]
void append_time(std::string& log, std::int64_t second) {
  std::array<char, date_size> text{};
  format_date(second, text);
  const std::string_view date(text.data(), text.size());  // Sun, 06 Nov 1994 08:49:37 GMT
  log += '[';
  log.append(date.substr(5, 2)).append("/").append(date.substr(8, 3)).append("/");
  log.append(date.substr(12, 4)).append(":").append(date.substr(17, 8)).append(" +0000]");
}

}  // namespace

void append_access_line(std::string& log, const access_record& record) {
  append_escaped(log, record.peer.empty() ? "-" : record.peer);
  log += " - - ";
  append_time(log, record.second);
  log += " \"";
  if (record.method.empty()) {
    log += '-';
  } else {
    append_escaped(log, record.method);
    log += ' ';
    append_escaped(log, record.target);
    log += " HTTP/1." + std::to_string(record.minor_version);
  }
  log += "\" " + std::to_string(record.status) + " " + std::to_string(record.body_bytes) + " ";
  append_quoted(log, record.referer);
  log += ' ';
  append_quoted(log, record.user_agent);
  log += '\n';
}

}  // namespace rondo::http
