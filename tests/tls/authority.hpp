#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tls/openssl.hpp"

namespace rondo::testing {

/// What a certificate is to say.
struct wanted_certificate {
  std::string common_name = "test";
  std::vector<std::string> hosts;
  std::vector<std::string> addresses;
  bool is_authority = false;
  bool rsa = false;                      // a key of RSA 2048, and not of P-256
  std::int64_t valid_from = -3600;       // seconds from now
  std::int64_t valid_until = 24 * 3600;  // seconds from now
};

/// A certificate with its key, both in PEM, as the options take them.
struct identity {
  std::string certificate;
  std::string key;
};

/// Makes certificates for tests, at run time: none that lies in a repository expires there.
class authority {
 public:
  /// A root, signed by itself.
  explicit authority(const std::string& name);
  /// An intermediate one, signed by `above`.
  authority(const std::string& name, const authority& above);

  identity issue(const wanted_certificate& wanted) const;
  /// Its own certificate.
  const std::string& certificate() const noexcept { return pem_; }

 private:
  tls::key_ptr key_;
  tls::x509_ptr certificate_;
  std::string pem_;
};

/// One that vouches for itself.
identity self_signed(const wanted_certificate& wanted);
/// For "localhost" and 127.0.0.1, by `who`.
identity for_localhost(const authority& who, bool rsa = false);

}  // namespace rondo::testing
