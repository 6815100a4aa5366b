#pragma once
// What the fields that frame a message say together: where the body ends, whether the connection
// stays. Each field only notes what it saw; judge() decides when the head is complete, so that the
// verdict does not depend on the order of the fields. Here request smuggling is refused.

#include <cstdint>
#include <string_view>

#include <rondo/http/parse_error.hpp>

namespace rondo::http {

/// Two registers' worth, passed and returned by value so that the parser can keep it in them.
class framing_facts {
 public:
  enum fact : std::uint64_t {
    one_host = 1U << 0,
    two_hosts = 1U << 1,
    one_length = 1U << 2,
    two_lengths = 1U << 3,
    length_overflows = 1U << 4,
    any_encoding = 1U << 5,
    ends_in_chunked = 1U << 6,
    other_coding = 1U << 7,
    bad_encoding = 1U << 8,
    wants_close = 1U << 9,
    wants_keep_alive = 1U << 10,
    names_upgrade = 1U << 11,
    has_upgrade = 1U << 12,
    wants_continue = 1U << 13,
    wants_unknown = 1U << 14,
  };

  void add(std::uint64_t facts) noexcept { seen_ |= facts; }
  void add_host() noexcept { add(has(one_host) ? two_hosts : one_host); }
  void add_upgrade() noexcept { add(has_upgrade); }
  void set_length(std::uint64_t length) noexcept {
    add(has(one_length) ? two_lengths : one_length);
    length_ = length;
  }

  [[nodiscard]] bool has(fact one) const noexcept { return (seen_ & one) != 0; }
  /// Whether the head says nothing of interest but one Host: the way of most requests.
  [[nodiscard]] bool plain() const noexcept { return seen_ == one_host; }
  [[nodiscard]] bool names_host() const noexcept { return has(one_host); }
  [[nodiscard]] bool chunked() const noexcept { return has(any_encoding); }
  [[nodiscard]] bool has_length() const noexcept { return has(one_length); }
  [[nodiscard]] std::uint64_t length() const noexcept { return length_; }

  [[nodiscard]] bool keep_alive(int minor_version) const noexcept {
    return !has(wants_close) && (minor_version >= 1 || has(wants_keep_alive));
  }
  /// False without a body to wait for, and for HTTP/1.0, whose clients can't have meant it (RFC
  /// 9110, section 10.1.1).
  [[nodiscard]] bool expects_continue(int minor_version) const noexcept {
    return minor_version >= 1 && has(wants_continue) && (chunked() || length_ != 0);
  }
  [[nodiscard]] bool wants_upgrade(int minor_version) const noexcept {
    return minor_version >= 1 && has(names_upgrade) && has(has_upgrade);
  }

 private:
  std::uint64_t seen_ = 0;
  std::uint64_t length_ = 0;
};

[[nodiscard]] framing_facts with_connection(framing_facts facts, std::string_view value) noexcept;
[[nodiscard]] framing_facts with_expect(framing_facts facts, std::string_view value) noexcept;
[[nodiscard]] framing_facts with_transfer_encoding(framing_facts facts,
                                                   std::string_view value) noexcept;
/// `value` must pass is_length().
[[nodiscard]] framing_facts with_content_length(framing_facts facts,
                                                std::string_view value) noexcept;
/// One or more digits and nothing else: no sign, no list, no white space.
[[nodiscard]] bool is_length(std::string_view value) noexcept;

/// The verdict over a complete head.
[[nodiscard]] parse_error judge(framing_facts facts, int minor_version,
                                std::uint64_t max_body) noexcept;

}  // namespace rondo::http
