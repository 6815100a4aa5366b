// Who may look at the inspector's page. docs/design/0021-inspector.md says against whom it guards.
#include "observe/page_guard.hpp"

#include <rondo/http/target.hpp>
#include <rondo/os/errors.hpp>
#include <rondo/os/secret.hpp>

namespace rondo::observe {

namespace {

constexpr std::size_t token_bytes = 16;

/// The next of the parts between `separator`s, which is taken off `rest`, without spaces around it.
std::string_view take_part(std::string_view& rest, char separator) noexcept {
  const std::size_t end = rest.find(separator);
  std::string_view part = rest.substr(0, end);
  rest = end == rest.npos ? std::string_view() : rest.substr(end + 1);
  while (part.starts_with(' ')) part.remove_prefix(1);
  while (part.ends_with(' ')) part.remove_suffix(1);
  return part;
}

/// With whatever port: it may be a tunnel's.
bool is_of_this_machine(std::string_view authority) noexcept {
  for (const std::string_view name : {"127.0.0.1", "localhost", "[::1]"}) {
    if (authority.starts_with(name)) {
      return authority.size() == name.size() || authority[name.size()] == ':';
    }
  }
  return false;
}

}  // namespace

std::string new_token() {
  unsigned char bytes[token_bytes] = {};
  const int outcome = os::fill_with_secret(bytes, sizeof bytes);
  if (outcome < 0) throw os::make_error(outcome, "make a token for the inspector's page");
  constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (const unsigned char byte : bytes) {
    text += digits[byte >> 4U];
    text += digits[byte & 15U];
  }
  return text;
}

page_guard::page_guard(std::string token, std::string_view host, std::uint16_t port)
    : token_(std::move(token)), cookie_name_("rondo_inspector_" + std::to_string(port)) {
  const bool is_v6 = host.find(':') != host.npos;
  authority_ =
      (is_v6 ? "[" + std::string(host) + "]" : std::string(host)) + ":" + std::to_string(port);
}

page_guard::verdict page_guard::judge(const http::request_head& asked) const {
  if (!is_of_this_machine(asked.host())) return verdict::wrong_host;
  if (const auto origin = asked.find("Origin")) {
    if (*origin != "http://" + std::string(asked.host())) return verdict::wrong_origin;
  }
  if (has_cookie(asked)) return verdict::allowed;
  if (const auto bearer = asked.find("Authorization"); bearer && bearer->starts_with("Bearer ")) {
    if (is_token(bearer->substr(7))) return verdict::allowed;
  }
  http::query_reader query(http::split_target(asked.path_and_query()).query);
  while (const auto field = query.next()) {
    if (field->name == "token" && is_token(field->value)) return verdict::allowed_by_url;
  }
  return verdict::no_token;
}

/// In a time that does not depend on where they differ.
bool page_guard::is_token(std::string_view given) const noexcept {
  if (given.size() != token_.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < token_.size(); ++i) {
    difference |= static_cast<unsigned char>(given[i]) ^ static_cast<unsigned char>(token_[i]);
  }
  return difference == 0;
}

bool page_guard::has_cookie(const http::request_head& asked) const {
  std::string_view cookies = asked.find("Cookie").value_or(std::string_view());
  while (!cookies.empty()) {
    std::string_view value = take_part(cookies, ';');
    if (take_part(value, '=') == cookie_name_ && is_token(value)) return true;
  }
  return false;
}

std::string page_guard::cookie() const {
  return cookie_name_ + "=" + token_ + "; Path=/; HttpOnly; SameSite=Strict";
}

std::string page_guard::url() const {
  return "http://" + authority_ + "/?token=" + token_;
}

}  // namespace rondo::observe
