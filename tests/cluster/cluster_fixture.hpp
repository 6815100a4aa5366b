#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <rondo/cluster/supervisor.hpp>

#include "http/server_fixture.hpp"

namespace rondo::testing {

using kind = cluster::worker_event_kind;

/// Tests with real workers on every backend, the supervisor's and theirs.
class cluster_test : public net_test {
 public:
  /// What workers are started with: the program of the tests, on this test's backend.
  static process_options worker(std::string_view mode, std::string_view argument = "");
  /// Notes what happens.
  cluster::supervisor_options noting(int workers);

  /// How often something was told.
  int count(kind what) const;
  /// The texts that came with it.
  std::vector<std::string> texts(kind what) const;

  /// Runs `body` beside the supervisor, once all its workers are ready, and stops it then.
  template <class Body>
  void supervise(cluster::supervisor& s, Body body) {
    play(beside(s, body));
  }

  std::vector<cluster::worker_event> events;

 private:
  template <class Body>
  static task<> beside(cluster::supervisor& s, Body& body) {
    co_await with_scope([&](scope& all) -> task<> {
      auto running = all.spawn(s.run());
      co_await until([&] { return s.is_ready(); });
      co_await body();
      s.stop();
      co_await running;
    });
  }
};

/// Clients that ask again and again over connections that stay, and count what they get.
class load {
 public:
  load(socket_address to, std::string_view path) : to_(to), path_(path) {}

  /// Begins with so many clients.
  void begin(scope& in, int clients);
  void end() noexcept { ends_ = true; }

  long answered() const noexcept { return answered_; }
  /// How many answers each process has given.
  const std::map<int, long>& by() const noexcept { return by_; }
  /// Of each request that was not answered: the process that had answered the one before on the
  /// same connection; 0 where it was the first.
  const std::vector<int>& failed() const noexcept { return failed_; }
  /// Who answered last on each connection that is open.
  std::multiset<int> connected() const;

 private:
  task<> client(int& last);

  socket_address to_;
  std::string path_;
  bool ends_ = false;
  long answered_ = 0;
  std::map<int, long> by_;
  std::vector<int> failed_;
  std::vector<owned<int>> last_;
};

}  // namespace rondo::testing
