// A pipeline without a shell: what one program writes, the next one reads, and this program only
// holds the two ends. Then the same work on many programs at once, a few at a time.
#include <cstdio>
#include <string>
#include <vector>

#include <rondo/async/run.hpp>
#include <rondo/os/pipe.hpp>
#include <rondo/process/process.hpp>
#include <rondo/task/for_each.hpp>
#include <rondo/task/when_all.hpp>

using rondo::process;
using rondo::process_options;
using rondo::stdio;

// printf 'c\na\nb\na\n' | sort | uniq -c
rondo::task<> pipeline() {
  rondo::os::pipe_ends link;
  if (rondo::os::open_pipe(link) < 0) co_return;
  process_options sort("sort");
  sort.standard_input(stdio::pipe()).standard_output(stdio::descriptor(link.write.get()));
  process_options count("uniq");
  count.argument("-c");
  count.standard_input(stdio::descriptor(link.read.get())).standard_output(stdio::pipe());
  process first = co_await process::start(sort);
  process second = co_await process::start(count);
  link = {};  // theirs now: `uniq` sees the end of its input once nobody else could write to it

  co_await first.standard_input().write_all("c\na\nb\na\n");
  first.standard_input().close();
  const std::string counted = co_await second.standard_output().read_all();
  std::printf("%s", counted.c_str());
  const auto [a, b] = co_await rondo::when_all(first.wait(), second.wait());
  std::printf("%s, %s\n", a.to_string().c_str(), b.to_string().c_str());
}

// 20 programs, at most 4 of them at a time.
rondo::task<> at_once() {
  std::vector<int> numbers;
  for (int i = 1; i <= 20; ++i) numbers.push_back(i);
  int sum = 0;
  auto square = [&sum](int n) -> rondo::task<> {
    process_options o("expr");
    o.arguments({std::to_string(n), "*", std::to_string(n)});
    const rondo::process_output answer = co_await process::output(o);
    sum += std::stoi(answer.standard_output);
  };
  co_await rondo::for_each(numbers, 4, square);
  std::printf("the sum of 20 squares is %d\n", sum);
}

rondo::task<> amain() {
  co_await pipeline();
  co_await at_once();
}

int main() {
  return rondo::run(amain());
}
