// `lookup`: what the system is asked, how often, and who hears of the answer. The system of these
// tests is a function that counts, waits at a gate or fails, as each test wants.
#include <rondo/task/spawn.hpp>

#include "dns/dns_fixture.hpp"
#include "support/gate.hpp"
#include "support/tasks.hpp"

namespace rondo::testing {
namespace {

class lookup_test : public dns_test {};
INSTANTIATE_TEST_SUITE_P(backends, lookup_test, ::testing::ValuesIn(granted_backends()),
                         backend_name);

std::atomic<int> calls{0};
std::atomic<int> calls_ended{0};
gate* closed_gate = nullptr;  // where calls wait, if there is one

/// Knows hosts called "good...", and none else; those called "broken..." can't be asked for.
result<std::vector<socket_address>> ask_the_test(const std::string& host, address_family which) {
  ++calls;
  struct ended {
    ~ended() { ++calls_ended; }
  } const afterwards;
  if (closed_gate != nullptr) closed_gate->pass();
  if (host.starts_with("broken")) return std::unexpected(error(errc::name_server_failed, host));
  if (!host.starts_with("good")) return std::unexpected(error(errc::not_found, host));
  std::vector<socket_address> found;
  if (which != address_family::v4) found.push_back(*socket_address::from_host("2001:db8::1", 0));
  if (which != address_family::v6) found.push_back(*socket_address::from_host("192.0.2.1", 0));
  return found;
}

dns::resolver_options asking_the_test() {
  calls = 0;
  calls_ended = 0;
  dns::resolver_options options;
  options.system = &ask_the_test;
  return options;
}

TEST_P(lookup_test, yields_the_addresses_with_the_port) {
  dns::resolver names(l, asking_the_test());
  play([](dns::resolver& names) -> task<> {
    auto found = co_await names.lookup("good.test", 443);
    EXPECT_EQ(joined(found), "[2001:db8::1]:443 192.0.2.1:443");
    found = co_await names.lookup("good.test", 80, address_family::v4);
    EXPECT_EQ(joined(found), "192.0.2.1:80");
    found = co_await names.lookup("good.test", 80, address_family::v6);
    EXPECT_EQ(joined(found), "[2001:db8::1]:80");
    EXPECT_EQ(calls, 3);
  }(names));
}

TEST_P(lookup_test, asks_nobody_for_a_numeric_address) {
  dns::resolver names(l, asking_the_test());
  play([](dns::resolver& names) -> task<> {
    auto found = co_await names.lookup("127.0.0.1", 80);
    EXPECT_EQ(joined(found), "127.0.0.1:80");
    found = co_await names.lookup("::1", 80, address_family::v6);
    EXPECT_EQ(joined(found), "[::1]:80");
    const errc code = co_await thrown_by(names.lookup("::1", 80, address_family::v4));
    EXPECT_EQ(code, errc::not_found);
    EXPECT_EQ(calls, 0);
  }(names));
}

TEST_P(lookup_test, refuses_what_is_no_name) {
  dns::resolver names(l, asking_the_test());
  play([](dns::resolver& names) -> task<> {
    using namespace std::string_literals;
    for (const std::string& bad :
         {""s, "good\0.test"s, "good test"s, "good\n"s, std::string(2'000, 'g')}) {
      const errc code = co_await thrown_by(names.lookup(bad));
      EXPECT_EQ(code, errc::invalid_argument) << bad;
    }
    EXPECT_EQ(calls, 0);
  }(names));
}

TEST_P(lookup_test, asks_once_for_a_hundred_who_ask_at_once) {
  gate hold;
  closed_gate = &hold;
  dns::resolver names(l, asking_the_test());
  play([](dns::resolver& names, gate& hold) -> task<> {
    int answered = 0;
    auto one = [](dns::resolver& names, int& answered, int number) -> task<> {
      const auto found = co_await names.lookup(number % 2 == 0 ? "good.test" : "GOOD.Test", 1);
      EXPECT_EQ(found.size(), 2u);
      ++answered;
    };
    auto all = [&](scope& s) -> task<> {
      for (int i = 0; i < 100; ++i) s.spawn(one(names, answered, i));
      co_await until([&] { return names.counts().coalesced == 99; });
      hold.open();
    };
    co_await with_scope(all);
    EXPECT_EQ(answered, 100);
    EXPECT_EQ(calls, 1);
    EXPECT_EQ(names.counts().asked, 1u);
    EXPECT_EQ(names.counts().cached, 1u);
  }(names, hold));
  closed_gate = nullptr;
}

TEST_P(lookup_test, answers_a_thousand_names_at_once) {
  dns::resolver names(l, asking_the_test());
  play([](dns::resolver& names) -> task<> {
    std::size_t found = 0;
    auto one = [](dns::resolver& names, std::size_t& found, int number) -> task<> {
      const auto some = co_await names.lookup("good" + std::to_string(number));
      found += some.size();
    };
    auto all = [&](scope& s) -> task<> {
      for (int i = 0; i < 1'000; ++i) s.spawn(one(names, found, i));
      co_return;
    };
    co_await with_scope(all);
    EXPECT_EQ(found, 2'000u);
    EXPECT_EQ(calls, 1'000);
  }(names));
}

TEST_P(lookup_test, tells_everybody_of_a_failure) {
  dns::resolver names(l, asking_the_test());
  play([](dns::resolver& names) -> task<> {
    auto [one, other] =
        co_await when_all(thrown_by(names.lookup("bad")), thrown_by(names.lookup("bad")));
    EXPECT_EQ(one, errc::not_found);
    EXPECT_EQ(other, errc::not_found);
    EXPECT_EQ(calls, 1);
  }(names));
}

TEST_P(lookup_test, lets_one_leave_and_answers_the_others) {
  gate hold;
  closed_gate = &hold;
  dns::resolver names(l, asking_the_test());
  play([](dns::resolver& names, gate& hold) -> task<> {
    auto leave = [&](scope& s) -> task<> {
      auto stays = s.spawn(names.lookup("good.test"));
      auto leaves = s.spawn(names.lookup("good.test"));
      co_await until([&] { return hold.arrivals() == 1 && names.counts().coalesced == 1; });
      leaves.cancel();
      auto join = [](auto& handle) -> task<> { co_await handle; };
      const errc code = co_await thrown_by(join(leaves));
      EXPECT_EQ(code, errc::cancelled);
      EXPECT_FALSE(stays.has_ended());
      hold.open();
      const auto found = co_await stays;
      EXPECT_EQ(found.size(), 2u);
    };
    co_await with_scope(leave);
    EXPECT_EQ(calls, 1);
  }(names, hold));
  closed_gate = nullptr;
}

TEST_P(lookup_test, goes_on_for_who_comes_next_where_all_have_left) {
  gate hold;
  closed_gate = &hold;
  dns::resolver names(l, asking_the_test());
  play([](dns::resolver& names, gate& hold) -> task<> {
    auto impatient = [&](scope& s) -> task<> {
      s.spawn(names.lookup("good.test"));
      co_await until([&] { return hold.arrivals() == 1; });
      s.cancel();
    };
    co_await with_scope(impatient);
    auto next = [&](scope& s) -> task<> {
      auto found = s.spawn(names.lookup("good.test"));
      co_await until([&] { return names.counts().coalesced == 1; });
      hold.open();
      const auto addresses = co_await found;
      EXPECT_EQ(addresses.size(), 2u);
    };
    co_await with_scope(next);
    EXPECT_EQ(calls, 1);
  }(names, hold));
  closed_gate = nullptr;
}

TEST_P(lookup_test, never_begins_what_nobody_waits_for_any_more) {
  gate hold;
  closed_gate = &hold;
  dns::resolver names(l, asking_the_test());
  play([](loop& l, dns::resolver& names, gate& hold) -> task<> {
    auto impatient = [&](scope& s) -> task<> {
      for (int i = 0; i < 10; ++i) s.spawn(names.lookup("good" + std::to_string(i)));
      co_await until([&] { return hold.arrivals() == 4; });  // as many as run at once
      s.cancel();
    };
    co_await with_scope(impatient);
    EXPECT_EQ(l.pool().counts().of(work_kind::names).queued, 0);
    hold.open();
    co_await until([&] { return calls_ended == 4; });
    EXPECT_EQ(calls, 4);
  }(l, names, hold));
  closed_gate = nullptr;
}

TEST_P(lookup_test, lets_the_loop_turn_while_the_system_is_silent) {
  gate hold;
  closed_gate = &hold;
  dns::resolver names(l, asking_the_test());
  play([](dns::resolver& names, gate& hold) -> task<> {
    int turns = 0;
    auto turn = [](gate& hold, int& turns) -> task<> {
      for (; turns < 20; ++turns) co_await sleep_for(1ms);
      hold.open();
    };
    co_await when_all(names.lookup("good.test"), turn(hold, turns));
    EXPECT_EQ(turns, 20);
  }(names, hold));
  closed_gate = nullptr;
}

TEST_P(lookup_test, that_hangs_holds_up_neither_its_task_nor_the_end) {
  gate hang;
  closed_gate = &hang;
  const dns::resolver_options options = asking_the_test();
  {
    loop_options patient;
    patient.shutdown_limit = duration::seconds(3'600);
    loop short_lived(std::move(patient));
    dns::resolver names(short_lived, options);
    run(short_lived, [](dns::resolver& names) -> task<> {
      auto impatient = [&](scope& s) -> task<> {
        s.spawn(names.lookup("good.test"));
        co_await until([&] { return calls == 1; });
        s.cancel();
      };
      co_await with_scope(impatient);
    }(names));
    EXPECT_FALSE(short_lived.is_alive());
  }
  EXPECT_EQ(calls_ended, 0);
  hang.open();
  await_condition([&] { return calls_ended == 1; });
  closed_gate = nullptr;
}

TEST_P(lookup_test, tells_who_waits_that_the_resolver_has_gone) {
  gate hold;
  closed_gate = &hold;
  auto names = std::make_unique<dns::resolver>(l, asking_the_test());
  play([](std::unique_ptr<dns::resolver>& names, gate& hold) -> task<> {
    auto body = [&](scope& s) -> task<> {
      auto waits = s.spawn(thrown_by(names->lookup("good.test")));
      co_await until([&] { return hold.arrivals() == 1; });
      names.reset();
      const errc code = co_await waits;
      EXPECT_EQ(code, errc::closed);
      hold.open();
    };
    co_await with_scope(body);
  }(names, hold));
  closed_gate = nullptr;
}

TEST_P(lookup_test, can_be_cancelled_at_each_point) {
  for (int turns = 0; turns < 12; ++turns) {
    dns::resolver names(l, asking_the_test());
    play([](dns::resolver& names, int turns) -> task<> {
      auto body = [&](scope& s) -> task<> {
        s.spawn(names.lookup("good.test"));
        s.spawn(names.lookup("good.test"));
        s.spawn(thrown_by(names.lookup("bad.test")));
        for (int i = 0; i < turns; ++i) co_await sleep_for(duration());
        s.cancel();
      };
      co_await with_scope(body);
    }(names, turns));
  }
  EXPECT_FALSE(l.is_alive());
}

TEST(lookup_cache, follows_the_clock_of_the_loop) {
  const dns::resolver_options options = asking_the_test();
  run_simulated([](dns::resolver_options options) -> task<> {
    loop& l = co_await this_loop();
    options.system_ttl = 30s;
    options.negative_ttl = 2s;
    dns::resolver names(l, options);
    co_await names.lookup("good.test");
    co_await sleep_for(29s);
    co_await names.lookup("good.test");
    EXPECT_EQ(calls, 1);
    EXPECT_EQ(names.counts().hits, 1u);
    co_await sleep_for(1s);
    co_await names.lookup("good.test");
    EXPECT_EQ(calls, 2);

    static_cast<void>(co_await thrown_by(names.lookup("bad.test")));
    co_await sleep_for(1s);
    errc code = co_await thrown_by(names.lookup("bad.test"));
    EXPECT_EQ(code, errc::not_found);
    EXPECT_EQ(calls, 3) << "that there is none is remembered, too";
    co_await sleep_for(1s);
    static_cast<void>(co_await thrown_by(names.lookup("bad.test")));
    EXPECT_EQ(calls, 4);

    code = co_await thrown_by(names.lookup("broken.test"));
    EXPECT_EQ(code, errc::name_server_failed);
    static_cast<void>(co_await thrown_by(names.lookup("broken.test")));
    EXPECT_EQ(calls, 6) << "a failure is asked for again";
  }(options));
}

TEST(lookup_cache, can_be_cleared) {
  const dns::resolver_options options = asking_the_test();
  run([](dns::resolver_options options) -> task<> {
    loop& l = co_await this_loop();
    dns::resolver names(l, options);
    co_await names.lookup("good.test");
    names.clear_cache();
    EXPECT_EQ(names.counts().cached, 0u);
    co_await names.lookup("good.test");
    EXPECT_EQ(calls, 2);

    gate hold;
    closed_gate = &hold;
    auto body = [&](scope& s) -> task<> {
      s.spawn(names.lookup("good2.test"));
      co_await until([&] { return hold.arrivals() == 1; });
      names.clear_cache();
      hold.open();
    };
    co_await with_scope(body);
    closed_gate = nullptr;
    EXPECT_EQ(names.counts().cached, 0u) << "what was asked before is not kept afterwards";
  }(options));
}

TEST(lookup_cache, hits_let_others_run) {
  const dns::resolver_options options = asking_the_test();
  run([](dns::resolver_options options) -> task<> {
    loop& l = co_await this_loop();
    dns::resolver names(l, options);
    co_await names.lookup("good.test");
    bool others_ran = false;
    l.set_timeout(1ms, [&] { others_ran = true; });
    while (!others_ran) co_await names.lookup("good.test");
    EXPECT_GT(names.counts().hits, 0u);
  }(options));
}

TEST(lookup_of_the_system, knows_this_machine) {
  run([]() -> task<> {
    loop& l = co_await this_loop();
    const auto found = co_await dns::lookup("localhost", 80);
    EXPECT_FALSE(found.empty());
    for (const socket_address& each : found) {
      EXPECT_TRUE(each.to_string() == "127.0.0.1:80" || each.to_string() == "[::1]:80")
          << each.to_string();
    }
    EXPECT_EQ(&dns::resolver::of(l), &dns::resolver::of(l));
    EXPECT_EQ(dns::resolver::of(l).counts().asked, 1u);
    const std::string why = co_await text_thrown_by(dns::lookup("no-such-host.invalid"));
    EXPECT_TRUE(why.starts_with("look up no-such-host.invalid: ")) << why;
  }());
}

}  // namespace
}  // namespace rondo::testing
