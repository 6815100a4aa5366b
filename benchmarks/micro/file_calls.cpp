// What a call of the file system costs on each way to make it: here, on the loop's thread; through
// io_uring; on a thread of the pool. All files are cached: it is the way that is measured, and not
// a disk, but for `data_sync`, and `cold`: reads of 4 KiB that are not cached. The table in
// src/fs/ways.cpp is filled from this.
//   cmake --preset release -DRONDO_BENCHMARKS=ON && ninja -C build/release bench_file_calls
//   RONDO_BACKEND=uring build/release/micro/bench_file_calls
// "one": one call after the other; "many": 32 tasks at once, the time is that of 1,024 calls. CPU
// is that of the whole process, in which io_uring's workers are counted.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include <rondo/async/run.hpp>
#include <rondo/base/random.hpp>
#include <rondo/fs/file_operation.hpp>
#include <rondo/task/scope.hpp>

namespace {

using rondo::task;
using rondo::fs::file_operation;
using rondo::os::file_call;
using rondo::os::file_call_kind;

enum class how : std::uint8_t { here, ring, pool };
constexpr const char* names[] = {"here", "ring", "pool"};

/// A folder, and in it a file of 4 MiB, cached.
struct ground {
  ground() {
    if (::mkdtemp(folder.data()) == nullptr) std::abort();
    file = folder + "/file";
    fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    for (int i = 0; i < 4; ++i) {
      if (::write(fd, memory.data(), memory.size()) < 0) std::abort();
    }
  }
  ground(const ground&) = delete;
  ~ground() {
    ::close(fd);
    std::filesystem::remove_all(folder);
  }

  std::string folder = "/tmp/rondo-bench-XXXXXX";
  std::string file;
  int fd = -1;
  std::string memory = std::string(1 << 20, 'x');
  rondo::os::status_memory status;
};

file_call on_file(ground& g, file_call_kind kind, std::size_t size) {
  file_call c;
  c.kind = kind;
  c.fd = g.fd;
  c.data = kind == file_call_kind::stat ? static_cast<void*>(&g.status) : g.memory.data();
  c.size = size;
  return c;
}

file_call on_path(ground& g, file_call_kind kind, const std::string& path) {
  file_call c = on_file(g, kind, 0);
  c.fd = c.other_folder = rondo::os::working_folder;
  c.path = path.c_str();
  c.flags = kind == file_call_kind::open ? O_RDONLY | O_CLOEXEC : 0;
  c.mode = 0700;
  return c;
}

task<int> make(file_call c, how way) {
  if (way == how::here) {
    const int result = rondo::os::try_perform(c);
    co_return result == -EAGAIN ? rondo::os::perform(c) : result;
  }
  co_return co_await file_operation(c,
                                    way == how::ring ? rondo::fs::way::ring : rondo::fs::way::pool);
}

/// The same call again and again.
void one(benchmark::State& state, how way, file_call_kind kind, bool by_path, std::size_t size) {
  ground g;
  const file_call c = by_path ? on_path(g, kind, g.file) : on_file(g, kind, size);
  rondo::run([](benchmark::State& state, file_call c, how way) -> task<> {
    for (auto _ : state) {
      const int result = co_await make(c, way);
      if (result < 0) state.SkipWithError("failed");
      if (c.kind == file_call_kind::open) ::close(result);
    }
  }(state, c, way));
}

void many(benchmark::State& state, how way, file_call_kind kind, bool by_path, std::size_t size) {
  constexpr int tasks = 32, each = 32;
  ground g;
  const file_call c = by_path ? on_path(g, kind, g.file) : on_file(g, kind, size);
  const auto call = [](file_call c, how way) -> task<> {
    for (int i = 0; i < each; ++i) {
      const int result = co_await make(c, way);
      if (c.kind == file_call_kind::open) ::close(result);
    }
  };
  const auto main = [&]() -> task<> {
    const auto all = [&](rondo::scope& s) -> task<> {
      for (int i = 0; i < tasks; ++i) s.spawn(call(c, way));
      co_return;
    };
    for (auto _ : state) co_await rondo::with_scope(all);
  };
  rondo::run(main());
  state.SetItemsProcessed(state.iterations() * tasks * each);
}

/// Two calls that undo each other, and leave things as they were.
void pair(benchmark::State& state, how way, file_call_kind kind) {
  ground g;
  const std::string other = g.folder + "/other";
  file_call there = on_path(g, kind, kind == file_call_kind::make_folder ? other : g.file);
  file_call back = on_path(g, kind, other);
  there.other_path = other.c_str();
  back.other_path = g.file.c_str();
  if (kind != file_call_kind::rename) {
    back.kind = file_call_kind::unlink;
    if (kind == file_call_kind::make_folder) back.flags = AT_REMOVEDIR;
  }
  rondo::run([](benchmark::State& state, file_call there, file_call back, how way) -> task<> {
    for (auto _ : state) {
      if (co_await make(there, way) < 0 || co_await make(back, way) < 0)
        state.SkipWithError("failed");
    }
  }(state, there, back, way));
}

/// Reads of what is not in memory, at random places, by 32 tasks at once.
void cold(benchmark::State& state, how way) {
  constexpr std::size_t block = 4096, blocks = 16384, tasks = 32, each = 8;
  ground g;
  for (std::size_t written = 4; written < blocks * block >> 20; ++written) {
    if (::write(g.fd, g.memory.data(), g.memory.size()) < 0) std::abort();
  }
  ::fsync(g.fd);
  ::posix_fadvise(g.fd, 0, 0, POSIX_FADV_RANDOM);
  rondo::random_source numbers(1);
  std::string memory(tasks * block, ' ');
  const auto read = [&](std::size_t place) -> task<> {
    file_call c = on_file(g, file_call_kind::read, block);
    c.data = memory.data() + place * block;
    for (std::size_t i = 0; i < each; ++i) {
      c.offset = numbers.below(blocks) * block;
      co_await make(c, way);
    }
  };
  const auto main = [&]() -> task<> {
    const auto all = [&](rondo::scope& s) -> task<> {
      for (std::size_t i = 0; i < tasks; ++i) s.spawn(read(i));
      co_return;
    };
    for (auto _ : state) {
      state.PauseTiming();
      ::posix_fadvise(g.fd, 0, 0, POSIX_FADV_DONTNEED);
      state.ResumeTiming();
      co_await rondo::with_scope(all);
    }
  };
  rondo::run(main());
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * tasks * each));
}

/// A copy of a descriptor, made and closed.
void close_one(benchmark::State& state, how way) {
  ground g;
  rondo::run([](benchmark::State& state, ground& g, how way) -> task<> {
    for (auto _ : state) {
      file_call c = on_file(g, file_call_kind::close, 0);
      c.fd = ::open(g.file.c_str(), O_RDWR | O_CLOEXEC);
      co_await make(c, way);
    }
  }(state, g, way));
}

void register_all() {
  struct row {
    file_call_kind kind;
    bool by_path;
    std::vector<std::size_t> sizes;
  };
  const std::vector<std::size_t> none = {0}, sizes = {512, 4096, 16384, 65536, 262144, 1 << 20};
  for (const row& r :
       {row{file_call_kind::read, false, sizes}, row{file_call_kind::write, false, sizes},
        row{file_call_kind::open, true, none}, row{file_call_kind::stat, true, none},
        row{file_call_kind::allocate, false, {4096}},
        row{file_call_kind::truncate, false, {4 << 20}},
        row{file_call_kind::data_sync, false, none}}) {
    for (const std::size_t size : r.sizes) {
      for (const how way : {how::here, how::ring, how::pool}) {
        const std::string name = std::string(to_string(r.kind)) + '/' + std::to_string(size) + '/' +
                                 names[static_cast<int>(way)];
        benchmark::RegisterBenchmark((name + "/one").c_str(), one, way, r.kind, r.by_path, size)
            ->UseRealTime()
            ->MeasureProcessCPUTime();
        benchmark::RegisterBenchmark((name + "/many").c_str(), many, way, r.kind, r.by_path, size)
            ->UseRealTime()
            ->MeasureProcessCPUTime();
      }
    }
  }
  for (const file_call_kind kind :
       {file_call_kind::rename, file_call_kind::link, file_call_kind::make_folder}) {
    for (const how way : {how::here, how::ring, how::pool}) {
      const std::string name =
          std::string(to_string(kind)) + "_and_back/" + names[static_cast<int>(way)];
      benchmark::RegisterBenchmark(name.c_str(), pair, way, kind)
          ->UseRealTime()
          ->MeasureProcessCPUTime();
    }
  }
  for (const how way : {how::here, how::ring, how::pool}) {
    const std::string last = std::string("/") + names[static_cast<int>(way)];
    benchmark::RegisterBenchmark(("cold" + last).c_str(), cold, way)
        ->UseRealTime()
        ->MeasureProcessCPUTime();
    benchmark::RegisterBenchmark(("open_and_close" + last).c_str(), close_one, way)
        ->UseRealTime()
        ->MeasureProcessCPUTime();
  }
}

const bool registered = (register_all(), true);

}  // namespace
