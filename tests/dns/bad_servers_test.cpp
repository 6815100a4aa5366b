// Name servers that are slow, dead, broken or lie.
#include <functional>
#include <memory>
#include <random>

#include "dns/dns_fixture.hpp"
#include "dns/name_server.hpp"
#include "support/gate.hpp"
#include "support/seed.hpp"

namespace rondo::testing {
namespace {

class bad_servers_test : public dns_test {};
INSTANTIATE_TEST_SUITE_P(backends, bad_servers_test, ::testing::ValuesIn(granted_backends()),
                         backend_name);

dns_reply right_answer(const dns_query& q) {
  return dns_reply(q).add_address(q.name, "192.0.2.1");
}
std::vector<dns_sending> answer_rightly(const dns_query& q) {
  return {right_answer(q)};
}
std::vector<dns_sending> say_nothing(const dns_query&) {
  return {};
}

dns::resolver_options asking(std::vector<socket_address> servers) {
  dns::resolver_options options;
  options.servers = std::move(servers);
  options.hosts_file = "";
  options.search_domains.emplace();
  options.timeout = 20ms;
  options.tries = 2;
  return options;
}

/// What comes of asking for the addresses of host.test.
task<std::string> outcome(dns::resolver& names) {
  std::string text;
  try {
    const auto found = co_await names.resolve_a("host.test");
    text = joined(found.records);
  } catch (const error& e) {
    text = std::string(to_string(e.code())) + ": " + e.what();
  }
  co_return text;
}

constexpr auto right = "192.0.2.1:0";

/// The same from one server, with more time, since it is not silence that is waited for.
std::string outcome_with(loop& l, name_server::handler answer) {
  name_server server(std::move(answer));
  dns::resolver_options options = asking({server.address()});
  options.timeout = 10s;
  options.tries = 1;
  dns::resolver names(l, options);
  return run(l, outcome(names));
}

TEST_P(bad_servers_test, a_truncated_answer_comes_again_by_tcp) {
  name_server server([](const dns_query& q) -> std::vector<dns_sending> {
    if (!q.by_tcp) return {dns_reply(q).truncated()};
    dns_reply r(q);
    for (int i = 0; i < 200; ++i) r.add_address(q.name, "192.0.2." + std::to_string(i));
    return {r};
  });
  dns::resolver_options options = asking({server.address()});
  options.timeout = 10s;
  dns::resolver names(l, options);
  play([](dns::resolver& names) -> task<> {
    const auto found = co_await names.resolve_a("host.test");
    EXPECT_EQ(found.size(), 200u);
  }(names));
  EXPECT_EQ(server.asked_by_udp, 1);
  EXPECT_EQ(server.asked_by_tcp, 1);
}

TEST_P(bad_servers_test, an_oversized_answer_comes_again_by_tcp) {
  const std::string got = outcome_with(l, [](const dns_query& q) -> std::vector<dns_sending> {
    if (q.by_tcp) return {right_answer(q)};
    dns_reply r(q);
    for (int i = 0; i < 200; ++i) r.add_address(q.name, "192.0.2.9");
    return {r};
  });
  EXPECT_EQ(got, right);
}

TEST_P(bad_servers_test, one_that_fails_is_followed_by_the_next) {
  for (const answer_code code : {SERVFAIL, NOTIMP, REFUSED}) {
    name_server broken(
        [code](const dns_query& q) -> std::vector<dns_sending> { return {dns_reply(q, code)}; });
    name_server good(&answer_rightly);
    dns::resolver names(l, asking({broken.address(), good.address()}));
    const std::string got = run(l, outcome(names));
    EXPECT_EQ(got, right);
    EXPECT_GT(broken.asked(), 0);
  }
}

TEST_P(bad_servers_test, one_that_is_silent_is_followed_by_the_next) {
  name_server silent(&say_nothing);
  name_server good(&answer_rightly);
  dns::resolver names(l, asking({silent.address(), good.address()}));
  const std::string got = run(l, outcome(names));
  EXPECT_EQ(got, right);
}

TEST_P(bad_servers_test, one_that_is_not_there_is_followed_by_the_next) {
  socket_address gone;
  {
    const name_server was_here(&say_nothing);
    gone = was_here.address();
  }
  name_server good(&answer_rightly);
  dns::resolver names(l, asking({gone, good.address()}));
  EXPECT_EQ(run(l, outcome(names)), right);
  dns::resolver lost(l, asking({gone}));
  const std::string got = run(l, outcome(lost));
  EXPECT_EQ(got, "connection_refused: look up host.test (A) at " + gone.to_string() +
                     ": no server there; is the address right?");
}

TEST_P(bad_servers_test, all_silent_is_a_timeout_that_names_them) {
  name_server one(&say_nothing);
  name_server other(&say_nothing);
  dns::resolver names(l, asking({one.address(), other.address()}));
  const std::string got = run(l, outcome(names));
  EXPECT_EQ(got, "timed_out: look up host.test (A) at " + one.address().to_string() + ", " +
                     other.address().to_string() +
                     ": no answer in time; is the server up, and the way to it?");
  EXPECT_EQ(one.asked(), 2);
  EXPECT_EQ(other.asked(), 2);
  EXPECT_EQ(names.counts().cached, 0u) << "a failure is not remembered";
}

TEST_P(bad_servers_test, one_that_refuses_is_told_apart) {
  const std::string got = outcome_with(
      l, [](const dns_query& q) -> std::vector<dns_sending> { return {dns_reply(q, REFUSED)}; });
  EXPECT_TRUE(got.starts_with("name_server_failed: ")) << got;
}

TEST_P(bad_servers_test, lies_are_passed_over_until_the_truth_comes) {
  const std::vector<std::function<dns_sending(const dns_query&)>> lies = {
      [](const dns_query& q) {
        return dns_reply(q).with_id(q.id ^ 1U).add_address(q.name, "6.6.6.6");
      },
      [](const dns_query& q) {
        return dns_reply(q)
            .with_question(wire_name("other.test") + wire_word(A) + wire_word(1))
            .add_address("other.test", "6.6.6.6");
      },
      [](const dns_query& q) {
        dns_sending lie = dns_reply(q).add_address(q.name, "6.6.6.6");
        lie.from_another_port = true;
        return lie;
      },
      [](const dns_query&) { return dns_sending(std::string("short")); },
      [](const dns_query&) { return dns_sending(std::string(500, '\xff')); },
  };
  for (std::size_t i = 0; i < lies.size(); ++i) {
    const std::string got = outcome_with(l, [&](const dns_query& q) -> std::vector<dns_sending> {
      return {lies[i](q), right_answer(q)};
    });
    EXPECT_EQ(got, right) << "lie " << i;
  }
}

TEST_P(bad_servers_test, records_of_others_are_no_answer) {
  const std::string got = outcome_with(l, [](const dns_query& q) -> std::vector<dns_sending> {
    return {dns_reply(q).add_address("other.test", "6.6.6.6")};
  });
  EXPECT_TRUE(got.starts_with("not_found: ")) << got;
}

TEST_P(bad_servers_test, malformed_answers_are_said_to_be_so) {
  struct bad {
    const char* why;
    std::function<std::string(const dns_query&)> make;
  };
  const bad table[] = {
      {"its aliases lead in a circle",
       [](const dns_query& q) {
         dns_reply r(q);
         r.add(q.name, CNAME, wire_name("b.test")).add("b.test", CNAME, wire_name(q.name));
         return r.bytes();
       }},
      {"it holds a name that is none",  // which points to itself
       [](const dns_query& q) {
         dns_reply r(q);
         const std::size_t begin = dns_reply(q).bytes().size();
         std::string bytes = r.add("", A, wire_address("6.6.6.6")).bytes();
         bytes.replace(begin, 1, std::string("\xc0") + static_cast<char>(begin));
         return bytes;
       }},
      {"it ends in the middle of a record",
       [](const dns_query& q) {
         std::string bytes = right_answer(q).bytes();
         bytes.pop_back();
         return bytes;
       }},
      {"it ends in the middle of a record",  // an address of three bytes
       [](const dns_query& q) { return dns_reply(q).add(q.name, A, "\1\2\3").bytes(); }},
      {"a record is longer than it should be",
       [](const dns_query& q) { return dns_reply(q).add(q.name, A, "\1\2\3\4\5").bytes(); }},
  };
  for (const bad& each : table) {
    const std::string got = outcome_with(
        l, [&](const dns_query& q) -> std::vector<dns_sending> { return {each.make(q)}; });
    EXPECT_TRUE(got.starts_with("protocol: look up host.test (A) at 127.0.0.1:")) << got;
    EXPECT_TRUE(got.ends_with(std::string(": malformed answer: ") + each.why)) << got;
  }
}

TEST_P(bad_servers_test, no_garbage_does_any_harm) {
  std::mt19937_64 random(seed());
  for (int round = 0; round < 200; ++round) {
    const std::string got = outcome_with(l, [&](const dns_query& q) -> std::vector<dns_sending> {
      std::string bytes = dns_reply(q)
                              .add(q.name, CNAME, wire_name("b.test"))
                              .add_address("b.test", "192.0.2.1")
                              .add_soa(1, 1)
                              .bytes();
      const std::size_t begin = 12 + q.question.size();  // otherwise c-ares passes it over
      for (int i = 0; i < 1 + round % 5; ++i) {
        bytes[begin + random() % (bytes.size() - begin)] = static_cast<char>(random());
      }
      bytes[7] = static_cast<char>(random() % 5);
      return {bytes};
    });
    EXPECT_TRUE(got.starts_with("protocol: ") || got.starts_with("not_found: ") ||
                got.ends_with(":0"))
        << got;
  }
}

TEST_P(bad_servers_test, the_loop_turns_while_a_server_is_silent) {
  name_server silent(&say_nothing);
  dns::resolver names(l, asking({silent.address()}));
  play([](dns::resolver& names) -> task<> {
    int turns = 0;
    bool waiting = true;
    auto ask = [](dns::resolver& names, bool& waiting) -> task<> {
      const errc code = co_await thrown_by(names.resolve_a("host.test"));
      EXPECT_EQ(code, errc::timed_out);
      waiting = false;
    };
    auto turn = [](int& turns, const bool& waiting) -> task<> {
      while (waiting) {
        co_await sleep_for(1ms);
        ++turns;
      }
    };
    co_await when_all(ask(names, waiting), turn(turns, waiting));
    EXPECT_GT(turns, 5);
  }(names));
}

TEST_P(bad_servers_test, an_answer_that_comes_after_a_cancel_reaches_nobody) {
  gate hold;
  name_server slow([&](const dns_query& q) -> std::vector<dns_sending> {
    hold.pass();
    return {right_answer(q)};
  });
  dns::resolver_options options = asking({slow.address()});
  options.timeout = 10s;
  dns::resolver names(l, options);
  play([](dns::resolver& names, gate& hold) -> task<> {
    auto leave = [&](scope& s) -> task<> {
      auto asked = s.spawn(thrown_by(names.resolve_a("host.test")));
      auto joined_it = s.spawn(thrown_by(names.resolve_a("host.test")));
      co_await until([&] { return hold.arrivals() == 1; });
      asked.cancel();
      const errc code = co_await asked;
      EXPECT_EQ(code, errc::cancelled);
      EXPECT_FALSE(joined_it.has_ended()) << "it goes on for the other";
      s.cancel();
    };
    co_await with_scope(leave);
    hold.open();
    const std::string got = co_await outcome(names);
    EXPECT_EQ(got, right) << "asked anew";
  }(names, hold));
  EXPECT_FALSE(l.is_alive());
}

TEST_P(bad_servers_test, can_be_left_at_each_point) {
  name_server good(&answer_rightly);
  for (int turns = 0; turns < 15; ++turns) {
    dns::resolver_options options = asking({good.address()});
    options.queries_at_once = 2;
    options.hosts_file = "/etc/hosts";
    dns::resolver names(l, options);
    play([](dns::resolver& names, int turns) -> task<> {
      auto body = [&](scope& s) -> task<> {
        for (int i = 0; i < 5; ++i) {
          s.spawn(names.resolve_a("host" + std::to_string(i) + ".test"));
        }
        s.spawn(names.resolve_a("host1.test"));
        for (int i = 0; i < turns; ++i) co_await sleep_for(duration());
        s.cancel();
      };
      co_await with_scope(body);
    }(names, turns));
  }
  EXPECT_FALSE(l.is_alive());
}

TEST_P(bad_servers_test, the_end_of_the_resolver_is_told) {
  name_server silent(&say_nothing);
  dns::resolver_options options = asking({silent.address()});
  options.timeout = 10s;
  options.queries_at_once = 1;
  auto names = std::make_unique<dns::resolver>(l, options);
  play([](std::unique_ptr<dns::resolver>& names, name_server& silent) -> task<> {
    auto body = [&](scope& s) -> task<> {
      auto asked = s.spawn(thrown_by(names->resolve_srv("host.test")));
      auto queued = s.spawn(thrown_by(names->resolve_mx("host.test")));
      co_await until([&] { return silent.asked() == 1; });
      names.reset();
      errc code = co_await asked;
      EXPECT_EQ(code, errc::closed);
      code = co_await queued;
      EXPECT_EQ(code, errc::closed);
    };
    co_await with_scope(body);
  }(names, silent));
}

TEST_P(bad_servers_test, a_resolver_may_end_with_its_loop_while_it_asks) {
  name_server silent(&say_nothing);
  auto made = io::make_backend(GetParam());
  loop_options chosen;
  chosen.backend = std::move(*made);
  run(
      [](name_server& silent) -> task<> {
        loop& l = co_await this_loop();
        dns::resolver_options options = asking({silent.address()});
        options.timeout = 10s;
        dns::resolver names(l, options);
        auto body = [&](scope& s) -> task<> {
          s.spawn(names.resolve_srv("host.test"));
          co_await until([&] { return silent.asked() == 1; });
          s.cancel();
        };
        co_await with_scope(body);
      }(silent),
      std::move(chosen));
}

}  // namespace
}  // namespace rondo::testing
