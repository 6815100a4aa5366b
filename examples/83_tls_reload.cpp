// New certificates without a restart: who connects from now on gets the new one, connections that
// are open go on, and a certificate that does not fit its key changes nothing. No socket is needed
// to show it: an engine does TLS without I/O.
#include <cstdio>
#include <string>

#include <rondo/base/error.hpp>
#include <rondo/tls/engine.hpp>
#include <rondo/tls/self_signed.hpp>

namespace tls = rondo::tls;

namespace {

void write_file(const char* path, const std::string& text) {
  std::FILE* const file = std::fopen(path, "w");
  std::fwrite(text.data(), 1, text.size(), file);
  std::fclose(file);
}

void carry(tls::engine& from, tls::engine& to) {
  std::string wire;
  from.take_output(wire);
  to.input_arrived(std::as_bytes(std::span(wire)));
}

/// The name in the certificate that a new client is shown.
std::string shown_by(const tls::context& server) {
  tls::client_options careless;
  careless.insecure_no_verification = true;  // only to look
  const tls::context looker(std::move(careless));
  tls::engine client(looker, "");
  tls::engine answering(server);
  while (!client.is_established()) {
    client.handshake().value();
    carry(client, answering);
    answering.handshake().value();
    carry(answering, client);
  }
  const auto shown = client.peer_certificate();
  return shown ? shown->names.at(0) : "nobody";
}

}  // namespace

int main() {
  const char* const certificate = "83_tls_reload_certificate.pem";
  const char* const key = "83_tls_reload_key.pem";
  const auto first = tls::make_self_signed({"first.example"});
  const auto second = tls::make_self_signed({"second.example"});
  write_file(certificate, first.certificate);
  write_file(key, first.key);

  tls::server_options options;
  options.certificates = tls::pem::file(certificate);
  options.private_key = tls::pem::file(key);
  tls::context server(std::move(options));
  std::printf("shown: %s\n", shown_by(server).c_str());

  write_file(certificate, second.certificate);  // its key is not there yet
  const auto half = server.reload();            // in a task: co_await offload(...)
  std::printf("%s\n", half ? "reloaded" : half.error().what());
  std::printf("shown: %s\n", shown_by(server).c_str());

  write_file(key, second.key);
  const auto whole = server.reload();
  std::printf("%s\n", whole ? "reloaded" : whole.error().what());
  std::printf("shown: %s\n", shown_by(server).c_str());
  std::remove(certificate);
  std::remove(key);
}
