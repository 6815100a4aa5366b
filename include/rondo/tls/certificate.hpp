#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace rondo::tls {

/// What a certificate says. Text is as the certificate has it: bytes that a stranger chose, unless
/// it was verified.
struct certificate_facts {
  std::string subject;             ///< "CN=example.com,O=Example"
  std::string issuer;              ///< the same of who signed it
  std::vector<std::string> names;  ///< host names and addresses that it is for
  std::string serial;              ///< hexadecimal
  std::string sha256;              ///< of the whole certificate, hexadecimal
  std::int64_t valid_from = 0;     ///< Unix seconds
  std::int64_t valid_until = 0;    ///< Unix seconds
};

}  // namespace rondo::tls
