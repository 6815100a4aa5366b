// What starting a program costs beside the memory of who starts it: /bin/true, started and waited
// for, by os::spawn, by posix_spawn and by fork and exec, with that many MiB resident.
//   cmake --preset release -DRONDO_BENCHMARKS=ON && ninja -C build/release bench_spawn
//   build/release/micro/bench_spawn
#include <benchmark/benchmark.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>

#include <rondo/os/process.hpp>

namespace {

/// So much memory that really is there, in pages of 4 KiB.
class resident {
 public:
  explicit resident(std::int64_t mib) : size_(static_cast<std::size_t>(mib) << 20) {
    if (size_ == 0) return;
    memory_ = mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory_ == MAP_FAILED) std::abort();
    madvise(memory_, size_, MADV_NOHUGEPAGE);
    std::memset(memory_, 1, size_);
  }
  resident(const resident&) = delete;
  ~resident() {
    if (size_ > 0) munmap(memory_, size_);
  }

 private:
  std::size_t size_;
  void* memory_ = nullptr;
};

const char* const path = "/bin/true";
char* const arguments[] = {const_cast<char*>("true"), nullptr};

void spawn(benchmark::State& state) {
  const resident memory(state.range(0));
  const char* const programs[] = {path, nullptr};
  rondo::os::spawn_plan plan;
  plan.programs = programs;
  plan.arguments = arguments;
  plan.environment = rondo::os::environment();
  for (auto _ : state) {
    rondo::os::spawned made;
    rondo::os::process_end end;
    if (rondo::os::spawn(plan, made) < 0) state.SkipWithError("spawn");
    if (rondo::os::reap(made.pidfd.get(), true, end) < 0) state.SkipWithError("reap");
  }
}

void posix_spawn_and_wait(benchmark::State& state) {
  const resident memory(state.range(0));
  for (auto _ : state) {
    pid_t id = 0;
    if (posix_spawn(&id, path, nullptr, nullptr, arguments, environ) != 0) {
      state.SkipWithError("posix_spawn");
    }
    waitpid(id, nullptr, 0);
  }
}

void fork_and_exec(benchmark::State& state) {
  const resident memory(state.range(0));
  for (auto _ : state) {
    const pid_t id = fork();
    if (id == 0) {
      execv(path, arguments);
      _exit(127);
    }
    waitpid(id, nullptr, 0);
  }
}

BENCHMARK(spawn)->Arg(0)->Arg(1024)->UseRealTime()->Unit(benchmark::kMicrosecond);
BENCHMARK(posix_spawn_and_wait)->Arg(0)->Arg(1024)->UseRealTime()->Unit(benchmark::kMicrosecond);
BENCHMARK(fork_and_exec)->Arg(0)->Arg(1024)->UseRealTime()->Unit(benchmark::kMicrosecond);

}  // namespace
