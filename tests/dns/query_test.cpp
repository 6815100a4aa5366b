// The native resolver against a name server of the test's own: right answers, and how long they are
// kept.
#include <unistd.h>

#include <cstdio>
#include <fstream>

#include "dns/dns_fixture.hpp"
#include "dns/name_server.hpp"
#include "support/tasks.hpp"

namespace rondo::testing {
namespace {

class query_test : public dns_test {};
INSTANTIATE_TEST_SUITE_P(backends, query_test, ::testing::ValuesIn(granted_backends()),
                         backend_name);

/// A zone with a name of each kind.
std::vector<dns_sending> answer_honestly(const dns_query& q) {
  dns_reply r(q);
  if (q.name == "host.test" && q.type == A) {
    r.add_address("host.test", "192.0.2.1", 300).add_address("host.test", "192.0.2.2", 200);
  } else if (q.name == "host.test" && q.type == AAAA) {
    r.add_address("HOST.test", "2001:db8::1");
  } else if (q.name == "alias.test" && q.type == A) {
    r.add("alias.test", CNAME, wire_name("middle.test"), 60);
    r.add_address("host.test", "192.0.2.1", 300);
    r.add("middle.test", CNAME, wire_name("host.test"), 100);
  } else if (q.name == "_sip._tcp.test" && q.type == SRV) {
    r.add(q.name, SRV, wire_word(20) + wire_word(5) + wire_word(5060) + wire_name("b.test"));
    r.add(q.name, SRV, wire_word(10) + wire_word(7) + wire_word(5061) + wire_name("a.test"));
  } else if (q.name == "text.test" && q.type == TXT) {
    r.add(q.name, TXT, "\5hello\6 world");
    r.add(q.name, TXT, std::string("\3a\0b", 4));
  } else if (q.name == "mail.test" && q.type == MX) {
    r.add(q.name, MX, wire_word(20) + wire_name("second.test"));
    // The name of the question, by a pointer.
    r.add(q.name, MX, wire_word(10) + "\5first" + std::string("\xc0\x0c", 2));
  } else if (q.name == "1.2.0.192.in-addr.arpa" && q.type == PTR) {
    r.add(q.name, PTR, wire_name("host.test"));
  } else if (q.name.ends_with("host.test") || q.name == "brief.test") {
    if (q.name == "brief.test") r.add_address("brief.test", "192.0.2.3", 0);
    if (q.name == "host.test") return {r.add_soa(60, 30)};  // no record of this type
    if (q.name != "brief.test") return {dns_reply(q, NXDOMAIN).add_soa(20, 60)};
  } else {
    return {dns_reply(q, NXDOMAIN)};
  }
  return {r};
}

dns::resolver_options asking(const name_server& server) {
  dns::resolver_options options;
  options.servers = {server.address()};
  options.hosts_file = "";
  options.search_domains.emplace();
  return options;
}

TEST_P(query_test, yields_the_records_of_each_type) {
  name_server server(&answer_honestly);
  dns::resolver names(l, asking(server));
  play([](dns::resolver& names) -> task<> {
    const auto a = co_await names.resolve_a("host.test");
    EXPECT_EQ(joined(a.records), "192.0.2.1:0 192.0.2.2:0");
    EXPECT_EQ(a.canonical, "host.test");
    EXPECT_EQ(a.ttl, duration::seconds(200)) << "the least";
    const auto aaaa = co_await names.resolve_aaaa("host.test");
    EXPECT_EQ(joined(aaaa.records), "[2001:db8::1]:0");
    const auto alias = co_await names.resolve_a("Alias.test");
    EXPECT_EQ(joined(alias.records), "192.0.2.1:0");
    EXPECT_EQ(alias.canonical, "host.test");
    EXPECT_LE(alias.ttl, duration::seconds(60));
    const auto srv = co_await names.resolve_srv("_sip._tcp.test");
    EXPECT_EQ(srv.size(), 2u);
    EXPECT_EQ(srv[0].target, "a.test");
    EXPECT_EQ(srv[0].port, 5061);
    EXPECT_EQ(srv[0].weight, 7);
    EXPECT_EQ(srv[1].priority, 20);
    const auto txt = co_await names.resolve_txt("text.test");
    EXPECT_EQ(txt[0], "hello world");
    EXPECT_EQ(txt[1], std::string("a\0b", 3));
    const auto mx = co_await names.resolve_mx("mail.test");
    EXPECT_EQ(mx[0].preference, 10);
    EXPECT_EQ(mx[0].exchange, "first.mail.test");
    EXPECT_EQ(mx[1].exchange, "second.test");
    const auto address = socket_address::from_host("192.0.2.1", 0);
    const auto ptr = co_await names.reverse(*address);
    EXPECT_EQ(ptr[0], "host.test");
  }(names));
  EXPECT_FALSE(l.is_alive());
}

TEST_P(query_test, says_that_there_is_none) {
  name_server server(&answer_honestly);
  dns::resolver names(l, asking(server));
  play([](dns::resolver& names, std::string server) -> task<> {
    std::string why = co_await text_thrown_by(names.resolve_a("no.host.test"));
    EXPECT_EQ(why, "look up no.host.test (A) at " + server +
                       ": there is no such name (NXDOMAIN); is it spelled right?");
    why = co_await text_thrown_by(names.resolve_mx("host.test"));
    EXPECT_EQ(why,
              "look up host.test (MX) at " + server + ": the name has no such record (NODATA)");
    const errc code = co_await thrown_by(names.resolve_mx("host.test"));
    EXPECT_EQ(code, errc::not_found);
  }(names, server.address().to_string()));
  EXPECT_EQ(server.asked(), 2) << "the third was remembered";
}

TEST_P(query_test, asks_once_for_a_hundred_and_then_the_cache) {
  name_server server(&answer_honestly);
  dns::resolver names(l, asking(server));
  play([](dns::resolver& names) -> task<> {
    auto one = [](dns::resolver& names) -> task<> {
      const auto found = co_await names.resolve_a("host.test");
      EXPECT_EQ(found.size(), 2u);
    };
    auto all = [&](scope& s) -> task<> {
      for (int i = 0; i < 100; ++i) s.spawn(one(names));
      co_return;
    };
    co_await with_scope(all);
    co_await one(names);
    const dns::resolver_counts counts = names.counts();
    EXPECT_EQ(counts.asked, 1u);
    EXPECT_EQ(counts.coalesced, 99u);
    EXPECT_EQ(counts.hits, 1u);
  }(names));
  EXPECT_EQ(server.asked(), 1);
}

TEST_P(query_test, answers_a_thousand_names_at_once) {
  name_server server([](const dns_query& q) -> std::vector<dns_sending> {
    return {dns_reply(q).add_address(q.name, "192.0.2.1")};
  });
  dns::resolver names(l, asking(server));
  play([](dns::resolver& names) -> task<> {
    int found = 0;
    auto one = [](dns::resolver& names, int& found, int number) -> task<> {
      const auto some = co_await names.resolve_a("host" + std::to_string(number) + ".test");
      found += static_cast<int>(some.size());
    };
    auto all = [&](scope& s) -> task<> {
      for (int i = 0; i < 1'000; ++i) s.spawn(one(names, found, i));
      co_return;
    };
    co_await with_scope(all);
    EXPECT_EQ(found, 1'000);
  }(names));
}

TEST_P(query_test, tries_the_search_domains) {
  name_server server(&answer_honestly);
  dns::resolver_options options = asking(server);
  options.search_domains = {"nowhere.test", "test"};
  dns::resolver names(l, options);
  play([](dns::resolver& names, name_server& server) -> task<> {
    const auto found = co_await names.resolve_a("host");
    EXPECT_EQ(found.canonical, "host.test");
    EXPECT_EQ(server.asked(), 2) << "host.nowhere.test before";
    errc code = co_await thrown_by(names.resolve_a("host."));
    EXPECT_EQ(code, errc::not_found);
    EXPECT_EQ(server.asked(), 3) << "a dot at the end says that nothing is left out";
    code = co_await thrown_by(names.resolve_txt("text"));
    EXPECT_EQ(code, errc::not_found);
    EXPECT_EQ(server.asked(), 4) << "it is hosts that are searched for";
    const std::string why = co_await text_thrown_by(names.resolve_a("a.b"));
    EXPECT_TRUE(why.starts_with("look up a.b (A) at ")) << why;
    EXPECT_EQ(server.asked(), 7);
  }(names, server));
}

TEST_P(query_test, keeps_answers_for_as_long_as_they_say) {
  name_server server(&answer_honestly);
  dns::resolver names(l, asking(server));
  play([](dns::resolver& names, name_server& server) -> task<> {
    static_cast<void>(co_await names.resolve_a("brief.test"));
    static_cast<void>(co_await names.resolve_a("brief.test"));
    EXPECT_EQ(server.asked(), 2) << "a time of 0 means now, and not later";
    EXPECT_EQ(names.counts().cached, 0u);
    static_cast<void>(co_await names.resolve_a("host.test"));
    static_cast<void>(co_await names.resolve_a("host.test"));
    EXPECT_EQ(server.asked(), 3);
    names.clear_cache();
    static_cast<void>(co_await names.resolve_a("host.test"));
    EXPECT_EQ(server.asked(), 4);
  }(names, server));
}

TEST_P(query_test, bounds_the_time_that_answers_are_kept) {
  name_server server(&answer_honestly);
  dns::resolver_options options = asking(server);
  options.min_ttl = 10s;
  options.max_ttl = 100s;
  options.max_negative_ttl = duration();
  dns::resolver names(l, options);
  play([](dns::resolver& names, name_server& server) -> task<> {
    const auto brief = co_await names.resolve_a("brief.test");
    EXPECT_EQ(brief.ttl, duration(10s));
    const auto longer = co_await names.resolve_a("host.test");
    EXPECT_EQ(longer.ttl, duration(100s));
    for (int i = 0; i < 2; ++i) {
      const errc code = co_await thrown_by(names.resolve_a("no.host.test"));
      EXPECT_EQ(code, errc::not_found);
    }
    EXPECT_EQ(server.asked(), 4);
  }(names, server));
}

TEST_P(query_test, reads_the_hosts_file_first) {
  const std::string path = ::testing::TempDir() + "rondo_hosts_" + std::to_string(getpid());
  std::ofstream(path) << "# a comment\n"
                         "192.0.2.9\thost.test  nick # and more\n"
                         "2001:db8::9 nick\r\n"
                         "no address\n"
                         "192.0.2.10 nick\n";
  name_server server(&answer_honestly);
  dns::resolver_options options = asking(server);
  options.hosts_file = path;
  dns::resolver names(l, options);
  play([](dns::resolver& names, name_server& server) -> task<> {
    const auto host = co_await names.resolve_a("HOST.test");
    EXPECT_EQ(joined(host.records), "192.0.2.9:0");
    EXPECT_GT(host.ttl, duration());
    const auto nick = co_await names.resolve_a("nick");
    EXPECT_EQ(joined(nick.records), "192.0.2.9:0 192.0.2.10:0");
    const auto v6 = co_await names.resolve_aaaa("nick.");
    EXPECT_EQ(joined(v6.records), "[2001:db8::9]:0");
    const errc code = co_await thrown_by(names.resolve_aaaa("host.test"));
    EXPECT_EQ(code, errc::not_found) << "the file alone says what addresses it has";
    const auto of_v4 = co_await names.reverse(*socket_address::from_host("192.0.2.9", 0));
    EXPECT_EQ(of_v4.records, (std::vector<std::string>{"host.test", "nick"}));
    const auto of_v6 = co_await names.reverse(*socket_address::from_host("2001:db8::9", 0));
    EXPECT_EQ(of_v6[0], "nick");
    EXPECT_EQ(server.asked(), 0);
    const auto other = co_await names.resolve_a("alias.test");
    EXPECT_EQ(other.size(), 1u);
    EXPECT_EQ(server.asked(), 1);
  }(names, server));
  std::remove(path.c_str());
}

TEST_P(query_test, takes_servers_and_domains_from_resolv_conf) {
  const std::string path = ::testing::TempDir() + "rondo_resolv_" + std::to_string(getpid());
  std::ofstream(path) << "search test\nnameserver 192.0.2.53\noptions ndots:2\n";
  name_server server(&answer_honestly);
  dns::resolver_options options;
  options.servers = {server.address()};
  options.hosts_file = "";
  options.resolv_conf = path;
  dns::resolver names(l, options);
  play([](dns::resolver& names, name_server& server) -> task<> {
    const auto found = co_await names.resolve_a("host");
    EXPECT_EQ(found.canonical, "host.test");
    EXPECT_EQ(server.asked(), 1);
    const errc code = co_await thrown_by(names.resolve_a("a.host"));
    EXPECT_EQ(code, errc::not_found);
    EXPECT_EQ(server.asked(), 3);
  }(names, server));
  std::remove(path.c_str());
}

TEST(query_cache, follows_the_clock_of_the_loop) {
  const std::string path = ::testing::TempDir() + "rondo_hosts_clock_" + std::to_string(getpid());
  std::ofstream(path) << "192.0.2.1 host.test\n";
  run_simulated([](std::string path) -> task<> {
    loop& l = co_await this_loop();
    dns::resolver_options options;
    options.hosts_file = path;
    options.hosts_ttl = 10s;
    dns::resolver names(l, options);
    auto found = co_await names.resolve_a("host.test");
    EXPECT_EQ(found.ttl, duration(10s));
    std::ofstream(path) << "192.0.2.2 host.test\n";
    co_await sleep_for(9s);
    found = co_await names.resolve_a("host.test");
    EXPECT_EQ(joined(found.records), "192.0.2.1:0");
    EXPECT_EQ(found.ttl, duration(1s));
    co_await sleep_for(1s);
    found = co_await names.resolve_a("host.test");
    EXPECT_EQ(joined(found.records), "192.0.2.2:0");
  }(path));
  std::remove(path.c_str());
}

}  // namespace
}  // namespace rondo::testing
