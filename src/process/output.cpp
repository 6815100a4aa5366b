// A program run to its end: feeds it, and collects both of its streams at the same time, since a
// program that waits for room in one of them would never come to the end of the other.
#include <utility>

#include <rondo/process/process.hpp>
#include <rondo/task/when_all.hpp>

namespace rondo {

namespace {

task<> feed(pipe_writer to, std::string_view text) {
  const auto outcome = co_await to.write_all(text).as_result();
  to.close();  // and not when the group ends that waits for the program, which waits for this
  // A program that has read enough is right to close its end.
  if (!outcome && outcome.error().code() != errc::broken_pipe) throw error(outcome.error());
}

task<std::string> collected(pipe_reader& from, std::size_t limit) {
  if (!from.is_open()) co_return {};
  co_return co_await from.read_all(limit);
}

}  // namespace

task<process_output> process::output(process_options how, output_options options) {
  stdio& in = how.streams_[0];
  stdio& error = how.streams_[2];
  if (!options.input.empty()) {
    in = stdio::pipe();
  } else if (in.what() == stdio::kind::inherit) {
    in = stdio::null();
  }
  how.standard_output(stdio::pipe());
  if (error.what() == stdio::kind::inherit) error = stdio::pipe();

  process p = co_await start(how);
  auto [fed, written, complaints] =
      co_await when_all(feed(std::move(p.input_), options.input),
                        collected(p.output_, options.limit), collected(p.error_, options.limit));
  static_cast<void>(fed);
  const exit_status status = co_await p.wait();
  process_output all = {status, std::move(written), std::move(complaints)};
  co_return all;
}

}  // namespace rondo
