// Holds the loop for known spans, and prints what our histogram says of it, in ms: stalls.cjs in
// Rondo's words.
#include <cstdio>
#include <cstdlib>
#include <vector>

#include <rondo/loop/loop_delay.hpp>

namespace {

double ms(rondo::duration d) {
  return d.count_seconds() * 1e3;
}

/// How long it really was: the machine may have added to it.
rondo::duration busy(rondo::duration span) {
  const rondo::instant begin = rondo::real_clock().now();
  while (rondo::real_clock().now() < begin + span) {
  }
  return rondo::real_clock().now() - begin;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<int> numbers;
  for (int i = 1; i < argc; ++i) numbers.push_back(std::atoi(argv[i]));
  if (numbers.empty()) return 2;
  const std::vector<int> stalls(numbers.begin() + 1, numbers.end());

  rondo::loop loop;
  rondo::loop_delay delay(loop, rondo::duration::milliseconds(numbers[0]));
  delay.enable();
  std::size_t round = 0;
  std::vector<rondo::duration> held;
  rondo::handle_id every;
  every = loop.set_interval(rondo::duration::milliseconds(150), [&] {
    if (round < stalls.size()) {
      held.push_back(busy(rondo::duration::milliseconds(stalls[round++])));
      return;
    }
    loop.clear(every);
    delay.disable();
  });
  loop.run();

  const rondo::probe::histogram& seen = delay.delays();
  const auto count = static_cast<double>(seen.count());
  std::printf("{\"held\": [");
  for (std::size_t i = 0; i < held.size(); ++i) {
    std::printf("%s%.3f", i == 0 ? "" : ", ", ms(held[i]));
  }
  std::printf("], \"longest\": [");
  for (std::size_t k = 1; k <= stalls.size() + 1; ++k) {
    const double percent = 100 * (count - static_cast<double>(k) + 0.5) / count;
    std::printf("%s%.3f", k == 1 ? "" : ", ", ms(seen.percentile(percent)));
  }
  std::printf("], \"max\": %.3f, \"count\": %.0f, \"p50\": %.3f}\n", ms(seen.max()), count,
              ms(seen.percentile(50)));
}
