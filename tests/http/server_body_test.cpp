// Bodies of requests, the answers to what is no request, and smuggling.
#include <rondo/http/server.hpp>

#include <stdexcept>

#include <rondo/sync/event.hpp>

#include "http/server_fixture.hpp"

namespace rondo::testing {
namespace {

class http_server_body_test : public server_test {};
INSTANTIATE_TEST_SUITE_P(backends, http_server_body_test, ::testing::ValuesIn(granted_backends()),
                         backend_name);

http::handling echo_body(http::exchange& x) {
  return [](http::exchange& to) -> task<> {
    const std::string body = co_await to.whole_body();
    to.respond(200, "text/plain", body);
  }(x);
}

std::string post(std::string_view body, std::string_view lines = "") {
  return "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         std::string(lines) + "\r\n" + std::string(body);
}

constexpr std::string_view chunked_head =
    "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";

TEST_P(http_server_body_test, reads_bodies_of_either_framing) {
  serve(echo_body, [](running& s) -> task<> {
    http_client c;
    co_await c.connect(s.address);
    const std::string big = numbered_text(1'000'000);
    const reply sized = co_await c.ask(post(big));
    EXPECT_TRUE(sized.body == big);
    const reply chunked =
        co_await c.ask(std::string(chunked_head) + "3;a=b\r\nabc\r\n2\r\nde\r\n0\r\nX: y\r\n\r\n");
    EXPECT_EQ(chunked.body, "abcde");
    const reply empty = co_await c.ask(post(""));
    EXPECT_EQ(empty.status, 200);
    const reply none = co_await c.ask(get("/"));
    EXPECT_EQ(none.status, 200);
  });
}

TEST_P(http_server_body_test, finds_the_request_behind_a_body) {
  serve(echo_body, [](running& s) -> task<> {
    http_client c;
    co_await c.connect(s.address);
    std::string all;
    for (int i = 0; i < 50; ++i) {
      all += post("sized " + std::to_string(i));
      all += std::string(chunked_head) + "7\r\nchunked\r\n0\r\n\r\n" + get("/");
    }
    co_await c.send(all);
    for (int i = 0; i < 50; ++i) {
      const reply sized = co_await c.receive();
      const reply chunked = co_await c.receive();
      const reply none = co_await c.receive();
      EXPECT_EQ(sized.body, "sized " + std::to_string(i));
      EXPECT_EQ(chunked.body, "chunked");
      EXPECT_EQ(none.status, 200);
    }
  });
}

TEST_P(http_server_body_test, takes_a_body_byte_by_byte) {
  serve(echo_body, [](running& s) -> task<> {
    http_client c;
    co_await c.connect(s.address);
    const std::string text = std::string(chunked_head) + "3\r\nabc\r\n0\r\n\r\n";
    for (const char& byte : text) {
      co_await c.send(std::string_view(&byte, 1));
      co_await yield_now();
    }
    const reply r = co_await c.receive();
    EXPECT_EQ(r.body, "abc");
  });
}

TEST_P(http_server_body_test, tells_a_client_to_go_on_where_the_body_is_wanted) {
  serve(echo_body, [](running& s) -> task<> {
    http_client c;
    co_await c.connect(s.address);
    for (int i = 0; i < 2; ++i) {
      co_await c.send(
          "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
      const reply go_on = co_await c.receive();
      EXPECT_EQ(go_on.status, 100);
      const reply r = co_await c.ask("body");
      EXPECT_EQ(r.status, 200);
      EXPECT_EQ(r.body, "body");
    }
  });
}

TEST_P(http_server_body_test, answers_at_once_where_the_body_is_not_wanted) {
  serve(hello, [](running& s) -> task<> {
    http_client c;
    co_await c.connect(s.address);
    const reply r = co_await c.ask(
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(r.status, 200);
    EXPECT_TRUE(co_await c.ended());  // nobody knows whether the body will come
  });
}

TEST_P(http_server_body_test, drops_a_small_body_that_nobody_reads) {
  serve(hello, [](running& s) -> task<> {
    http_client c;
    co_await c.connect(s.address);
    const reply first = co_await c.ask(post(numbered_text(100'000)));
    EXPECT_EQ(first.body, "hello");
    const reply next = co_await c.ask(get("/"));
    EXPECT_EQ(next.body, "hello");
  });
}

TEST_P(http_server_body_test, ends_the_connection_at_a_large_body_that_nobody_reads) {
  serve(hello, [](running& s) -> task<> {
    http_client c;
    co_await c.connect(s.address);
    const std::string big = numbered_text(8'000'000);
    auto send = [](http_client& from, std::string bytes) -> task<> {
      static_cast<void>(co_await from.stream.write_all(bytes).as_result());
    };
    auto sending = s.all.spawn(send(c, post(big)));
    const reply r = co_await c.receive();
    EXPECT_EQ(r.body, "hello");
    EXPECT_TRUE(co_await c.ended());
    c.stream.close();
    co_await sending;
  });
}

struct bad_request {
  std::string bytes;
  int status;
};

std::string lines(std::string_view some) {
  return "POST / HTTP/1.1\r\nHost: x\r\n" + std::string(some) + "\r\n";
}

/// Each is answered, though more is on its way that nobody will read, and nothing after it is
/// taken for a request.
TEST_P(http_server_body_test, says_what_is_wrong_and_ends) {
  const std::string long_value(40'000, 'a');
  const bad_request all[] = {
      {"nonsense\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\n\r\n", 400},
      {"GET /" + long_value + " HTTP/1.1\r\nHost: x\r\n\r\n", 414},
      {lines("X: " + long_value + "\r\n"), 431},
      {"BREW / HTTP/1.1\r\nHost: x\r\n\r\n", 501},
      {lines("Transfer-Encoding: gzip, chunked\r\n"), 501},
      {"GET / HTTP/2.0\r\nHost: x\r\n\r\n", 505},
      {lines("Content-Length: 99999999999\r\n"), 413},
      {lines("Expect: a miracle\r\n"), 417},
      // smuggling: where one reader sees one request, another must not see two
      {lines("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n"), 400},
      {lines("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n"), 400},
      {lines("Content-Length: 4\r\nContent-Length: 5\r\n"), 400},
      {lines("Content-Length: 4, 5\r\n"), 400},
      {lines("Content-Length: +4\r\n"), 400},
      {lines("Content-Length: 0x4\r\n"), 400},
      {lines("Content-Length : 4\r\n"), 400},
      {lines("X: a\r\n Content-Length: 4\r\n"), 400},
      {lines("Transfer-Encoding: chunked, identity\r\n"), 400},
      {lines("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 400},
      {lines("Transfer-Encoding:\x0b"
             "chunked\r\n"),
       400},
      {"POST / HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
      {"GET / HTTP/1.1\nHost: x\n\n", 400},
      {lines("Host: y\r\n"), 400},
      {lines(std::string("X: a\0b\r\n", 8)), 400},
  };
  serve(echo_body, [&](running& s) -> task<> {
    for (const bad_request& bad : all) {
      http_client c;
      co_await c.connect(s.address);
      co_await c.send(get("/good"));
      const reply good = co_await c.receive();
      EXPECT_EQ(good.status, 200);
      static_cast<void>(
          co_await c.stream.write_all(bad.bytes + get("/smuggled") + numbered_text(50'000))
              .as_result());
      const reply r = co_await c.receive();
      EXPECT_EQ(r.status, bad.status) << bad.bytes.substr(0, 200);
      EXPECT_TRUE(r.complete);
      EXPECT_TRUE(r.says("Connection: close"));
      EXPECT_TRUE(co_await c.ended()) << bad.bytes.substr(0, 200);
    }
  });
}

TEST_P(http_server_body_test, answers_a_body_that_breaks_its_framing) {
  const bad_request all[] = {
      {"xyz\r\nabc\r\n0\r\n\r\n", 400},
      {"3\r\nabcd\r\n0\r\n\r\n", 400},
      {"3\nabc\r\n0\r\n\r\n", 400},
      {"fffffffffffffffff\r\n", 413},
      {"3\r\nabc\r\n0\r\nContent-Length: 5\r\n\r\n", 400},
      {"7fffffff\r\n", 413},
      {"3;" + std::string(5'000, 'x') + "\r\nabc\r\n0\r\n\r\n", 413},
      {"0\r\nX: " + std::string(9'000, 'x') + "\r\n\r\n", 431},
  };
  serve(echo_body, [&](running& s) -> task<> {
    for (const bad_request& bad : all) {
      http_client c;
      co_await c.connect(s.address);
      static_cast<void>(
          co_await c.stream.write_all(std::string(chunked_head) + bad.bytes + get("/smuggled"))
              .as_result());
      const reply r = co_await c.receive();
      EXPECT_EQ(r.status, bad.status) << bad.bytes.substr(0, 200);
      EXPECT_TRUE(co_await c.ended()) << bad.bytes.substr(0, 200);
    }
  });
}

/// The handler has answered when the rest turns out to be broken: the answer must arrive all the
/// same.
TEST_P(http_server_body_test, keeps_the_answer_before_an_unread_body_that_is_broken) {
  serve(hello, [](running& s) -> task<> {
    for (int i = 0; i < 20; ++i) {
      http_client c;
      co_await c.connect(s.address);
      const reply r =
          co_await c.ask(std::string(chunked_head) + "xyz\r\n" + numbered_text(100'000));
      EXPECT_EQ(r.body, "hello");
      EXPECT_TRUE(co_await c.ended());
    }
  });
}

TEST_P(http_server_body_test, keeps_its_own_limit_for_bodies) {
  http::server_options options;
  options.limits.max_body = 10;
  serve(
      echo_body,
      [](running& s) -> task<> {
        http_client good;
        co_await good.connect(s.address);
        const reply ten = co_await good.ask(post("0123456789"));
        EXPECT_EQ(ten.body, "0123456789");
        const reply eleven = co_await good.ask(post("0123456789a"));
        EXPECT_EQ(eleven.status, 413);
        http_client chunks;
        co_await chunks.connect(s.address);
        const reply r = co_await chunks.ask(std::string(chunked_head) +
                                            "6\r\nabcdef\r\n6\r\nabcdef\r\n0\r\n\r\n");
        EXPECT_EQ(r.status, 413);
      },
      std::move(options));
}

/// Whatever a client has sent when it goes, the server is none the worse.
TEST_P(http_server_body_test, outlives_clients_that_go_at_any_point) {
  const std::string whole =
      post("0123456789") + std::string(chunked_head) + "3\r\nabc\r\n0\r\n\r\n";
  serve(echo_body, [&](running& s) -> task<> {
    for (std::size_t cut = 0; cut <= whole.size(); ++cut) {
      for (const bool rudely : {false, true}) {
        http_client c;
        co_await c.connect(s.address);
        if (cut > 0) co_await c.send(std::string_view(whole).substr(0, cut));
        if (cut % 3 == 0) co_await yield_now();
        if (rudely) {
          reset(c.stream);
        } else if (cut % 2 == 0) {
          EXPECT_TRUE(c.stream.shutdown());
          static_cast<void>(co_await c.rest());
        }
      }
    }
    http_client c;
    co_await c.connect(s.address);
    const reply r = co_await c.ask(post("still here"));
    EXPECT_EQ(r.body, "still here");
    co_await until([&] { return s.server.connections() == 1; });
  });
}

/// Small pieces are collected: but not those that somebody may wait for.
TEST_P(http_server_body_test, sends_at_once_what_is_flushed) {
  event heard;
  const auto say_and_wait = [&](http::exchange& x) -> task<> {
    x.begin(200, {});
    co_await x.write("first");
    co_await x.flush();
    co_await heard.wait();
    co_await x.write("last");
  };
  serve([&](http::exchange& x) -> http::handling { return say_and_wait(x); },
        [&](running& s) -> task<> {
          http_client c;
          co_await c.connect(s.address);
          co_await c.send(get("/"));
          std::string seen;
          while (seen.find("first") == seen.npos) {
            const auto some = co_await c.stream.read_some();
            seen += some.text();
          }
          EXPECT_EQ(seen.find("last"), seen.npos);
          heard.set();
          while (seen.find("\r\n0\r\n\r\n") == seen.npos) {
            const auto some = co_await c.stream.read_some();
            seen += some.text();
          }
          EXPECT_NE(seen.find("last"), seen.npos);
        });
}

}  // namespace
}  // namespace rondo::testing
