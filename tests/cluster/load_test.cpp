// Under load: what clients notice of a reload (nothing) and of a worker that is killed (the
// requests that it had).
#include <csignal>
#include <set>

#include "cluster/cluster_fixture.hpp"

namespace rondo::testing {
namespace {

using cluster::sharing;
using cluster::supervisor;

constexpr int clients = 32;

class cluster_load_test : public cluster_test {
 public:
  /// How many of those that serve now have answered.
  static std::size_t answering(const supervisor& s, const load& all_clients) {
    std::size_t n = 0;
    for (const cluster::worker_info& w : s.workers()) n += all_clients.by().count(w.process);
    return n;
  }

  /// Runs `body` while clients ask.
  template <class Body>
  void under_load(supervisor& s, load& all_clients, Body body) {
    supervise(s, [&]() -> task<> {
      co_await with_scope([&](scope& crowd) -> task<> {
        all_clients.begin(crowd, clients);
        co_await body();
        all_clients.end();
      });
    });
  }
};
INSTANTIATE_TEST_SUITE_P(backends, cluster_load_test, ::testing::ValuesIn(granted_backends()),
                         backend_name);

TEST_P(cluster_load_test, a_reload_costs_no_request) {
  for (const sharing how : {sharing::one_queue, sharing::queue_per_worker}) {
    supervisor s(l, worker("serve"), noting(2));
    const auto address = s.listen(*socket_address::parse("127.0.0.1:0"), how);
    ASSERT_TRUE(address);
    load all(*address, "/");
    under_load(s, all, [&]() -> task<> {
      for (int round = 0; round < 3; ++round) {
        co_await s.reload();
        // Of one queue, one worker may have got everybody.
        const std::size_t serving = how == sharing::one_queue ? 1 : 2;
        co_await until([&] { return answering(s, all) >= serving; });
        const long before = all.answered();
        co_await until([&] { return all.answered() > before + 1000; });
      }
    });
    EXPECT_EQ(all.failed().size(), 0u) << all.answered() << " were answered";
  }
}

/// Also where each answer takes longer than the reload's steps do.
TEST_P(cluster_load_test, a_reload_costs_no_slow_request) {
  supervisor s(l, worker("serve"), noting(2));
  const auto address = s.listen(*socket_address::parse("127.0.0.1:0"));
  ASSERT_TRUE(address);
  load all(*address, "/slow");
  under_load(s, all, [&]() -> task<> {
    co_await until([&] { return all.answered() > clients; });
    co_await s.reload();
  });
  EXPECT_EQ(all.failed().size(), 0u);
}

TEST_P(cluster_load_test, a_kill_costs_what_the_killed_one_had) {
  cluster::supervisor_options options = noting(2);
  options.proven_after = duration();  // replaced at once
  supervisor s(l, worker("serve"), std::move(options));
  const auto address = s.listen(*socket_address::parse("127.0.0.1:0"), sharing::queue_per_worker);
  ASSERT_TRUE(address);
  load all(*address, "/");
  std::multiset<int> had;
  int victim = 0;
  under_load(s, all, [&]() -> task<> {
    // Everybody has a connection, and knows who serves it.
    co_await until([&] { return all.connected().count(0) == 0 && all.by().size() == 2; });
    had = all.connected();
    victim = *had.begin();
    EXPECT_EQ(::kill(victim, SIGKILL), 0);
    co_await until([&] { return count(kind::ready) == 3; });
    const long before = all.answered();
    co_await until([&] { return all.answered() > before + 1000; });
  });
  for (const int by : all.failed()) EXPECT_EQ(by, victim);
  EXPECT_EQ(all.failed().size(), had.count(victim)) << "each connection that it had, once";
  EXPECT_LT(all.failed().size(), static_cast<std::size_t>(clients)) << "the other one served on";
}

}  // namespace
}  // namespace rondo::testing
