#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <rondo/http/request_head.hpp>

namespace rondo::observe {

/// 128 bits that nobody can guess, as 32 hexadecimal digits. Throws `error`.
std::string new_token();

/// Who may look. The page shows the inside of a program, so three things have to be right of every
/// request: it was sent to a name of this machine (or a page elsewhere has its own name resolved to
/// 127.0.0.1), by our own page if by any, and it knows the token.
class page_guard {
 public:
  /// `token` as `new_token` gives it; `host`: "127.0.0.1" or "::1".
  page_guard(std::string token, std::string_view host, std::uint16_t port);

  /// How a request came by the token.
  enum class verdict : std::uint8_t {
    allowed,
    allowed_by_url,  ///< by "?token=": the answer should set `cookie()`
    wrong_host,
    wrong_origin,
    no_token,
  };
  verdict judge(const http::request_head& asked) const;

  /// The value of Set-Cookie. Its name has the port in it, since browsers keep one set of cookies
  /// for all ports of a host.
  std::string cookie() const;
  /// What to click on.
  std::string url() const;

 private:
  bool is_token(std::string_view given) const noexcept;
  bool has_cookie(const http::request_head& asked) const;

  std::string token_;
  std::string authority_;  // "127.0.0.1:8080"
  std::string cookie_name_;
};

}  // namespace rondo::observe
