// The access log: https://httpd.apache.org/docs/2.4/logs.html#common names the fields.
#include "cli/access_log.hpp"

#include <time.h>

#include <cstdio>

#include <rondo/http/method.hpp>

namespace rondo::cli {

void append_for_log(std::string& line, std::string_view text) {
  constexpr char digits[] = "0123456789abcdef";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f && c != '"' && c != '\\') {
      line += c;
    } else {
      line.append("\\x") += digits[byte >> 4];
      line += digits[byte & 15];
    }
  }
}

void access_log::write(const http::access_record& record) {
  const http::exchange& x = record.what;
  char when[40] = {};
  const time_t now = loop_->time().unix_second();
  tm parts = {};
  gmtime_r(&now, &parts);
  strftime(when, sizeof when, "%d/%b/%Y:%H:%M:%S +0000", &parts);

  line_.assign(x.peer().host());
  if (line_.empty()) line_ = "-";  // gone already
  line_.append(" - - [").append(when).append("] \"");
  if (record.refused != http::parse_error::none) {
    line_.append("-\" ");  // whatever it was
  } else {
    line_.append(http::name_of(x.request().method())).append(" ");
    append_for_log(line_, x.request().target());
    line_.append(x.request().minor_version() == 0 ? " HTTP/1.0\" " : " HTTP/1.1\" ");
  }
  line_.append(std::to_string(x.status())).append(" ");
  line_.append(std::to_string(x.body_bytes())).append("\n");
  std::fwrite(line_.data(), 1, line_.size(), stdout);
  std::fflush(stdout);
}

}  // namespace rondo::cli
