// A task that is kept refers to a temporary that is not.
// expect: temporary whose address is used as value of local variable 'later'
#include <string>

#include <rondo/task/task.hpp>

rondo::task<std::size_t> length_of(const std::string& text) {
  co_return text.size();
}

rondo::task<std::size_t> parent() {
#ifdef MISTAKE
  auto later = length_of("a temporary");
#else
  const std::string text = "a local";
  auto later = length_of(text);
#endif
  co_return co_await std::move(later);
}
