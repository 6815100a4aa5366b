#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace rondo::http {

/// What is remembered of a request for the access log. Views are only read during the call.
struct access_record {
  std::string_view peer;         ///< the address of the client
  std::int64_t second = 0;       ///< when it was answered, since 1970
  std::string_view method;       ///< empty where the request was refused before it was read
  std::string_view target;       ///< as it was sent
  int minor_version = 1;         ///< HTTP/1.x
  int status = 0;                ///< of the answer
  std::uint64_t body_bytes = 0;  ///< of the answer
  std::string_view referer;      ///< empty: none
  std::string_view user_agent;   ///< empty: none
};

/// Appends one line of the "combined" format of Apache's mod_log_config, which every log reader
/// knows, with its line feed. Quotes, backslashes, control characters and bytes beyond ASCII become
/// \xHH, so that no client can forge a line or speak to the terminal that shows it.
void append_access_line(std::string& log, const access_record& record);

}  // namespace rondo::http
