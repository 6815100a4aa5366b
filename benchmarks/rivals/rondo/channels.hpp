// Rondo's micro rows of channels, on one loop.
#pragma once

#include <string_view>
#include <utility>

#include <rondo/async/run.hpp>
#include <rondo/sync/channel.hpp>
#include <rondo/task/scope.hpp>

#include "../common/bench.h"

namespace channels {

using rondo::channel;
using rondo::scope;
using rondo::task;

inline long counted;

inline task<> send_all(channel<long>& to, long n) {
  for (long i = 0; i < n; ++i) co_await to.send(i);
}

inline task<> give_back(channel<long>& from, channel<long>& to) {
  while (auto value = co_await from.receive()) co_await to.send(*std::move(value));
}

inline task<> ping_pong(long n) {
  channel<long> there(1);
  channel<long> back(1);
  co_await rondo::with_scope([&](scope& s) -> task<> {
    s.spawn(give_back(there, back));
    for (long i = 0; i < n; ++i) {
      co_await there.send(i);
      const auto value = co_await back.receive();
      counted += *value;
    }
    there.close();
  });
}

inline task<> many_to_one(long n, long producers) {
  channel<long> queue(1024);
  co_await rondo::with_scope([&](scope& s) -> task<> {
    for (long i = 0; i < producers; ++i) s.spawn(send_all(queue, n / producers));
    for (long i = 0; i < n / producers * producers; ++i) {
      const auto value = co_await queue.receive();
      counted += *value;
    }
  });
}

/// False where the row is none of these.
inline bool measure(std::string_view row, const char* name, long n) {
  task<> work;
  if (row == "ping_pong") {
    work = ping_pong(n);
  } else if (row == "mpsc_one") {
    work = many_to_one(n, 1);
  } else if (row == "mpsc_many") {
    work = many_to_one(n, 4);
  } else {
    return false;
  }
  rondo::loop loop;
  bench_watch watch{};
  bench_start(&watch);
  rondo::run(loop, std::move(work));
  bench_stop(&watch);
  bench_report(name, watch, n);
  return true;
}

}  // namespace channels
