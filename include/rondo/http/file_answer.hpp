#pragma once

#include <cstdint>
#include <string_view>

#include <rondo/http/request_head.hpp>
#include <rondo/http/response_head_writer.hpp>

namespace rondo::http {

/// What a server has found out about the file that a request names.
struct file_facts {
  std::string_view name;         ///< its extension tells the media type
  std::uint64_t size = 0;        ///< bytes
  std::int64_t modified_ns = 0;  ///< since 1970
};

/// What to send after the head.
struct file_answer {
  int status = 200;
  std::uint64_t first = 0;  ///< where in the file the body begins
  std::uint64_t size = 0;   ///< bytes of the body: 0 for HEAD and wherever there is none
};

/// The moment of an answer, and what becomes of the connection after it.
struct answer_context {
  answer_context(const date_line& date, std::int64_t second, bool keep) noexcept
      : today(date), now_second(second), keep_alive(keep) {}

  const date_line& today;
  std::int64_t now_second;
  bool keep_alive;
};

/// Answers GET and HEAD for a file, and refuses the other methods with 405: weighs the conditions,
/// then the range (RFC 9110, section 13.2.2), and writes the whole head into `out`, which must be
/// fresh. No I/O: the caller sends the head (if `out.finish()`, which is its to call, gives one)
/// and then `size` bytes of the file from `first`.
[[nodiscard]] file_answer answer_file(const request_head& request, const file_facts& file,
                                      const answer_context& context, response_head_writer& out);

}  // namespace rondo::http
