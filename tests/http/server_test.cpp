// Requests and answers over real connections: order, framing, handlers that fail.
#include <rondo/http/server.hpp>

#include <stdexcept>
#include <vector>

#include "http/server_fixture.hpp"

namespace rondo::testing {
namespace {

class http_server_test : public server_test {};
INSTANTIATE_TEST_SUITE_P(backends, http_server_test, ::testing::ValuesIn(granted_backends()),
                         backend_name);

TEST_P(http_server_test, keeps_the_connection) {
  serve(hello, [](running& s) -> task<> {
    http_client c;
    co_await c.connect(s.address);
    for (int i = 0; i < 3; ++i) {
      const reply r = co_await c.ask(get("/"));
      EXPECT_EQ(r.status, 200);
      EXPECT_EQ(r.body, "hello");
      EXPECT_TRUE(r.says("Content-Type: text/plain"));
      EXPECT_NE(r.head.find("\r\nDate: "), r.head.npos);
      EXPECT_EQ(r.head.find("\r\nConnection: "), r.head.npos);
    }
    EXPECT_EQ(s.server.connections(), 1u);
    EXPECT_EQ(s.server.requests(), 3u);
  });
}

TEST_P(http_server_test, closes_where_the_client_wishes) {
  serve(hello, [](running& s) -> task<> {
    http_client c;
    co_await c.connect(s.address);
    const reply r = co_await c.ask(get("/", "Connection: close\r\n"));
    EXPECT_EQ(r.body, "hello");
    EXPECT_TRUE(r.says("Connection: close"));
    EXPECT_TRUE(co_await c.ended());
  });
}

TEST_P(http_server_test, speaks_the_old_version) {
  serve(hello, [](running& s) -> task<> {
    http_client c;
    co_await c.connect(s.address);
    const reply kept = co_await c.ask("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_EQ(kept.body, "hello");
    EXPECT_TRUE(kept.says("Connection: keep-alive"));
    const reply last = co_await c.ask("GET / HTTP/1.0\r\n\r\n");
    EXPECT_EQ(last.body, "hello");
    EXPECT_TRUE(last.says("Connection: close"));
    EXPECT_TRUE(co_await c.ended());
  });
}

TEST_P(http_server_test, answers_head_without_a_body) {
  serve(hello, [](running& s) -> task<> {
    http_client c;
    co_await c.connect(s.address);
    const reply r = co_await c.ask("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n", true);
    EXPECT_TRUE(r.says("Content-Length: 5"));
    const reply next = co_await c.ask(get("/"));
    EXPECT_EQ(next.body, "hello");
  });
}

http::handling echo_target(http::exchange& x) {
  x.respond(200, "text/plain", x.request().target());
  return http::at_once;
}

TEST_P(http_server_test, answers_a_thousand_pipelined_requests_in_order) {
  serve(echo_target, [](running& s) -> task<> {
    http_client c;
    co_await c.connect(s.address);
    std::string all;
    for (int i = 0; i < 1000; ++i) all += get("/" + std::to_string(i));
    co_await c.send(all);
    for (int i = 0; i < 1000; ++i) {
      const reply r = co_await c.receive();
      EXPECT_EQ(r.body, "/" + std::to_string(i));
      if (!r.complete) break;
    }
  });
}

/// More answers than are collected before they are sent; the client reads only after it has sent
/// all.
TEST_P(http_server_test, answers_pipelined_requests_with_much) {
  const std::string much = numbered_text(300'000);
  auto answers = [&](http::exchange& x) -> http::handling {
    x.respond(200, "text/plain", much);
    return http::at_once;
  };
  serve(answers, [&](running& s) -> task<> {
    http_client c;
    co_await c.connect(s.address);
    std::string all;
    for (int i = 0; i < 100; ++i) all += get("/");
    co_await c.send(all);
    for (int i = 0; i < 100; ++i) {
      const reply r = co_await c.receive();
      EXPECT_TRUE(r.body == much) << "answer " << i;
      if (!r.complete) break;
    }
  });
}

TEST_P(http_server_test, takes_a_request_byte_by_byte) {
  serve(echo_target, [](running& s) -> task<> {
    http_client c;
    co_await c.connect(s.address);
    const std::string text = get("/drip", "X-Long: abcdefgh\r\n");
    for (const char& byte : text) {
      co_await c.send(std::string_view(&byte, 1));
      co_await yield_now();
    }
    const reply r = co_await c.receive();
    EXPECT_EQ(r.body, "/drip");
  });
}

http::handling throws_at(http::exchange& x) {
  const std::string_view target = x.request().target();
  if (target == "/before") throw std::runtime_error("before");
  if (target == "/bad_field") {
    const http::field bad[] = {{"X", "a\r\nSet-Cookie: b"}};
    x.respond(200, bad, "");
  }
  if (target == "/after") {
    x.respond(200, "text/plain", "hello");
    throw std::runtime_error("after");
  }
  if (target == "/chunked" || target == "/sized") {
    return [](http::exchange& late, bool sized) -> task<> {
      if (sized) {
        late.begin(200, {}, 100);
      } else {
        late.begin(200, {});
      }
      co_await late.write("some");
      throw std::runtime_error("in the middle");
    }(x, target == "/sized");
  }
  if (target == "/silent") return http::at_once;
  x.respond(200, "text/plain", "hello");
  return http::at_once;
}

TEST_P(http_server_test, turns_what_a_handler_throws_into_a_500) {
  std::vector<std::string> thrown;
  http::server_options options;
  options.on_error = [&](const http::exchange&, std::exception_ptr what) {
    try {
      std::rethrow_exception(std::move(what));
    } catch (const std::exception& e) {
      thrown.emplace_back(e.what());
    }
  };
  serve(
      throws_at,
      [](running& s) -> task<> {
        http_client c;
        co_await c.connect(s.address);
        for (const char* const target : {"/before", "/bad_field", "/silent"}) {
          const reply r = co_await c.ask(get(target));
          EXPECT_EQ(r.status, 500) << target;
        }
        const reply good = co_await c.ask(get("/"));
        EXPECT_EQ(good.status, 200);
        const reply sent = co_await c.ask(get("/after"));
        EXPECT_EQ(sent.status, 200);
        EXPECT_TRUE(co_await c.ended());
      },
      std::move(options));
  EXPECT_EQ(thrown.size(), 4u);
}

/// A client must not take half an answer for a whole one.
TEST_P(http_server_test, cuts_off_the_answer_of_a_handler_that_throws_in_its_middle) {
  serve(throws_at, [](running& s) -> task<> {
    for (const char* const target : {"/chunked", "/sized"}) {
      http_client c;
      co_await c.connect(s.address);
      const reply r = co_await c.ask(get(target));
      EXPECT_EQ(r.status, 200);
      EXPECT_FALSE(r.complete) << target;
    }
  });
}

/// The target says how: "/sized", "/chunked"; "/few" and "/many" break their word.
task<> stream(http::exchange& x) {
  const std::string target(x.request().target());
  co_await sleep_for(duration::milliseconds(1));
  if (target == "/chunked") {
    x.begin(200, {});
  } else {
    x.begin(200, {}, target == "/few" ? 12 : target == "/many" ? 8 : 10);
  }
  for (int i = 0; i < 5; ++i) {
    co_await x.write("ab");
    co_await yield_now();
  }
}

TEST_P(http_server_test, streams_answers) {
  serve([](http::exchange& x) -> http::handling { return stream(x); },
        [](running& s) -> task<> {
          http_client c;
          co_await c.connect(s.address);
          for (const char* const target : {"/sized", "/chunked"}) {
            const reply r = co_await c.ask(get(target));
            EXPECT_TRUE(r.complete);
            EXPECT_EQ(r.body, "ababababab") << target;
            const std::string head = "HEAD " + std::string(target) + " HTTP/1.1\r\nHost: x\r\n\r\n";
            const reply no_body = co_await c.ask(head, true);
            EXPECT_EQ(no_body.status, 200) << target;
          }
          const reply old = co_await c.ask("GET /chunked HTTP/1.0\r\n\r\n");
          EXPECT_EQ(old.body, "ababababab");
          EXPECT_EQ(old.head.find("chunked"), old.head.npos);
        });
}

/// Whoever says that he has nothing more to ask still wants the answers.
TEST_P(http_server_test, answers_a_client_that_has_ended_its_side) {
  serve([](http::exchange& x) -> http::handling { return stream(x); },
        [](running& s) -> task<> {
          http_client c;
          co_await c.connect(s.address);
          co_await c.send(get("/sized") + get("/chunked"));
          EXPECT_TRUE(c.stream.shutdown());
          for (int i = 0; i < 2; ++i) {
            const reply r = co_await c.receive();
            EXPECT_EQ(r.body, "ababababab");
          }
          EXPECT_TRUE(co_await c.ended());
        });
}

TEST_P(http_server_test, ends_the_connection_where_a_handler_breaks_its_word) {
  serve([](http::exchange& x) -> http::handling { return stream(x); },
        [](running& s) -> task<> {
          http_client few;
          co_await few.connect(s.address);
          const reply less = co_await few.ask(get("/few"));
          EXPECT_FALSE(less.complete);
          EXPECT_EQ(less.body, "ababababab");
          http_client many;
          co_await many.connect(s.address);
          const reply more = co_await many.ask(get("/many"));
          EXPECT_EQ(more.body, "abababab");
          EXPECT_TRUE(co_await many.ended());
        });
}

TEST_P(http_server_test, sends_more_than_a_socket_takes_at_once) {
  const std::string much = numbered_text(20'000'000);
  auto answers = [&](http::exchange& x) -> http::handling {
    return [](http::exchange& to, std::string_view text) -> task<> {
      to.begin(200, {}, text.size());
      for (; !text.empty(); text.remove_prefix(std::min<std::size_t>(text.size(), 10'000))) {
        co_await to.write(text.substr(0, 10'000));
      }
    }(x, much);
  };
  serve(answers, [&](running& s) -> task<> {
    http_client c;
    co_await c.connect(s.address);
    const reply r = co_await c.ask(get("/"));
    EXPECT_TRUE(r.body == much);
  });
}

TEST_P(http_server_test, reports_each_answer) {
  std::vector<int> seen;
  http::server_options options;
  options.on_access = [&](const http::access_record& record) {
    seen.push_back(record.what.status());
    EXPECT_TRUE(record.what.peer().port() != 0);
    EXPECT_EQ(record.what.body_bytes(), record.what.status() == 200 ? 5u : 26u);
  };
  serve(
      throws_at,
      [](running& s) -> task<> {
        http_client c;
        co_await c.connect(s.address);
        static_cast<void>(co_await c.ask(get("/")));
        static_cast<void>(co_await c.ask(get("/before")));
      },
      std::move(options));
  EXPECT_EQ(seen, (std::vector{200, 500}));
}

/// A hook that throws is a matter of the loop's, and must not cost a connection or the server.
TEST_P(http_server_test, outlives_hooks_that_throw) {
  int uncaught = 0;
  l.on_uncaught([&](std::exception_ptr) { ++uncaught; });
  http::server_options options;
  options.on_access = [](const http::access_record&) { throw std::runtime_error("full disk"); };
  options.on_error = [](const http::exchange&, std::exception_ptr) {
    throw std::runtime_error("full disk");
  };
  serve(
      throws_at,
      [](running& s) -> task<> {
        http_client c;
        co_await c.connect(s.address);
        for (const char* const target : {"/", "/before", "/silent", "/"}) {
          const reply r = co_await c.ask(get(target));
          EXPECT_NE(r.status, 0) << target;
        }
      },
      std::move(options));
  EXPECT_EQ(uncaught, 6);
}

}  // namespace
}  // namespace rondo::testing
