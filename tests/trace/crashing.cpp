// A program that records, and then crashes as it is told: crashing HOW FOLDER. "wait" does not
// crash, but takes SIGUSR2 while its loop is stuck for ever.
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

#include <rondo/async/offload.hpp>
#include <rondo/async/sleep.hpp>
#include <rondo/base/assert.hpp>
#include <rondo/observe/trace_file.hpp>
#include <rondo/runtime/runtime.hpp>
#include <rondo/task/spawn.hpp>
#include <rondo/task/when_all.hpp>

using namespace std::chrono_literals;

namespace {

volatile int zero = 0;
void* volatile last = nullptr;

[[gnu::noinline]] int overflow(int depth) {
  volatile char room[4096];
  room[depth % 4096] = static_cast<char>(depth);
  if (depth < 0) return 0;
  return overflow(depth + 1) + room[depth % 4096];
}

/// Behind the end of a file.
void bus_error(const std::string& folder) {
  const int file = ::open((folder + "/mapped").c_str(), O_RDWR | O_CREAT, 0600);
  void* const at = ::mmap(nullptr, 4096, PROT_READ, MAP_SHARED, file, 0);
  std::printf("%d\n", *static_cast<volatile int*>(at));
}

/// malloc finds what comes behind its last block overwritten, and aborts with its lock in hand.
void within_malloc() {
  char* volatile const block = static_cast<char*>(std::malloc(40));
  for (int i = 0; i < 64; ++i) block[i] = static_cast<char>(0xff);
  for (std::size_t size = 64; size < 100'000; size += 64) last = std::malloc(size);
}

void crash(std::string_view how, const std::string& folder) {
  // Not null, which UBSan would find first.
  auto* volatile const nowhere = reinterpret_cast<int*>(64);
  if (how == "segv" || how == "recording" || how == "worker" || how == "pool") *nowhere = 1;
  if (how == "full") {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit few = {.rlim_cur = 4096, .rlim_max = 4096};
    ::setrlimit(RLIMIT_FSIZE, &few);
    *nowhere = 1;
  }
  if (how == "gone") {
    ::rmdir(folder.c_str());
    *nowhere = 1;
  }
  if (how == "sent") ::kill(::getpid(), SIGSEGV);
  if (how == "bus") bus_error(folder);
  if (how == "fpe") ::raise(SIGFPE);
  if (how == "ill") __builtin_trap();
  if (how == "abort") std::abort();
  if (how == "assert") RONDO_ASSERT(zero == 1, zero);
  if (how == "overflow" || how == "worker_overflow") std::printf("%d\n", overflow(0));
  if (how == "malloc") within_malloc();
  if (how == "child" && ::fork() == 0) *nowhere = 1;
}

rondo::task<> nap(int times) {
  for (int i = 0; i < times; ++i) co_await rondo::sleep_for(1ms);
}

rondo::task<> busy() {
  for (;;) co_await rondo::sleep_for(1us);
}

rondo::task<> crash_somewhere(std::string_view how, std::string folder) {
  crash(how, folder);
  co_return;
}

rondo::task<> amain(std::string_view how, std::string folder) {
  co_await rondo::when_all(nap(3), nap(5));
  if (how == "terminate") {
    std::thread([] { throw std::runtime_error("nobody catches it"); }).join();
  }
  if (how == "pool") {
    co_await rondo::offload([&] { crash(how, folder); });
  }
  if (how.starts_with("worker") || how == "recording") {
    for (int i = 0; i < 4; ++i) static_cast<void>(co_await rondo::spawn("busy", busy()));
    auto doomed = co_await rondo::spawn("doomed", crash_somewhere(how, folder));
    co_await doomed;
  }
  if (how == "wait") {
    std::puts("stuck");
    std::fflush(stdout);
    for (;;) ::pause();
  }
  crash(how, folder);
}

}  // namespace

int main(int, char** argv) {
  const std::string folder = argv[2];
  rondo::probe::recorder recorder;
  const rondo::observe::trace_on_crash on_crash(recorder, folder);
  const rondo::observe::trace_on_signal on_signal(recorder, SIGUSR2, folder);
  rondo::runtime_options options = rondo::multi_thread(2);
  options.recorder = &recorder;
  rondo::run(amain(argv[1], folder), options);
}
