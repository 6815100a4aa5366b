// Request targets as paths and queries. The order matters for safety: split into segments first,
// decode each of them once, then judge the decoded bytes, so that no escape hides a separator or a
// dot from the judge.
#include <rondo/http/target.hpp>

#include "text.hpp"

namespace rondo::http {
namespace {

// The byte that "%41" at `at` stands for, or -1.
int escaped_byte(std::string_view text, std::size_t at) noexcept {
  if (text.size() - at < 3) return -1;
  const int high = hex_value(text[at + 1]);
  const int low = hex_value(text[at + 2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

constexpr bool is_forbidden(char c) noexcept {
  return static_cast<unsigned char>(c) < ' ' || c == 0x7f || c == '\\' || c == '/';
}

std::string decode_form(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int byte = text[i] == '%' ? escaped_byte(text, i) : -1;
    if (byte >= 0) {
      out += static_cast<char>(byte);
      i += 2;
    } else {
      out += text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

// Takes the last folder off "/a/b/"; false at the root.
bool pop_folder(std::string& path) {
  if (path.size() == 1) return false;
  path.pop_back();
  path.erase(path.rfind('/') + 1);
  return true;
}

}  // namespace

target_parts split_target(std::string_view path_and_query) noexcept {
  const std::size_t mark = path_and_query.find('?');
  target_parts parts{path_and_query.substr(0, mark), {}};
  if (mark != std::string_view::npos) parts.query = path_and_query.substr(mark + 1);
  if (parts.path.empty()) parts.path = "/";
  return parts;
}

std::optional<std::string> percent_decode(std::string_view encoded) {
  std::string out;
  out.reserve(encoded.size());
  for (std::size_t i = 0; i < encoded.size(); ++i) {
    if (encoded[i] != '%') {
      out += encoded[i];
      continue;
    }
    const int byte = escaped_byte(encoded, i);
    if (byte < 0) return std::nullopt;
    out += static_cast<char>(byte);
    i += 2;
  }
  return out;
}

std::expected<std::string, path_error> normalize_path(std::string_view encoded) {
  if (!encoded.starts_with('/')) return std::unexpected(path_error::not_absolute);
  std::string path = "/";  // ends in '/' until the last segment
  while (!encoded.empty()) {
    encoded.remove_prefix(1);
    const std::size_t slash = encoded.find('/');
    const std::optional<std::string> segment = percent_decode(encoded.substr(0, slash));
    encoded = slash == std::string_view::npos ? std::string_view{} : encoded.substr(slash);
    if (!segment) return std::unexpected(path_error::bad_escape);
    for (const char c : *segment) {
      if (is_forbidden(c)) return std::unexpected(path_error::forbidden_character);
    }
    if (*segment == "..") {
      if (!pop_folder(path)) return std::unexpected(path_error::above_root);
    } else if (!segment->empty() && *segment != ".") {
      path += *segment;
      if (!encoded.empty()) path += '/';
    }
  }
  return path;
}

std::string percent_encode_path(std::string_view path) {
  static constexpr std::string_view plain = "-._~!$&'()*+,=@/";  // RFC 3986, pchar but ':' and ';'
  static constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  out.reserve(path.size());
  for (const char c : path) {
    if (is_alpha(c) || is_digit(c) || plain.find(c) != std::string_view::npos) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += digits[byte / 16];
      out += digits[byte % 16];
    }
  }
  return out;
}

std::optional<query_field> query_reader::next() {
  while (!rest_.empty()) {
    const std::size_t end = rest_.find('&');
    const std::string_view field = rest_.substr(0, end);
    rest_ = end == std::string_view::npos ? std::string_view{} : rest_.substr(end + 1);
    if (field.empty()) continue;
    const std::size_t equals = field.find('=');
    query_field out{decode_form(field.substr(0, equals)), {}};
    if (equals != std::string_view::npos) out.value = decode_form(field.substr(equals + 1));
    return out;
  }
  return std::nullopt;
}

}  // namespace rondo::http
