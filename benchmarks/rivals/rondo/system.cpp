// Rondo's rows of files and datagrams.
#include <string>
#include <string_view>
#include <vector>

#include <rondo/async/run.hpp>
#include <rondo/fs/file.hpp>
#include <rondo/fs/names.hpp>
#include <rondo/fs/walk.hpp>
#include <rondo/fs/whole_file.hpp>
#include <rondo/io/candidates.hpp>
#include <rondo/net/udp_socket.hpp>

#include "../common/bench.h"
#include "../common/files.h"

static long counted;

static rondo::task<> transfer(const bench_options& o, long n, std::size_t piece, bool writes) {
  const std::string path = std::string(o.folder) + (writes ? "/scratch" : "/large");
  rondo::fs::open_options how = writes ? rondo::fs::updating() : rondo::fs::reading();
  rondo::fs::file file = co_await rondo::fs::file::open(path, how);
  std::vector<std::byte> buffer(piece, std::byte{'x'});
  bench_watch watch{};
  bench_start(&watch);
  for (long i = 0; i < n; ++i) {
    const std::size_t offset = bench_offset(i, piece);
    std::size_t moved = 0;
    if (writes) {
      moved = co_await file.write_at(buffer, offset);
    } else {
      moved = co_await file.read_at(buffer, offset);
    }
    if (moved == piece) ++counted;
  }
  bench_stop(&watch);
  if (counted == n) bench_report(o.row, watch, n);
}

static rondo::task<> whole(const bench_options& o, long n) {
  bench_watch watch{};
  bench_start(&watch);
  for (long i = 0; i < n; ++i) {
    char path[BENCH_PATH];
    bench_name(path, o.folder, i);
    const std::vector<std::byte> bytes = co_await rondo::fs::read_all(path);
    if (bytes.size() == BENCH_SMALL_PIECE) ++counted;
  }
  bench_stop(&watch);
  if (counted == n) bench_report(o.row, watch, n);
}

static rondo::task<> stats(const bench_options& o, long n) {
  bench_watch watch{};
  bench_start(&watch);
  for (long i = 0; i < n; ++i) {
    char path[BENCH_PATH];
    bench_name(path, o.folder, i);
    const auto found = co_await rondo::fs::stat(path);
    if (found.size == BENCH_SMALL_PIECE) ++counted;
  }
  bench_stop(&watch);
  if (counted == n) bench_report(o.row, watch, n);
}

static rondo::task<> walk(const bench_options& o, long n) {
  const std::string tree = std::string(o.folder) + "/tree";
  bench_watch watch{};
  bench_start(&watch);
  while (counted < n) {
    auto all = rondo::fs::walk(tree);
    for (;;) {
      const auto* const entry = co_await all.next();
      if (entry == nullptr) break;
      ++counted;
    }
  }
  bench_stop(&watch);
  bench_report(o.row, watch, counted);
}

static rondo::task<> one_by_one(const bench_options& o, long n) {
  rondo::udp_socket to = co_await rondo::udp_socket::bind("127.0.0.1:0");
  rondo::udp_socket from = co_await rondo::udp_socket::connect(*to.local_address());
  const std::string text(BENCH_DATAGRAM, 'x');
  std::vector<std::byte> buffer(2048);
  bench_watch watch{};
  bench_start(&watch);
  for (long i = 0; i < n; ++i) {
    co_await from.send(text);
    const auto got = co_await to.receive(buffer);
    if (got.bytes.size() == BENCH_DATAGRAM) ++counted;
  }
  bench_stop(&watch);
  if (counted == n) bench_report(o.row, watch, counted);
}

static rondo::task<> in_bursts(const bench_options& o, long n) {
  rondo::udp_socket to = co_await rondo::udp_socket::bind("127.0.0.1:0");
  rondo::udp_socket from = co_await rondo::udp_socket::connect(*to.local_address());
  const std::string text(BENCH_DATAGRAM, 'x');
  const std::vector<rondo::outgoing_datagram> burst(BENCH_BURST, rondo::outgoing_datagram(text));
  rondo::datagram_batch batch(BENCH_BURST, 2048);
  bench_watch watch{};
  bench_start(&watch);
  for (long i = 0; i < n / BENCH_BURST; ++i) {
    co_await from.send_many(burst);
    for (std::size_t got = 0; got < BENCH_BURST;) {
      const std::size_t some = co_await to.receive_many(batch);
      got += some;
      counted += static_cast<long>(some);
    }
  }
  bench_stop(&watch);
  bench_report(o.row, watch, counted);
}

static rondo::loop_options loop_for(const bench_options& o) {
  rondo::loop_options options;
  if (o.backend == nullptr || std::string_view(o.backend) == "auto") return options;
  for (const rondo::io::candidate& each : rondo::io::candidates()) {
    if (std::string_view(to_string(each.kind)) != o.backend) continue;
    options.backend = std::move(*rondo::io::make_backend(each.kind));
  }
  return options;
}

int main(int argc, char** argv) {
  const bench_options o = bench_parse(argc, argv);
  const std::string_view row = o.row;
  const long n = bench_operations(&o);
  if (row == "file_read_4k" || row == "file_write_4k") {
    rondo::run(transfer(o, n, BENCH_SMALL_PIECE, row == "file_write_4k"), loop_for(o));
  } else if (row == "file_read_1m" || row == "file_write_1m") {
    rondo::run(transfer(o, n, BENCH_LARGE_PIECE, row == "file_write_1m"), loop_for(o));
  } else if (row == "file_whole") {
    rondo::run(whole(o, n), loop_for(o));
  } else if (row == "file_stat") {
    rondo::run(stats(o, n), loop_for(o));
  } else if (row == "file_walk") {
    rondo::run(walk(o, n), loop_for(o));
  } else if (row == "udp_one") {
    rondo::run(one_by_one(o, n), loop_for(o));
  } else if (row == "udp_burst") {
    rondo::run(in_bursts(o, n), loop_for(o));
  } else {
    return BENCH_EXIT_NO_SUCH_ROW;
  }
}
