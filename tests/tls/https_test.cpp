// An HTTP server with TLS between itself and its clients.
#include <array>
#include <fstream>

#include <rondo/http/static_files.hpp>
#include <rondo/tls/server_layer.hpp>

#include "http/server_fixture.hpp"
#include "support/temporary.hpp"
#include "tls/tls_fixture.hpp"

namespace rondo::testing {
namespace {

using tls::context;

class https_test : public server_test {
 public:
  template <class Client>
  void serve_secure(answer_function answers, Client client) {
    http::server_options options;
    options.layers = &layers;
    options.on_no_agreement = [this](const socket_address&, const error& why) {
      disagreements.emplace_back(why.code());
    };
    options.idle_grace = duration::milliseconds(20);
    serve(std::move(answers), std::move(client), std::move(options));
  }

  task<tls::stream> connect(socket_address to) {
    tcp_stream tcp = co_await tcp_stream::connect(to);
    co_return co_await tls::connect(std::move(tcp), "localhost", client);
  }
  /// What comes back for `bytes` until the server ends; it has to end properly.
  task<std::string> answer_to(socket_address to, std::string bytes) {
    tls::stream s = co_await connect(to);
    co_await s.write_all(bytes);
    co_return co_await read_to_end(s);
  }

  context client{plain_client()};
  context server{plain_server()};
  tls::server_layers layers{server, duration::milliseconds(500)};
  std::vector<errc> disagreements;
};
INSTANTIATE_TEST_SUITE_P(backends, https_test, ::testing::ValuesIn(granted_backends()),
                         backend_name);

std::string closing(std::string_view path) {
  return get(path, "Connection: close\r\n");
}

std::size_t count_of(std::string_view what, std::string_view in) {
  std::size_t count = 0;
  for (std::size_t at = in.find(what); at != in.npos; at = in.find(what, at + 1)) ++count;
  return count;
}

TEST_P(https_test, answers_and_ends_with_a_word) {
  serve_secure(&hello, [this](running& r) -> task<> {
    const std::string one = co_await answer_to(r.address, closing("/"));
    EXPECT_TRUE(one.starts_with("HTTP/1.1 200 OK\r\n")) << one;
    EXPECT_TRUE(one.ends_with("\r\n\r\nhello")) << one;
    const std::string piped = co_await answer_to(r.address, get("/a") + get("/b") + closing("/c"));
    EXPECT_EQ(count_of("hello", piped), 3u) << piped;
    const std::string nonsense = co_await answer_to(r.address, "nonsense\r\n\r\n");
    EXPECT_TRUE(nonsense.starts_with("HTTP/1.1 400 ")) << nonsense;
    EXPECT_TRUE(disagreements.empty());
  });
}

/// From memory, from a thread of the pool, and more than one piece.
TEST_P(https_test, gives_the_files_of_a_folder) {
  const temporary_folder folder;
  const std::string large = numbered_text(300'000);
  std::ofstream(folder / "large.txt") << large;
  std::ofstream(folder / "small.txt") << "small";
  http::static_files files(folder.path());
  serve_secure([&](http::exchange& x) { return files.answer(x); },
               [&](running& r) -> task<> {
                 const std::string piped =
                     co_await answer_to(r.address, get("/never") + get("/") + get("/large.txt") +
                                                       get("/small.txt") + closing("/nothing"));
                 EXPECT_EQ(count_of("HTTP/1.1 200 OK\r\n", piped), 3u);
                 EXPECT_EQ(count_of("HTTP/1.1 404 ", piped), 2u);
                 EXPECT_EQ(count_of("\"./large.txt\"", piped), 1u);
                 EXPECT_EQ(count_of("\r\n\r\n" + large + "HTTP/1.1 ", piped), 1u);
                 EXPECT_EQ(count_of("\r\n\r\nsmallHTTP/1.1 ", piped), 1u);
                 EXPECT_GE(files.waits(), 1u);
               });
}

TEST_P(https_test, a_connection_is_kept) {
  serve_secure(&hello, [this](running& r) -> task<> {
    tls::stream s = co_await connect(r.address);
    std::size_t size = 0;
    for (int i = 0; i < 20; ++i) {
      const std::string request = get("/" + std::to_string(i));
      for (std::size_t at = 0; at < request.size(); at += 7) {  // in records of seven bytes
        co_await s.write_all(std::string_view(request).substr(at, 7));
      }
      std::string got;
      while (!got.ends_with("hello")) {
        std::array<char, 1000> piece;
        const std::size_t n = co_await s.read(std::as_writable_bytes(std::span(piece)));
        if (n == 0) throw std::runtime_error("it has ended");
        got.append(piece.data(), n);
      }
      if (size == 0) size = got.size();
      EXPECT_EQ(got.size(), size);
    }
    const bool both = co_await s.finish();
    EXPECT_TRUE(both);
  });
}

/// The head of a request that came along with the body before it must outlive its own body.
http::handling echo_then_path(http::exchange& x) {
  return [](http::exchange& x) -> task<> {
    const std::string body = co_await x.whole_body();
    const std::string path(x.request().path_and_query());
    const auto tag = x.request().find("X-Tag");
    const std::string answer = path + ":" + std::string(tag.value_or("none")) + ":" +
                               std::to_string(body.size()) + ":" + body.substr(0, 8) + "\n";
    x.respond(200, "text/plain", answer);
  }(x);
}

std::string post(std::string_view path, std::string_view body, std::string_view lines = "") {
  return "POST " + std::string(path) + " HTTP/1.1\r\nHost: x\r\nX-Tag: tag of " +
         std::string(path) + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         std::string(lines) + "\r\n" + std::string(body);
}

TEST_P(https_test, bodies_of_any_size_one_behind_the_other) {
  serve_secure(&echo_then_path, [this](running& r) -> task<> {
    const std::string large = numbered_text(600'000);
    const std::string all = post("/one", large) + post("/two", "small") + post("/three", large) +
                            post("/four", "end", "Connection: close\r\n");
    const std::string got = co_await answer_to(r.address, all);
    for (const char* line :
         {"/one:tag of /one:600000:0 1 2 3 \n", "/two:tag of /two:5:small\n",
          "/three:tag of /three:600000:0 1 2 3 \n", "/four:tag of /four:3:end\n"}) {
      EXPECT_EQ(count_of(line, got), 1u) << line;
    }
  });
}

TEST_P(https_test, a_large_answer_in_pieces_to_a_client_that_takes_its_time) {
  static const std::string text = numbered_text(3'000'000);
  const auto answer = [](http::exchange& x) -> http::handling {
    return [](http::exchange& x) -> task<> {
      x.begin(200, {});
      for (std::size_t at = 0; at < text.size(); at += 50'000) {
        co_await x.write(std::string_view(text).substr(at, 50'000));
      }
    }(x);
  };
  serve_secure(answer, [this](running& r) -> task<> {
    tls::stream s = co_await connect(r.address);
    co_await s.write_all("GET / HTTP/1.0\r\n\r\n");
    const std::string got = co_await read_to_end(s);  // its end is told, not guessed
    EXPECT_EQ(got.substr(got.size() - text.size()), text);
  });
}

TEST_P(https_test, a_client_that_has_ended_still_gets_its_answer) {
  serve_secure(&hello, [this](running& r) -> task<> {
    tls::stream s = co_await connect(r.address);
    co_await s.write_all(get("/") + get("/"));
    co_await s.shutdown();
    const std::string got = co_await read_to_end(s);
    EXPECT_EQ(count_of("hello", got), 2u) << got;
    tls::stream silent = co_await connect(r.address);
    const bool both = co_await silent.finish();
    EXPECT_TRUE(both);
  });
}

TEST_P(https_test, who_comes_to_no_agreement_is_told_and_reported) {
  serve_secure(&hello, [this](running& r) -> task<> {
    tcp_stream plain = co_await tcp_stream::connect(r.address);
    co_await plain.write_all(get("/"));
    static_cast<void>(co_await rondo::testing::read_to_end(plain));
    tcp_stream silent = co_await tcp_stream::connect(r.address);
    const std::string nothing = co_await rondo::testing::read_to_end(silent);
    EXPECT_EQ(nothing, "");
    const context stranger{tls::client_options()};
    tcp_stream tcp = co_await tcp_stream::connect(r.address);
    const errc code = co_await thrown_by(tls::connect(std::move(tcp), "localhost", stranger));
    EXPECT_EQ(code, errc::untrusted);
    co_await until([this] { return disagreements.size() == 3; });
    EXPECT_EQ(disagreements, (std::vector<errc>{errc::protocol, errc::timed_out, errc::untrusted}));
    const std::string others = co_await answer_to(r.address, closing("/"));
    EXPECT_TRUE(others.ends_with("hello"));
  });
}

TEST_P(https_test, a_record_that_was_changed_ends_the_connection) {
  serve_secure(&hello, [this](running& r) -> task<> {
    tcp_stream tcp = co_await tcp_stream::connect(r.address);
    tls::engine machine(client, "localhost");
    std::string wire;
    while (!machine.is_established()) {
      static_cast<void>(machine.handshake());
      wire.clear();
      machine.take_output(wire);
      if (!wire.empty()) co_await tcp.write_all(wire);
      if (machine.is_established()) break;
      const std::size_t n = co_await tcp.read(machine.input_room());
      machine.input_arrived(n);
    }
    wire.clear();
    EXPECT_TRUE(machine.encode(bytes_of(closing("/")), wire));
    wire[wire.size() / 2] ^= 1;
    co_await tcp.write_all(wire);
    const std::string answer = co_await rondo::testing::read_to_end(tcp);
    std::string plain;
    const auto told = machine.decode(bytes_of(answer), plain);
    EXPECT_FALSE(told);
    EXPECT_EQ(plain, "");
  });
}

TEST_P(https_test, a_stop_does_not_wait_for_a_handshake_that_stalls) {
  layers = tls::server_layers(server, duration::seconds(50));
  http::server_options options;
  options.layers = &layers;
  options.drain_timeout = duration::milliseconds(50);
  serve(
      &hello,
      [](running& r) -> task<> {
        tcp_stream silent = co_await tcp_stream::connect(r.address);
        co_await until([&] { return r.server.connections() == 1; });
        r.server.stop();
        const std::string nothing = co_await rondo::testing::read_to_end(silent);
        EXPECT_EQ(nothing, "");
      },
      std::move(options));
}

TEST_P(https_test, handlers_see_who_asks) {
  auto strict = plain_server();
  strict.trusted = tls::pem::text(the_authority().certificate());
  strict.clients = tls::client_certificates::required;
  server = context(std::move(strict));
  wanted_certificate wanted;
  wanted.common_name = "a client";
  const identity who = the_authority().issue(wanted);
  auto options = plain_client();
  options.certificates = tls::pem::text(who.certificate);
  options.private_key = tls::pem::text(who.key);
  client = context(std::move(options));
  const auto answer = [](http::exchange& x) -> http::handling {
    const auto& layer = dynamic_cast<const tls::server_layer&>(*x.layer());
    x.respond(200, "text/plain", layer.agreed().peer_certificate()->subject);
    return http::at_once;
  };
  serve_secure(answer, [this](running& r) -> task<> {
    const std::string got = co_await answer_to(r.address, closing("/"));
    EXPECT_TRUE(got.ends_with("\r\n\r\nCN=a client")) << got;
  });
}

TEST_P(https_test, many_at_once) {
  layers = tls::server_layers(server, duration::seconds(50));
  serve_secure(&hello, [this](running& r) -> task<> {
    int answered = 0;
    const auto ask = [&]() -> task<> {
      const std::string got = co_await answer_to(r.address, closing("/"));
      if (got.ends_with("hello")) ++answered;
    };
    const auto all = [&](scope& s) -> task<> {
      for (int i = 0; i < 200; ++i) s.spawn(ask());
      co_return;
    };
    co_await with_scope(all);
    EXPECT_EQ(answered, 200);
  });
}

}  // namespace
}  // namespace rondo::testing
