// A spawned task refers to a temporary, which dies at the end of the statement.
// expect: temporary whose address is used as value of local variable 'length' will be destroyed
#include <string>

#include <rondo/task/co_invoke.hpp>
#include <rondo/task/scope.hpp>

rondo::task<std::size_t> length_of(const std::string& text) {
  co_return text.size();
}

rondo::task<std::size_t> parent(rondo::scope& s) {
#ifdef MISTAKE
  auto length = s.spawn(length_of("a temporary"));
#else
  auto length = s.spawn(rondo::co_invoke(&length_of, std::string("a temporary")));
#endif
  co_return co_await length;
}
