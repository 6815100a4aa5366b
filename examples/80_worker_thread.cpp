// A worker: a loop and tasks on a thread of its own, here one that counts words, and messages to it
// and from it. What it throws arrives at whoever joins it; terminated it ends wherever it waits.
#include <cstdio>
#include <sstream>
#include <stdexcept>
#include <string>

#include <rondo/async/run.hpp>
#include <rondo/runtime/worker_thread.hpp>

using counter = rondo::worker_thread<std::string, int>;  // texts to it, numbers from it

rondo::task<> count_words(counter::port& parent) {
  while (auto text = co_await parent.receive()) {
    if (text->empty()) throw std::runtime_error("an empty text");
    std::istringstream words(*text);
    int count = 0;
    for (std::string word; words >> word;) ++count;
    co_await parent.send(count);
  }
}

rondo::task<> amain() {
  auto worker = co_await counter::start(count_words, {"counter"});
  for (const char* text : {"once upon a time", "the end"}) {
    co_await worker.send(text);
    const auto count = co_await worker.receive();
    std::printf("\"%s\" has %d words\n", text, count.value_or(-1));
  }
  worker.close();  // it receives the end, and returns
  co_await worker.join();

  worker = co_await counter::start(count_words, {"counter"});
  co_await worker.send("");
  try {
    co_await worker.join();
  } catch (const std::exception& e) {
    std::printf("%s failed: %s\n", worker.name(), e.what());
  }

  worker = co_await counter::start(count_words, {"counter"});
  worker.terminate("not needed any more");
  const rondo::worker_exit exit = co_await worker.wait_exit();
  std::printf("terminated: %s\n", exit.how == rondo::worker_end::terminated ? "yes" : "no");
}

int main() {
  return rondo::run(amain());
}
