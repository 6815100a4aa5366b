#pragma once

#include <array>
#include <string>
#include <string_view>

#include <rondo/os/pipe.hpp>
#include <rondo/process/process.hpp>

#include "net/net_fixture.hpp"
#include "support/tasks.hpp"

namespace rondo::testing {

/// A test on every backend.
class process_test : public net_test {};

/// A program of a few lines, for /bin/sh.
inline process_options script(std::string_view text) {
  process_options o("/bin/sh");
  o.arguments({"-c", text});
  return o;
}

/// The same, with its output in a pipe.
inline process_options talking_script(std::string_view text) {
  process_options o = script(text);
  o.standard_output(stdio::pipe());
  return o;
}

/// Runs it to its end, which must be a success: what it wrote.
inline task<std::string> output_of(process_options how) {
  how.standard_output(stdio::pipe());
  process p = co_await process::start(how);
  std::string text = co_await p.standard_output().read_all();
  const exit_status s = co_await p.wait();
  EXPECT_TRUE(s.success()) << s.to_string();
  co_return text;
}

}  // namespace rondo::testing
