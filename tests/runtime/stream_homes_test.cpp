// Whose loop serves a stream: one thread accepts, and all threads share what it has accepted. Seen
// from outside: which of the process's epoll sets holds which descriptor.
#include <dirent.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <string>
#include <vector>

#include <rondo/net/tcp_listener.hpp>
#include <rondo/runtime/runtime.hpp>
#include <rondo/task/when_all.hpp>

#include "runtime/fixture.hpp"

namespace rondo {
namespace {

/// For each epoll set of this process how many of `wanted` it holds, where it holds any.
std::vector<int> holdings(const std::set<int>& wanted) {
  std::vector<int> found;
  DIR* const folder = opendir("/proc/self/fdinfo");
  while (const dirent* const entry = readdir(folder)) {
    std::ifstream lines(std::string("/proc/self/fdinfo/") + entry->d_name);
    int held = 0;
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with("tfd:") && wanted.contains(std::stoi(line.substr(4)))) ++held;
    }
    if (held > 0) found.push_back(held);
  }
  closedir(folder);
  return found;
}

task<> read_to_end(tcp_stream& from) {
  std::byte some[16];
  while (co_await from.read(some) > 0) {
  }
}

task<> accept_and_look(int streams, int workers) {
  auto listener = co_await tcp_listener::bind("127.0.0.1:0");
  const socket_address where = listener.local_address().value();
  std::vector<tcp_stream> clients;
  std::vector<tcp_stream> accepted(static_cast<std::size_t>(streams));
  std::set<int> descriptors;
  for (tcp_stream& each : accepted) {
    auto [client, server] = co_await when_all(tcp_stream::connect(where), listener.accept());
    clients.push_back(std::move(client));
    each = std::move(server);
    descriptors.insert(each.descriptor());
  }
  co_await with_parallel_scope([&](parallel_scope& sessions) -> task<> {
    for (tcp_stream& each : accepted) sessions.spawn(read_to_end(each));
    co_await testing::until([&] {
      int all = 0;
      for (const int held : holdings(descriptors)) all += held;
      return all == streams;
    });
    EXPECT_EQ(holdings(descriptors),
              std::vector<int>(static_cast<std::size_t>(workers), streams / workers));
    for (tcp_stream& each : clients) each.close();
  });
}

TEST(stream_homes, are_those_of_all_workers_in_turn) {
  runtime_options options = multi_thread(3);
  options.backend = io::backend_kind::epoll;
  run(accept_and_look(12, 3), options);
}

TEST(stream_homes, are_the_only_loop_where_there_is_one_thread) {
  runtime_options options = current_thread();
  options.backend = io::backend_kind::epoll;
  run(accept_and_look(4, 1), options);
}

}  // namespace
}  // namespace rondo
