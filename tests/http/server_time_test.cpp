// Slow clients, and running out of room.
#include <rondo/http/server.hpp>

#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <utility>
#include <vector>

#include <rondo/os/fd.hpp>

#include "http/server_fixture.hpp"

namespace rondo::testing {
namespace {

class http_server_time_test : public server_test {};
INSTANTIATE_TEST_SUITE_P(backends, http_server_time_test, ::testing::ValuesIn(granted_backends()),
                         backend_name);

instant clock_now() {
  return real_clock().now();
}

constexpr duration little = duration::milliseconds(60);

TEST_P(http_server_time_test, closes_a_connection_that_asks_for_nothing) {
  http::server_options options;
  options.idle_timeout = little;
  serve(
      hello,
      [](running& s) -> task<> {
        http_client never;
        co_await never.connect(s.address);
        http_client once;
        co_await once.connect(s.address);
        const reply r = co_await once.ask(get("/"));
        EXPECT_EQ(r.status, 200);
        EXPECT_TRUE(co_await never.ended());
        EXPECT_TRUE(co_await once.ended());
      },
      std::move(options));
}

/// Every byte comes in time, and the head does not (slowloris).
TEST_P(http_server_time_test, ends_a_head_that_drips) {
  http::server_options options;
  options.head_timeout = little;
  serve(
      hello,
      [](running& s) -> task<> {
        http_client c;
        co_await c.connect(s.address);
        const reply before = co_await c.ask(get("/"));
        EXPECT_EQ(before.status, 200);
        auto drip = [](http_client& from) -> task<> {
          co_await from.send("GET / HTTP/1.1\r\nX: ");
          for (;;) {
            const auto sent = co_await from.stream.write_all("a").as_result();
            if (!sent) break;
            co_await sleep_for(duration::milliseconds(2));
          }
        };
        const instant began = clock_now();
        auto dripping = s.all.spawn(drip(c));
        const reply r = co_await c.receive();
        EXPECT_EQ(r.status, 408);
        EXPECT_TRUE(r.says("Connection: close"));
        EXPECT_GE(clock_now() - began, little);
        EXPECT_TRUE(co_await c.ended());
        c.stream.close();
        co_await dripping;
      },
      std::move(options));
}

TEST_P(http_server_time_test, ends_a_body_that_stops) {
  http::server_options options;
  options.transfer_timeout = little;
  auto read_body = [](http::exchange& x) -> http::handling {
    return [](http::exchange& to) -> task<> {
      static_cast<void>(co_await to.whole_body());
      to.respond(200, "text/plain", "all");
    }(x);
  };
  serve(
      read_body,
      [](running& s) -> task<> {
        http_client c;
        co_await c.connect(s.address);
        co_await c.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12345");
        static_cast<void>(co_await c.rest());
        co_await until([&] { return s.server.connections() == 0; });
      },
      std::move(options));
}

/// Every byte comes in time, and the body does not.
TEST_P(http_server_time_test, ends_a_body_that_drips) {
  http::server_options options;
  options.body_timeout = little;
  errc thrown = errc::ok;
  auto read_body = [&](http::exchange& x) -> http::handling {
    return [](http::exchange& to, errc& code) -> task<> {
      try {
        static_cast<void>(co_await to.whole_body());
      } catch (const error& e) {
        code = e.code();
        throw;
      }
    }(x, thrown);
  };
  serve(
      read_body,
      [](running& s) -> task<> {
        http_client c;
        co_await c.connect(s.address);
        auto drip = [](http_client& from) -> task<> {
          co_await from.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n");
          for (;;) {
            const auto sent = co_await from.stream.write_all("a").as_result();
            if (!sent) break;
            co_await sleep_for(duration::milliseconds(2));
          }
        };
        const instant began = clock_now();
        auto dripping = s.all.spawn(drip(c));
        const reply r = co_await c.receive();
        EXPECT_EQ(r.status, 408);
        EXPECT_TRUE(r.says("Connection: close"));
        EXPECT_GE(clock_now() - began, little);
        c.stream.close();
        co_await dripping;
      },
      std::move(options));
  EXPECT_EQ(thrown, errc::timed_out);
}

TEST_P(http_server_time_test, tells_of_what_it_refuses) {
  http::server_options options;
  options.head_timeout = little;
  std::vector<http::parse_error> refused;
  options.on_access = [&](const http::access_record& record) {
    refused.push_back(record.refused);
    EXPECT_EQ(record.what.request().target().empty(), record.refused != http::parse_error::none);
    EXPECT_FALSE(record.what.peer().host().empty());
  };
  serve(
      hello,
      [](running& s) -> task<> {
        for (const auto& [text, status] :
             {std::pair("GET / HTTP/1.1\r\nHost: x\r\n\r\n", 200),
              std::pair("nonsense\r\n\r\n", 400), std::pair("GET / HT", 408)}) {
          http_client c;
          co_await c.connect(s.address);
          const reply r = co_await c.ask(text);
          EXPECT_EQ(r.status, status);
        }
      },
      std::move(options));
  ASSERT_EQ(refused.size(), 3u);
  EXPECT_EQ(refused[0], http::parse_error::none);
  EXPECT_NE(refused[1], http::parse_error::none);
  EXPECT_EQ(refused[2], http::parse_error::request_timeout);
}

/// A client that does not read costs a bounded piece of the answer, and not for ever.
TEST_P(http_server_time_test, ends_an_answer_that_nobody_reads) {
  http::server_options options;
  options.transfer_timeout = little;
  std::uint64_t made = 0;
  bool refused = false;
  auto endless = [&](http::exchange& x) -> http::handling {
    return [](http::exchange& to, std::uint64_t& bytes, bool& failed) -> task<> {
      const std::string piece(10'000, 'x');
      to.begin(200, {});
      try {
        for (;;) {
          co_await to.write(piece);
          bytes += piece.size();
        }
      } catch (const error&) {
        failed = true;
        throw;
      }
    }(x, made, refused);
  };
  serve(
      endless,
      [&](running& s) -> task<> {
        http_client c;
        co_await c.connect(s.address);
        EXPECT_TRUE(c.stream.set_option(os::option::receive_buffer, 4096));
        co_await c.send(get("/"));
        co_await until([&] { return refused; });
        co_await until([&] { return s.server.connections() == 0; });
      },
      std::move(options));
  EXPECT_LT(made, 32'000'000u);  // what the kernel buffers, and one piece more
}

TEST_P(http_server_time_test, serves_only_so_many_at_a_time) {
  http::server_options options;
  options.max_connections = 2;
  serve(
      hello,
      [](running& s) -> task<> {
        std::array<http_client, 3> clients;
        for (http_client& c : clients) co_await c.connect(s.address);
        for (int i = 0; i < 2; ++i) {
          const reply r = co_await clients[i].ask(get("/"));
          EXPECT_EQ(r.status, 200);
        }
        co_await clients[2].send(get("/"));
        EXPECT_EQ(s.server.connections(), 2u);
        clients[0].stream.close();
        const reply r = co_await clients[2].receive();
        EXPECT_EQ(r.status, 200);
      },
      std::move(options));
}

/// A low limit of descriptors, and something that uses them up. (An io_uring remembers the limit at
/// the time of asking, so that lowering it later does not do.)
class few_descriptors {
 public:
  explicit few_descriptors(int room) {
    getrlimit(RLIMIT_NOFILE, &before_);
    const int lowest_free = dup(0);
    close(lowest_free);
    rlimit few = before_;
    few.rlim_cur = static_cast<rlim_t>(lowest_free + room);
    setrlimit(RLIMIT_NOFILE, &few);
  }
  few_descriptors(const few_descriptors&) = delete;
  ~few_descriptors() {
    release();
    setrlimit(RLIMIT_NOFILE, &before_);
  }

  void leave(std::size_t room) {
    for (int used = dup(0); used >= 0; used = dup(0)) used_.push_back(used);
    for (; room > 0; --room, used_.pop_back()) close(used_.back());
  }
  void release() {
    for (const int used : used_) close(used);
    used_.clear();
  }

 private:
  rlimit before_ = {};
  std::vector<int> used_;
};

TEST_P(http_server_time_test, goes_on_after_descriptors_ran_out) {
  few_descriptors descriptors(40);
  serve(hello, [&](running& s) -> task<> {
    http_client first;
    co_await first.connect(s.address);
    static_cast<void>(co_await first.ask(get("/")));
    http_client starved;
    descriptors.leave(1);
    co_await starved.connect(s.address);
    co_await starved.send(get("/"));
    for (int i = 0; i < 3; ++i) {  // the open one is served meanwhile
      const reply r = co_await first.ask(get("/"));
      EXPECT_EQ(r.status, 200);
    }
    EXPECT_EQ(s.server.connections(), 1u);
    descriptors.release();
    const reply r = co_await starved.receive();
    EXPECT_EQ(r.status, 200);
  });
}

}  // namespace
}  // namespace rondo::testing
