// An HTTP server behind TLS, and a client that resumes its session.
#include <cstdio>
#include <string>

#include <rondo/async/run.hpp>
#include <rondo/http/server.hpp>
#include <rondo/task/scope.hpp>
#include <rondo/tls/self_signed.hpp>
#include <rondo/tls/server_layer.hpp>
#include <rondo/tls/stream.hpp>

namespace tls = rondo::tls;

class greeter final : public rondo::http::handler {
 public:
  rondo::http::handling handle(rondo::http::exchange& x) override {
    x.respond(200, "text/plain", x.layer() != nullptr ? "through TLS\n" : "in plain text\n");
    return rondo::http::at_once;
  }
};

rondo::task<> ask(rondo::socket_address where, const tls::context& client,
                  tls::session_store& sessions) {
  tls::stream_options options;
  options.sessions = &sessions;
  rondo::tcp_stream tcp = co_await rondo::tcp_stream::connect(where);
  tls::stream server = co_await tls::connect(std::move(tcp), "localhost", client, options);
  co_await server.write_all("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  std::string answer;
  std::string piece(1000, '\0');
  for (;;) {
    const std::size_t count = co_await server.read(std::as_writable_bytes(std::span(piece)));
    if (count == 0) break;
    answer.append(piece, 0, count);
  }
  const std::string protocol(server.protocol());
  std::printf("%s, %s: %s", protocol.c_str(), server.resumed() ? "resumed" : "new session",
              answer.substr(answer.find("\r\n\r\n") + 4).c_str());
}

rondo::task<> amain() {
  const auto made = tls::make_self_signed({"localhost"});
  tls::server_options ours;
  ours.certificates = tls::pem::text(made.certificate);
  ours.private_key = tls::pem::text(made.key);
  ours.protocols = {"http/1.1"};
  const tls::context secure(std::move(ours));
  tls::client_options theirs;
  theirs.trusted = tls::pem::text(made.certificate);
  theirs.protocols = {"http/1.1"};
  const tls::context client(std::move(theirs));

  greeter answers;
  tls::server_layers layers(secure);
  rondo::http::server_options options;
  options.layers = &layers;  // this alone makes it HTTPS
  rondo::http::server server(co_await rondo::this_loop(), answers, std::move(options));
  tls::session_store sessions;
  const auto both = [&](rondo::scope& all) -> rondo::task<> {
    rondo::tcp_listener listener = co_await rondo::tcp_listener::bind("127.0.0.1:0");
    const rondo::socket_address where = *listener.local_address();
    all.spawn(server.serve(std::move(listener)));
    co_await ask(where, client, sessions);
    co_await ask(where, client, sessions);
    server.stop();
  };
  co_await rondo::with_scope(both);
}

int main() {
  return rondo::run(amain());
}
