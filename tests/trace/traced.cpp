// A program with something of everything, on as many workers as it is told; prints its trace.
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include <rondo/async/offload.hpp>
#include <rondo/async/sleep.hpp>
#include <rondo/async/yield.hpp>
#include <rondo/net/tcp_listener.hpp>
#include <rondo/net/tcp_stream.hpp>
#include <rondo/observe/trace.hpp>
#include <rondo/runtime/runtime.hpp>
#include <rondo/sync/channel.hpp>
#include <rondo/task/spawn.hpp>
#include <rondo/task/when_all.hpp>

using namespace std::chrono_literals;

namespace {

rondo::task<> produce(rondo::channel<int>& numbers) {
  for (int i = 0; i < 10; ++i) {
    co_await numbers.send(i);
    co_await rondo::sleep_for(1ms);
  }
  numbers.close();
}

rondo::task<> consume(rondo::channel<int>& numbers) {
  for (;;) {
    const auto next = co_await numbers.receive();
    if (!next) break;
  }
}

rondo::task<> answer(rondo::tcp_listener& listener) {
  rondo::tcp_stream peer = co_await listener.accept();
  std::byte buffer[64];
  for (;;) {
    const std::size_t size = co_await peer.read(buffer);
    if (size == 0) break;
    co_await peer.write_all(std::span(buffer).first(size));
  }
}

rondo::task<> ask(rondo::socket_address where) {
  rondo::tcp_stream stream = co_await rondo::tcp_stream::connect(where);
  std::byte buffer[64];
  for (int i = 0; i < 5; ++i) {
    co_await stream.write_all("hello");
    co_await stream.read(buffer);
  }
}

rondo::task<> move_about() {
  for (int i = 0; i < 5; ++i) co_await rondo::yield_now();
}

rondo::task<> amain() {
  rondo::channel<int> numbers(2);
  auto body = [&](rondo::scope& both) -> rondo::task<> {
    both.spawn("producer", produce(numbers));
    both.spawn("consumer", consume(numbers));
    co_return;
  };
  co_await rondo::with_scope(body);
  auto listener = co_await rondo::tcp_listener::bind("127.0.0.1:0");
  const rondo::socket_address where = *listener.local_address();
  co_await rondo::when_all(answer(listener), ask(where));
  co_await rondo::offload([] {});
  for (int i = 0; i < 5; ++i) {
    auto mover = co_await rondo::spawn("mover", move_about());
    co_await mover;
  }
}

}  // namespace

int main(int, char** argv) {
  rondo::probe::recorder recorder;
  rondo::runtime_options options = rondo::current_thread();
  options.workers = std::atoi(argv[1]);
  options.recorder = &recorder;
  rondo::run(amain(), options);
  std::fputs(rondo::observe::chrome_trace(recorder).c_str(), stdout);
}
