// Many tasks, and each result as soon as it is there: the first three good answers are enough, the
// rest is cancelled, and awaited, when the set is left.
#include <chrono>
#include <cstdio>
#include <stdexcept>

#include <rondo/async/run.hpp>
#include <rondo/async/sleep.hpp>
#include <rondo/task/join_set.hpp>

using namespace std::chrono_literals;

rondo::task<int> ask(int number) {
  co_await rondo::sleep_for((number * 37 % 10) * 1ms);
  if (number % 6 == 0) throw std::runtime_error("is down");
  co_return number;
}

rondo::task<int> sum_of_three(rondo::join_set<int>& answers) {
  for (int number = 1; number <= 9; ++number) answers.spawn(ask(number));
  int sum = 0;
  for (int good = 0; good < 3;) {
    try {
      const auto answer = co_await answers.next();
      if (!answer) break;
      std::printf("%d answered\n", *answer);
      sum += *answer;
      ++good;
    } catch (const std::runtime_error& e) {
      std::printf("one %s\n", e.what());  // a failure cancels nobody here
    }
  }
  std::printf("%d are left\n", answers.size());
  co_return sum;
}

rondo::task<> amain() {
  const int sum = co_await rondo::with_join_set<int>(sum_of_three);
  std::printf("sum: %d\n", sum);

  std::vector<rondo::task<int>> work;
  for (const int number : {1, 2, 3}) work.push_back(ask(number));
  co_await rondo::as_completed(std::move(work), [](int n) { std::printf("%d is ready\n", n); });
}

int main() {
  rondo::simulated_clock time;
  rondo::loop_options options;
  options.time = &time;
  return rondo::run(amain(), std::move(options));
}
