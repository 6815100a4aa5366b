// What went wrong, as an error: for whom it was, why, and what is likely to help.
#include <openssl/sslerr.h>

#include "tls/engine_state.hpp"

namespace rondo::tls {

namespace {

struct row {
  int reason;
  errc code;
  const char* text;
};

/// The reasons that deserve better words than OpenSSL's.
constexpr row table[] = {
    {SSL_R_WRONG_VERSION_NUMBER, errc::protocol,
     "what the peer sends is not TLS; is it the right port, and not one for plain text?"},
    {SSL_R_HTTP_REQUEST, errc::protocol,
     "the client speaks plain HTTP; its URL has to begin with https"},
    {SSL_R_HTTPS_PROXY_REQUEST, errc::protocol, "the client takes this server for a proxy"},
    {SSL_R_UNSUPPORTED_PROTOCOL, errc::protocol,
     "no version in common: the peer's are older than `minimum`"},
    {SSL_R_NO_SHARED_CIPHER, errc::protocol, "no cipher in common"},
    {SSL_R_NO_PROTOCOLS_AVAILABLE, errc::invalid_argument,
     "no version is left between `minimum` and `maximum`"},
    {SSL_R_NO_APPLICATION_PROTOCOL, errc::protocol,
     "no protocol in common: none that the client offers (ALPN) is among `protocols`"},
    {SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE, errc::untrusted,
     "the client shows no certificate, and one is required"},
    {SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED, errc::untrusted,
     "the server requires a certificate of us; name `certificates`"},
};

/// Alerts by which a peer says that it does not trust us.
bool is_distrust(int reason) noexcept {
  switch (reason) {
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
    case SSL_R_TLSV1_ALERT_ACCESS_DENIED:
      return true;
    default:
      return false;
  }
}

bool is_alert_of_peer(int reason) noexcept {
  return reason >= SSL_AD_REASON_OFFSET;
}

}  // namespace

std::unexpected<error> engine::state::fail(std::string_view during, int outcome) {
  failure = failure_of(during, outcome);
  ERR_clear_error();
  return std::unexpected(*failure);
}

/// The end of the wire where more was to come.
std::optional<error> engine::state::at_wire_end(std::string_view during) {
  if (!input_has_ended || ERR_peek_error() != 0) return std::nullopt;
  const std::string with = peer.empty() ? "" : " with " + peer;
  if (SSL_is_init_finished(ssl.get()) != 1) {
    return error(errc::end_of_stream, "tls " + std::string(during) + with +
                                          ": the peer closed the connection before it was over");
  }
  return error(errc::truncated,
               "tls " + std::string(during) + with +
                   ": the connection ended without the peer's close_notify; what was read may be "
                   "cut off by somebody between");
}

error engine::state::failure_of(std::string_view during, int outcome) {
  if (auto ended = at_wire_end(during)) return *std::move(ended);
  std::string text = "tls " + std::string(during);
  if (!peer.empty()) text.append(" with ").append(peer);
  text += ": ";
  const int reason = ERR_GET_REASON(ERR_peek_last_error());
  if (refused && !shared->is_server) return error(errc::untrusted, text + explain(*refused, peer));
  if (refused) return error(errc::untrusted, text + "of the client: " + explain(*refused, {}));
  for (const row& each : table) {
    if (each.reason == reason) return error(each.code, text + each.text);
  }
  const std::string reasons = take_reasons();
  if (is_alert_of_peer(reason)) {
    return error(is_distrust(reason) ? errc::untrusted : errc::protocol,
                 text + "the peer refused: " + reasons);
  }
  if (!reasons.empty()) return error(errc::protocol, text + reasons);
  return error(errc::other, text + "OpenSSL gives no reason (" + std::to_string(outcome) + ")");
}

}  // namespace rondo::tls
