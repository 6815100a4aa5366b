// Thread per core: each shard has a loop, a part of the data and a listener of its own, all on one
// port. A shard that needs what belongs to another calls it; nothing is shared, nothing is locked.
#include <cstdio>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <rondo/async/run.hpp>
#include <rondo/net/tcp_listener.hpp>
#include <rondo/runtime/sharded.hpp>
#include <rondo/sync/latch.hpp>

constexpr int shards = 3;
constexpr std::string_view words[] = {"to", "be", "or", "not", "to", "be"};

using counts = std::map<std::string, int>;

int owner_of(std::string_view word) {
  return static_cast<int>(word.size() + static_cast<unsigned char>(word.front())) % shards;
}

int main() {
  std::vector<counts> parts(shards);  // each touched by its own shard only
  rondo::latch all_counted(shards);

  return rondo::run(rondo::sharded(shards), [&](rondo::shard& me) -> rondo::task<> {
    const auto anywhere = rondo::socket_address::parse("127.0.0.1:0").value();
    const auto listener = co_await me.bind<rondo::tcp_listener>(anywhere);
    const int port = listener.local_address().value().port();

    for (const std::string_view word : words) {
      const auto count = [&](std::string_view w) {
        return ++parts[static_cast<std::size_t>(owner_of(w))][std::string(w)];
      };
      co_await me.call(owner_of(word), count, word);
    }
    co_await all_counted.arrive_and_wait();
    if (me.index() != 0) co_return;  // and goes on answering calls until the last has ended

    for (int i = 0; i < shards; ++i) {
      const auto part_of = [&](int which) { return parts[static_cast<std::size_t>(which)]; };
      for (const auto& [word, n] : co_await me.call(i, part_of, i)) {
        std::printf("%s: %d\n", word.c_str(), n);
      }
    }
    std::printf("%d listeners on %s\n", me.count(), port > 0 ? "one port" : "no port");
  });
}
