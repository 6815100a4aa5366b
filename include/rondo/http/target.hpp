#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace rondo::http {

/// A target in two: "/a%20b?c=d" is the path "/a%20b" and the query "c=d". Still encoded; views
/// into the target. An empty path is "/".
struct target_parts {
  std::string_view path;
  std::string_view query;  ///< without the '?'; empty if there is none
};

/// Takes `request_head::path_and_query()` apart.
[[nodiscard]] target_parts split_target(std::string_view path_and_query) noexcept;

/// Why a path was refused. All of them are a 400.
enum class path_error : std::uint8_t {
  not_absolute,         ///< it does not begin with '/'
  bad_escape,           ///< '%' without two hexadecimal digits
  forbidden_character,  ///< a control character, '\\', or an escaped '/': no honest link has them
  above_root,           ///< more ".." than there are folders
};

/// Decodes a path and resolves it (RFC 3986, section 5.2.4) into one that begins with '/', has no
/// empty, "." or ".." segment, no backslash and no control character, and so can't leave the root
/// that it is appended to (symbolic links are the business of whoever opens the file). Escapes are
/// decoded once. A path that names a folder keeps its last '/'. The bytes need not be UTF-8.
[[nodiscard]] std::expected<std::string, path_error> normalize_path(std::string_view encoded);

/// Decodes %41 once; nothing for a '%' without two hexadecimal digits.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view encoded);

/// Encodes what may not stand in a path segment or would be misread there; '/' is kept. What
/// `percent_decode` takes back.
[[nodiscard]] std::string percent_encode_path(std::string_view path);

/// One "name=value" of a query, decoded.
struct query_field {
  std::string name;
  std::string value;
};

/// Reads a query as HTML forms write it (application/x-www-form-urlencoded, WHATWG URL standard):
/// fields between '&', '+' for a space. A malformed escape stands for itself, as browsers have it.
class query_reader {
 public:
  /// Keeps a view of `query`.
  explicit query_reader(std::string_view query) noexcept : rest_(query) {}

  /// The next field, or nothing at the end.
  [[nodiscard]] std::optional<query_field> next();

 private:
  std::string_view rest_;
};

}  // namespace rondo::http
