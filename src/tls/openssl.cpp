// What OpenSSL has to say, as text.
#include "tls/openssl.hpp"

namespace rondo::tls {

std::string take_reasons() {
  std::string text;
  while (const unsigned long each = ERR_get_error()) {
    const char* reason = ERR_reason_error_string(each);
    if (reason == nullptr) continue;
    if (text.ends_with(reason)) continue;
    if (!text.empty()) text += ", ";
    text += reason;
  }
  return text;
}

}  // namespace rondo::tls
