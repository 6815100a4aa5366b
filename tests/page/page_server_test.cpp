// What the inspector's page answers, asked over real connections about a program that is made up.
#include <gmock/gmock.h>

#include "page/page_fixture.hpp"

namespace rondo::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class page_server_test : public page_test {};
INSTANTIATE_TEST_SUITE_P(backends, page_server_test, ::testing::ValuesIn(granted_backends()),
                         backend_name);

TEST_P(page_server_test, gives_the_page_to_who_has_the_token_and_keeps_him) {
  serve(5, [&]() -> task<> {
    http_client c;
    co_await c.connect(address);
    const std::string host = "Host: " + address.to_string() + "\r\n";
    const reply first = co_await c.ask("GET /?token=" + token + " HTTP/1.1\r\n" + host + "\r\n");
    EXPECT_EQ(first.status, 200);
    EXPECT_THAT(first.body, HasSubstr("<title>Rondo inspector</title>"));
    const std::string cookie = "rondo_inspector_" + std::to_string(address.port()) + "=" + token;
    EXPECT_TRUE(first.says("Set-Cookie: " + cookie + "; Path=/; HttpOnly; SameSite=Strict"));
    EXPECT_THAT(first.head, HasSubstr("\r\nContent-Security-Policy: default-src 'none';"));
    EXPECT_TRUE(first.says("Cache-Control: no-store"));
    EXPECT_THAT(first.head, Not(HasSubstr("Access-Control")));
    const std::string lines = " HTTP/1.1\r\n" + host + "Cookie: " + cookie + "\r\n\r\n";
    for (const char* const path : {"/", "/page.js", "/page.css", "/LICENSE"}) {
      const reply next = co_await c.ask(std::string("GET ").append(path).append(lines));
      EXPECT_EQ(next.status, 200) << path;
      EXPECT_TRUE(next.says("X-Content-Type-Options: nosniff"));
      EXPECT_THAT(next.head, Not(HasSubstr("Set-Cookie")));
    }
  });
}

TEST_P(page_server_test, says_nothing_to_others) {
  serve(5, [&]() -> task<> {
    http_client c;
    co_await c.connect(address);
    for (const char* const path : {"/", "/page.js", "/api/live?once=1", "/nowhere"}) {
      const reply r =
          co_await c.ask("GET " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
      EXPECT_EQ(r.status, 403);
      EXPECT_THAT(r.body, HasSubstr("?token="));
      EXPECT_THAT(r.body, Not(HasSubstr(token)));
    }
    const std::string good = "Authorization: Bearer " + token + "\r\n\r\n";
    const reply rebound = co_await c.ask("GET / HTTP/1.1\r\nHost: evil.example\r\n" + good);
    EXPECT_EQ(rebound.status, 403);
    const reply foreign = co_await c.ask(
        "GET / HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.example\r\n" + good);
    EXPECT_EQ(foreign.status, 403);
    EXPECT_EQ(looks, 0);
  });
}

TEST_P(page_server_test, is_only_read) {
  serve(5, [&]() -> task<> {
    http_client c;
    co_await c.connect(address);
    const reply posted = co_await c.ask(
        "POST /api/live HTTP/1.1\r\nHost: localhost\r\n"
        "Content-Length: 0\r\nAuthorization: Bearer " +
        token + "\r\n\r\n");
    EXPECT_EQ(posted.status, 405);
    EXPECT_TRUE(posted.says("Allow: GET, HEAD"));
    const reply missing = co_await c.ask(get("/api/nothing"));
    EXPECT_EQ(missing.status, 404);
  });
}

TEST_P(page_server_test, is_for_this_machine_only) {
  for (const char* const host : {"0.0.0.0", "::", "192.168.0.1", "localhost", ""}) {
    EXPECT_THROW(observe::page_server(l, {}, host, 0), error) << host;
  }
}

TEST_P(page_server_test, shows_what_the_loops_do) {
  serve(5, [&]() -> task<> {
    const json live = co_await ask("/api/live?once=1");
    EXPECT_EQ(live["pid"], 4711);
    EXPECT_EQ(live["program"], "made \"up\" <b>");
    EXPECT_EQ(live["counts"]["tasks"], 5);
    EXPECT_EQ(live["counts"]["suspicious"], 3);
    EXPECT_EQ(live["counts"]["running"], 1);
    EXPECT_EQ(live["deadlocks"][0], "Plato waits for Kant, and Kant for Plato.");
    EXPECT_EQ(live["workers"].size(), 2u);
    const json& stuck = live["workers"][1];
    EXPECT_EQ(stuck["stuck"], true);
    EXPECT_EQ(stuck["stuckFor"], 3'200'000'000);
    EXPECT_EQ(stuck["stuckName"], "spin");
    EXPECT_EQ(stuck["calls"], (json{0, 100, 200, 300, 400, 500, 600, 700}));
    EXPECT_EQ(stuck["queued"], (json{0, 1, 2, 3, 4, 5, 6, 7}));
    EXPECT_EQ(stuck["delay"]["buckets"].size(), 20u);
  });
}

/// Until it has a whole event.
task<json> next_event(tcp_stream& from, std::string& pending) {
  std::size_t begin = 0;
  std::size_t end = 0;
  while ((begin = pending.find("data: ")) == pending.npos ||
         (end = pending.find("\n\n", begin)) == pending.npos) {
    auto some = co_await from.read_some();
    if (some.empty()) throw error(errc::end_of_stream, "the events have ended");
    pending += some.text();
  }
  json event = json::parse(pending.substr(begin + 6, end - begin - 6));
  pending.erase(0, end + 2);
  co_return event;
}

TEST_P(page_server_test, sends_events_until_the_client_leaves) {
  serve(5, [&]() -> task<> {
    std::string head;
    {
      auto c = co_await tcp_stream::connect(address);
      co_await c.write_all(get("/api/live"));
      for (int i = 0; i < 3; ++i) {
        const json event = co_await next_event(c, head);
        EXPECT_EQ(event["workers"][1]["stuckName"], "spin");
      }
      EXPECT_THAT(head, Not(HasSubstr("data: ")));
    }
    co_await until([&] { return served->connections() == 0; });
  });
  EXPECT_GE(looks, 3);
}

TEST_P(page_server_test, shares_a_look_among_all_who_ask_at_once) {
  serve(5, [&]() -> task<> {
    co_await when_all(ask("/api/live?once=1"), ask("/api/live?once=1"), ask("/api/live?once=1"));
  });
  EXPECT_LE(looks, 2);
}

}  // namespace
}  // namespace rondo::testing
