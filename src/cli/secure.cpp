// `rondo serve --tls-cert FILE --tls-key FILE`.
#include "cli/secure.hpp"

namespace rondo::cli {

void secure_site::add_options(CLI::App& serve) {
  CLI::Option* const certificate =
      serve
          .add_option("--tls-cert", certificate_,
                      "Serve HTTPS with the certificates of this PEM file; SIGHUP reads it again")
          ->check(CLI::ExistingFile);
  serve.add_option("--tls-key", key_, "Their key, where it is not in the same file")
      ->check(CLI::ExistingFile)
      ->needs(certificate);
  serve
      .add_option(
          "--tls-client-ca", client_authorities_,
          "Serve only clients with a certificate by one of the authorities in this PEM file")
      ->check(CLI::ExistingFile)
      ->needs(certificate);
  serve.add_flag("--tls-1.3-only", newest_only_, "Refuse clients of TLS 1.2")->needs(certificate);
}

tls::server_options secure_site::settings() const {
  tls::server_options chosen;
  chosen.certificates = tls::pem::file(certificate_);
  if (!key_.empty()) chosen.private_key = tls::pem::file(key_);
  chosen.protocols = {"http/1.1"};
  if (newest_only_) chosen.minimum = tls::version::tls_1_3;
  if (!client_authorities_.empty()) {
    chosen.trusted = tls::pem::file(client_authorities_);
    chosen.clients = tls::client_certificates::required;
  }
  return chosen;
}

void secure_site::take_part_in(serve_options& options) {
  if (certificate_.empty()) return;
  context_.emplace(settings());
  layers_.emplace(*context_);
  options.layers = &*layers_;
  options.reload_certificates = [this] { return context_->reload(); };
}

}  // namespace rondo::cli
