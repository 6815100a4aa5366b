#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <rondo/base/error.hpp>
#include <rondo/tls/certificate.hpp>

#include "tls/openssl.hpp"

namespace rondo::tls {

/// The first thing that was wrong with the peer's certificates.
struct refusal {
  int code = 0;   ///< X509_V_ERR_...
  int depth = 0;  ///< 0: the peer's own; above: who vouches for it
  certificate_facts of;
};

certificate_facts facts_of(X509& certificate);

/// "2026-11-22 07:41 UTC"
std::string text_of_time(std::int64_t unix_second);

/// Why not, what it means and the likely remedy. `asked_for` is "" where a client is refused.
std::string explain(const refusal& why, std::string_view asked_for);

}  // namespace rondo::tls
