#pragma once

#include <string>
#include <string_view>

#include <rondo/http/server.hpp>

namespace rondo::cli {

/// One line an answer, in the Common Log Format, on standard output.
class access_log {
 public:
  explicit access_log(const loop& l) noexcept : loop_(&l) {}
  void write(const http::access_record& record);

 private:
  const loop* loop_;
  std::string line_;
};

/// Appends text from a client so that it can neither break the line nor speak to a terminal:
/// control characters, quotes, backslashes and bytes beyond ASCII become \xHH.
void append_for_log(std::string& line, std::string_view text);

}  // namespace rondo::cli
