// What a stream without a type answers itself: the end of writing that was told at once, and every
// call where there is no stream inside.
#include <rondo/async/any_stream.hpp>
#include <rondo/os/errors.hpp>

namespace rondo {

task<> any_stream::told(result<void> outcome) {
  if (!outcome) throw std::move(outcome).error();
  co_return;
}

task<std::size_t> any_stream::read_nothing() {
  throw os::make_error(errc::closed, "read from", "no stream");
  co_return 0;
}

task<> any_stream::do_nothing(const char* operation) {
  throw os::make_error(errc::closed, operation, "no stream");
  co_return;
}

}  // namespace rondo
