// The end of a server: what it finishes, what it cuts off, and what it says of it.
#include <rondo/http/server.hpp>

#include <gmock/gmock.h>

#include <array>
#include <vector>

#include <rondo/async/graceful_shutdown.hpp>
#include <rondo/os/fd.hpp>

#include "http/server_fixture.hpp"

namespace rondo::testing {
namespace {

class http_server_end_test : public server_test {};
INSTANTIATE_TEST_SUITE_P(backends, http_server_end_test, ::testing::ValuesIn(granted_backends()),
                         backend_name);

constexpr duration little = duration::milliseconds(60);

TEST_P(http_server_end_test, lets_a_request_under_way_end_and_closes_the_idle) {
  http::server_options options;
  options.idle_grace = little;
  bool at_work = false;
  bool go_on = false;
  auto answers = [&](http::exchange& x) -> http::handling {
    if (x.request().target() == "/") return hello(x);
    return [](http::exchange& late, bool& begun, bool& may_end) -> task<> {
      begun = true;
      co_await until([&] { return may_end; });
      late.respond(200, "text/plain", "late");
    }(x, at_work, go_on);
  };
  serve(
      answers,
      [&](running& s) -> task<> {
        http_client idle;
        co_await idle.connect(s.address);
        static_cast<void>(co_await idle.ask(get("/")));
        http_client busy;
        co_await busy.connect(s.address);
        co_await busy.send(get("/late"));
        co_await until([&] { return at_work; });
        s.server.stop();
        EXPECT_TRUE(co_await idle.ended());
        idle.stream.close();
        co_await until([&] { return s.server.connections() == 1; });
        go_on = true;
        const reply r = co_await busy.receive();
        EXPECT_EQ(r.body, "late");
        EXPECT_TRUE(r.says("Connection: close"));
        EXPECT_TRUE(co_await busy.ended());
        http_client refused;
        auto connected = co_await tcp_stream::connect(s.address).as_result();
        EXPECT_FALSE(connected);
      },
      std::move(options));
}

/// Whoever is connected does not know of the stop, and asks: the answer tells him.
TEST_P(http_server_end_test, answers_in_the_grace_who_was_idle_at_the_stop) {
  serve(hello, [](running& s) -> task<> {
    http_client fresh;
    co_await fresh.connect(s.address);
    http_client used;
    co_await used.connect(s.address);
    const reply first = co_await used.ask(get("/"));
    EXPECT_FALSE(first.says("Connection: close"));
    co_await until([&] { return s.server.connections() == 2; });
    s.server.stop();
    for (http_client* c : {&fresh, &used}) {
      const reply r = co_await c->ask(get("/"));
      EXPECT_EQ(r.body, "hello");
      EXPECT_TRUE(r.says("Connection: close"));
      EXPECT_TRUE(co_await c->ended());
    }
  });
}

/// What has arrived together is answered together; the last answer tells of the end.
TEST_P(http_server_end_test, answers_all_of_a_pipeline_at_the_stop) {
  http::server* stops = nullptr;
  auto answers = [&](http::exchange& x) -> http::handling {
    stops->stop();
    return hello(x);
  };
  serve(answers, [&](running& s) -> task<> {
    stops = &s.server;
    http_client c;
    co_await c.connect(s.address);
    co_await c.send(get("/1") + get("/2") + get("/3"));
    for (const bool last : {false, false, true}) {
      const reply r = co_await c.receive();
      EXPECT_EQ(r.body, "hello");
      EXPECT_EQ(r.says("Connection: close"), last);
    }
    EXPECT_TRUE(co_await c.ended());
  });
}

/// A client whose request meets the end gets an end without an answer, and no reset, which could
/// be taken for anything.
TEST_P(http_server_end_test, ends_the_idle_without_a_reset) {
  http::server_options options;
  options.idle_grace = little;
  options.idle_timeout = little;
  serve(
      hello,
      [](running& s) -> task<> {
        for (const bool stops : {false, true}) {
          http_client c;
          co_await c.connect(s.address);
          const reply r = co_await c.ask(get("/"));
          EXPECT_EQ(r.status, 200);
          if (stops) s.server.stop();
          const auto end = co_await c.stream.read_some().as_result();
          EXPECT_TRUE(end && end->empty());
          co_await c.send(get("/"));
          const auto after = co_await c.stream.read_some().as_result();
          EXPECT_TRUE(after && after->empty());
        }
      },
      std::move(options));
}

/// They are connected, as far as they can see, and have asked; the server has not met them yet.
TEST_P(http_server_end_test, serves_who_waits_in_the_backlog_at_the_stop) {
  serve(hello, [this](running& s) -> task<> {
    http_client first;
    co_await first.connect(s.address);
    static_cast<void>(co_await first.ask(get("/")));
    std::vector<os::fd> waiting;
    for (int i = 0; i < 50; ++i) {  // without a turn of the loop
      os::fd c(os::open_tcp_socket(false, false));
      EXPECT_EQ(os::connect(c.get(), s.address.data(), s.address.size()), 0);
      EXPECT_GT(os::send(c.get(), get("/").data(), get("/").size()), 0);
      os::set_nonblocking(c.get(), l.backend().wants_nonblocking());
      waiting.push_back(std::move(c));
    }
    s.server.stop();
    for (os::fd& fd : waiting) {
      http_client c;
      c.stream = tcp_stream(l, fd.release());
      const reply r = co_await c.receive();
      EXPECT_EQ(r.body, "hello");
      EXPECT_TRUE(r.says("Connection: close"));
    }
  });
}

/// Clients that come, ask a few times and come again, while the server stops. Nobody who had
/// connected before loses a request; who comes later is refused, or served all the same.
TEST_P(http_server_end_test, loses_no_request_of_a_crowd_at_the_stop) {
  int answered = 0;
  bool stopped = false;
  serve(hello, [&](running& s) -> task<> {
    co_await with_scope([&](scope& crowd) -> task<> {
      auto come_and_ask = [](socket_address where, int& answers, const bool& late) -> task<> {
        for (;;) {
          http_client c;
          auto connected = co_await tcp_stream::connect(where).as_result();
          if (!connected || late) break;
          c.stream = std::move(*connected);
          for (bool goes_on = true; goes_on;) {
            const reply r = co_await c.ask(get("/"));
            EXPECT_EQ(r.body, "hello");
            if (r.status != 200) co_return;
            goes_on = !r.says("Connection: close") && ++answers % 7 != 0;
          }
        }
      };
      for (int i = 0; i < 16; ++i) crowd.spawn(come_and_ask(s.address, answered, stopped));
      co_await until([&] { return answered > 1000; });
      stopped = true;
      s.server.stop();
    });
  });
}

/// The head of the answer has promised to keep the connection when the stop comes.
TEST_P(http_server_end_test, ends_a_connection_whose_answer_had_begun_at_the_stop) {
  http::server_options options;
  options.idle_grace = little;
  bool begun = false;
  bool go_on = false;
  auto answers = [&](http::exchange& x) -> http::handling {
    return [](http::exchange& late, bool& at_work, bool& may_end) -> task<> {
      late.begin(200, {});
      co_await late.write("some");
      at_work = true;
      co_await until([&] { return may_end; });
      co_await late.write(" more");
    }(x, begun, go_on);
  };
  serve(
      answers,
      [&](running& s) -> task<> {
        http_client c;
        co_await c.connect(s.address);
        co_await c.send(get("/"));
        co_await until([&] { return begun; });
        s.server.stop();
        go_on = true;
        const reply r = co_await c.receive();
        EXPECT_EQ(r.body, "some more");
        EXPECT_TRUE(co_await limited(duration::seconds(5), c.ended()));
      },
      std::move(options));
}

TEST_P(http_server_end_test, waits_for_what_is_under_way_only_so_long) {
  http::server_options options;
  options.drain_timeout = little;
  bool at_work = false;
  bool was_cancelled = false;
  auto never = [&](http::exchange& x) -> http::handling {
    if (x.request().target() == "/") return hello(x);
    return [](http::exchange&, bool& begun, bool& ended) -> task<> {
      begun = true;
      try {
        co_await sleep_for(duration::seconds(3600));
      } catch (const cancelled&) {
        ended = true;
        throw;
      }
    }(x, at_work, was_cancelled);
  };
  serve(
      never,
      [&](running& s) -> task<> {
        http_client half;  // a head that has begun is under way, too
        co_await half.connect(s.address);
        static_cast<void>(co_await half.ask(get("/")));
        co_await half.send("GET / HT");
        http_client c;
        co_await c.connect(s.address);
        co_await c.send(get("/never"));
        co_await until([&] { return at_work; });
        s.server.stop();
        EXPECT_TRUE(co_await c.ended());
        EXPECT_TRUE(co_await half.ended());
      },
      std::move(options));
  EXPECT_TRUE(was_cancelled);
}

/// Connections in every state, and then the task that serves is cancelled, and the server goes.
TEST_P(http_server_end_test, is_cancelled_with_everything_open) {
  bool at_work = false;
  auto answers = [&](http::exchange& x) -> http::handling {
    const std::string_view target = x.request().target();
    if (target == "/") return hello(x);
    return [](http::exchange& to, bool endless, bool& begun) -> task<> {
      begun = true;
      if (!endless) co_await sleep_for(duration::seconds(3600));
      to.begin(200, {});
      const std::string piece(10'000, 'x');
      for (;;) co_await to.write(piece);
    }(x, target == "/endless", at_work);
  };
  function_handler handler(answers);
  play([](net_test& t, http::handler& h, bool& begun) -> task<> {
    std::array<http_client, 6> clients;
    {
      http::server server(t.l, h);
      co_await with_scope([&](scope& all) -> task<> {
        tcp_listener listener = co_await tcp_listener::bind("127.0.0.1:0");
        const socket_address address = *listener.local_address();
        all.spawn(server.serve(std::move(listener)));
        for (http_client& c : clients) co_await c.connect(address);
        static_cast<void>(co_await clients[1].ask(get("/")));
        co_await clients[2].send("GET / HT");
        co_await clients[3].send(get("/sleep"));
        co_await until([&] { return begun; });
        co_await clients[4].send(get("/endless"));
        static_cast<void>(co_await clients[4].stream.read_some());
        co_await clients[5].send("nonsense\r\n\r\n");
        const reply bad = co_await clients[5].receive();
        EXPECT_EQ(bad.status, 400);
        co_await until([&] { return server.connections() == 6; });
        all.cancel();
      });
      EXPECT_EQ(server.connections(), 0u);  // nobody has to turn the loop for their sake
    }
    for (http_client& c : clients) static_cast<void>(co_await c.rest());
  }(*this, handler, at_work));
}

/// Connections in every state, and what the report says of them.
TEST_P(http_server_end_test, takes_part_in_a_shutdown) {
  using ::testing::HasSubstr;
  http::server_options options;
  options.idle_grace = duration::seconds(60);
  options.drain_timeout = duration::seconds(60);
  bool at_work = false;
  auto answers = [&](http::exchange& x) -> http::handling {
    if (x.request().target() == "/") return hello(x);
    return [](http::exchange&, bool& begun) -> task<> {
      begun = true;
      co_await sleep_for(duration::seconds(3600));
    }(x, at_work);
  };
  function_handler handler(answers);
  shutdown_options times;
  times.report_after = duration::milliseconds(5);
  times.drain_limit = little;
  std::vector<shutdown_report> reports;
  times.on_report = [&](const shutdown_report& r) { reports.push_back(r); };
  graceful_shutdown ending(l, std::move(times));
  play([](net_test& t, http::server_options chosen, http::handler& h, graceful_shutdown& end,
          bool& begun) -> task<> {
    std::array<http_client, 4> clients;
    http::server server(t.l, h, std::move(chosen));
    server.take_part_in(end);
    tcp_listener listener = co_await tcp_listener::bind("127.0.0.1:0");
    const socket_address address = *listener.local_address();
    auto use = [&](scope& all) -> task<> {
      auto serving = all.spawn(end.run(server.serve(std::move(listener))));
      for (http_client& c : clients) co_await c.connect(address);
      static_cast<void>(co_await clients[1].ask(get("/")));
      co_await clients[2].send("GET / HT");
      co_await clients[3].send(get("/late"));
      co_await until([&] { return begun && server.connections() == 4; });
      end.begin("SIGTERM");
      const bool by_itself = co_await serving;
      EXPECT_FALSE(by_itself);
      EXPECT_EQ(server.connections(), 0u);
    };
    co_await with_scope(use);
    for (http_client& c : clients) static_cast<void>(co_await c.rest());
  }(*this, std::move(options), handler, ending, at_work));
  ASSERT_EQ(reports.size(), 3u);
  const std::string text = to_string(reports[0]);
  EXPECT_THAT(text, HasSubstr("\n  parts (3):\n    http connection 127.0.0.1:"));
  EXPECT_THAT(text, HasSubstr(": a request that has not arrived completely, for "));
  EXPECT_THAT(text, HasSubstr(" GET /late: in its handler, for "));
  EXPECT_THAT(text, HasSubstr("http connections 2 without a request, for "));
  EXPECT_THAT(text, HasSubstr("\"http request\" of conversation.cpp:"));
  EXPECT_THAT(text, HasSubstr("#0 sleep at server_end_test.cpp:"));
  EXPECT_EQ(reports[1].parts.size(), 3u) << "what is cut off";
  EXPECT_TRUE(reports[2].tasks.empty() && reports[2].parts.empty());
}

}  // namespace
}  // namespace rondo::testing
