#pragma once

#include <string>
#include <string_view>

#include <rondo/base/unique_function.hpp>
#include <rondo/http/server.hpp>

#include "net/net_fixture.hpp"

namespace rondo::testing {

/// An answer as a client sees it.
struct reply {
  int status = 0;
  std::string head;  ///< with its last empty line
  std::string body;  ///< decoded
  bool complete = false;

  bool says(std::string_view line) const;
};

/// A client on the loop of the server, which sends what it likes.
class http_client {
 public:
  task<> connect(socket_address to);
  task<> send(std::string_view bytes) { co_await stream.write_all(bytes); }
  /// The next answer; what follows it is kept. `to_head`: the answer to HEAD has no body.
  task<reply> receive(bool to_head = false);
  task<reply> ask(std::string bytes, bool to_head = false);
  /// Everything up to the end of the connection, however it ends.
  task<std::string> rest();
  /// Waits for the end; false where the server still sends something before.
  task<bool> ended();

  tcp_stream stream;

 private:
  task<bool> more();
  task<> read_chunks(reply& r);

  std::string pending_;
};

/// What a test hands to a server: how to answer.
using answer_function = unique_function<http::handling(http::exchange&)>;

class function_handler final : public http::handler {
 public:
  explicit function_handler(answer_function f) noexcept : function_(std::move(f)) {}
  http::handling handle(http::exchange& x) override { return function_(x); }

 private:
  answer_function function_;
};

/// A server that runs, for a client to try.
struct running {
  http::server& server;
  socket_address address;
  scope& all;
};

/// Tests with a server and clients on one loop, on every backend.
class server_test : public net_test {
 public:
  /// Serves until the client function has ended, then stops the server and waits for its end.
  template <class Client>
  void serve(answer_function answers, Client client, http::server_options options = {}) {
    function_handler handler(std::move(answers));
    http::server server(l, handler, std::move(options));
    play(beside(server, client));
  }

 private:
  template <class Client>
  static task<> beside(http::server& server, Client& client) {
    co_await with_scope([&](scope& all) -> task<> {
      tcp_listener listener = co_await tcp_listener::bind("127.0.0.1:0");
      running now{server, *listener.local_address(), all};
      auto serving = all.spawn(server.serve(std::move(listener)));
      co_await client(now);
      server.stop();
      co_await serving;
      EXPECT_EQ(server.connections(), 0u);
    });
  }
};

/// "200 hello" to everything.
http::handling hello(http::exchange& x);
std::string get(std::string_view path, std::string_view lines = "");

}  // namespace rondo::testing
