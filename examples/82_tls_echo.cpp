// A server and a client through TLS, over TCP: who the server is gets verified, and both ends are
// told in so many words. The certificate is made on the spot, and vouches for itself.
#include <cstdio>
#include <string>

#include <rondo/async/run.hpp>
#include <rondo/net/tcp_listener.hpp>
#include <rondo/task/when_all.hpp>
#include <rondo/tls/self_signed.hpp>
#include <rondo/tls/stream.hpp>

namespace tls = rondo::tls;

rondo::task<> serve_one(rondo::tcp_listener& listener, const tls::context& server) {
  rondo::tcp_stream tcp = co_await listener.accept();
  tls::stream peer = co_await tls::accept(std::move(tcp), server);
  std::string text(100, '\0');
  for (;;) {
    const std::size_t count = co_await peer.read(std::as_writable_bytes(std::span(text)));
    if (count == 0) break;  // the client has said that it ends: nothing was cut off
    co_await peer.write_all(std::string_view(text).substr(0, count));
  }
  co_await peer.finish();
}

rondo::task<> ask(rondo::socket_address where, const tls::context& client) {
  rondo::tcp_stream tcp = co_await rondo::tcp_stream::connect(where);
  tls::stream server = co_await tls::connect(std::move(tcp), "localhost", client);
  if (const auto shown = server.peer_certificate())
    std::printf("%s, with %s\n", to_string(server.version()), shown->names[0].c_str());
  co_await server.write_all("hello");
  std::string text(5, '\0');
  co_await server.read_exact(std::as_writable_bytes(std::span(text)));
  std::printf("echoed: %s\n", text.c_str());
  const bool both = co_await server.finish();
  std::printf("both ended: %s\n", both ? "yes" : "no");
}

rondo::task<> ask_as(rondo::socket_address where, const char* name, const tls::context& client) {
  rondo::tcp_stream tcp = co_await rondo::tcp_stream::connect(where);
  try {
    co_await tls::connect(std::move(tcp), name, client);
  } catch (const rondo::error& e) {
    std::printf("%s\n", e.what());
  }
}

rondo::task<> refuse_one(rondo::tcp_listener& listener, const tls::context& server) {
  rondo::tcp_stream tcp = co_await listener.accept();
  try {
    co_await tls::accept(std::move(tcp), server);
  } catch (const rondo::error&) {
    std::printf("the server was told why\n");
  }
}

rondo::task<> amain() {
  const auto made = tls::make_self_signed({"localhost"});
  tls::server_options ours;
  ours.certificates = tls::pem::text(made.certificate);  // or pem::file("fullchain.pem")
  ours.private_key = tls::pem::text(made.key);
  const tls::context server(std::move(ours));
  tls::client_options theirs;
  theirs.trusted = tls::pem::text(made.certificate);  // without it: whom the system trusts
  const tls::context client(std::move(theirs));

  rondo::tcp_listener listener = co_await rondo::tcp_listener::bind("127.0.0.1:0");
  const rondo::socket_address where = *listener.local_address();
  co_await rondo::when_all(serve_one(listener, server), ask(where, client));
  co_await ask_as(where, "", client);  // whom do you mean?
  rondo::tcp_stream dropped = co_await listener.accept();
  dropped.close();
  co_await rondo::when_all(refuse_one(listener, server), ask_as(where, "example.com", client));
}

int main() {
  return rondo::run(amain());
}
