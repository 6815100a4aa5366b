#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace rondo::tls {

/// A certificate and its key, both in PEM: `pem::text(made.certificate)`.
struct made_certificate {
  std::string certificate;
  std::string key;
};

enum class key_kind : std::uint8_t { p256, rsa_2048 };

/// Makes a certificate that nobody vouches for but itself, good for the host names and addresses in
/// `names` from an hour ago until in a year: for tests, examples and a first try. A client accepts
/// it that names it as `trusted`. Computes (RSA: for a good part of a second). Throws `error`.
made_certificate make_self_signed(const std::vector<std::string>& names,
                                  key_kind kind = key_kind::p256);

}  // namespace rondo::tls
