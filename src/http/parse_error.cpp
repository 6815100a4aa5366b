// The table from a parser's verdict to the status code and the words that a client gets.
#include <rondo/http/parse_error.hpp>

#include <array>
#include <cstddef>

namespace rondo::http {
namespace {

struct row {
  parse_error error;
  int status;
  std::string_view text;
};

constexpr auto rows = std::to_array<row>({
    {parse_error::none, 200, "no error"},
    {parse_error::bad_method, 400, "the method is not a token"},
    {parse_error::bad_target, 400, "the request target is malformed"},
    {parse_error::bad_version, 400, "the request line does not end in an HTTP version"},
    {parse_error::bad_line_ending, 400, "a line ends in a lone CR or LF"},
    {parse_error::control_character, 400, "a control character in the head"},
    {parse_error::bad_field_name, 400, "a header name is not a token followed by a colon"},
    {parse_error::folded_field, 400, "a header line begins with white space"},
    {parse_error::missing_host, 400, "an HTTP/1.1 request without Host"},
    {parse_error::repeated_host, 400, "more than one Host"},
    {parse_error::bad_host, 400, "the host is malformed"},
    {parse_error::bad_content_length, 400, "Content-Length is not a number"},
    {parse_error::repeated_content_length, 400, "more than one Content-Length"},
    {parse_error::length_and_encoding, 400, "both Content-Length and Transfer-Encoding"},
    {parse_error::bad_transfer_encoding, 400, "Transfer-Encoding does not end in one chunked"},
    {parse_error::encoding_in_http_1_0, 400, "Transfer-Encoding in an HTTP/1.0 request"},
    {parse_error::bad_chunk_size, 400, "a chunk size is malformed"},
    {parse_error::bad_chunk_extension, 400, "a chunk extension is malformed"},
    {parse_error::bad_chunk_end, 400, "a chunk does not end where its size says"},
    {parse_error::bad_trailer, 400, "a trailer line is malformed or forbidden"},
    {parse_error::incomplete_body, 400, "the connection ends before the body does"},
    {parse_error::request_timeout, 408, "the request did not arrive in time"},
    {parse_error::content_too_large, 413, "the body is larger than this server accepts"},
    {parse_error::extensions_too_large, 413, "the chunk extensions are too large"},
    {parse_error::target_too_long, 414, "the request line is too long"},
    {parse_error::expectation_failed, 417, "only the expectation 100-continue is known"},
    {parse_error::too_many_fields, 431, "too many header lines"},
    {parse_error::head_too_large, 431, "the head is too large"},
    {parse_error::trailers_too_large, 431, "the trailers are too large"},
    {parse_error::unknown_method, 501, "the method is not implemented"},
    {parse_error::unsupported_encoding, 501, "a transfer coding other than chunked"},
    {parse_error::unsupported_version, 505, "a version other than HTTP/1.0 and HTTP/1.1"},
});

constexpr bool in_order() {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (static_cast<std::size_t>(rows[i].error) != i) return false;
  }
  return rows.size() == static_cast<std::size_t>(parse_error::unsupported_version) + 1;
}
static_assert(in_order(), "the table is indexed by the enumerator");

}  // namespace

int status_of(parse_error error) noexcept {
  return rows[static_cast<std::size_t>(error)].status;
}

std::string_view describe(parse_error error) noexcept {
  return rows[static_cast<std::size_t>(error)].text;
}

}  // namespace rondo::http
