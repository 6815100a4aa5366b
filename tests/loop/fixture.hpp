#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include <rondo/loop/loop.hpp>

#include "support/scripted_backend.hpp"

namespace rondo::testing {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// A loop on a scripted backend and a clock that moves only with it, and what its callbacks said.
class loop_test : public ::testing::Test {
 protected:
  explicit loop_test(loop_options options = {}) : l(on_script(std::move(options))) {}

  /// A callback that says `what`.
  callback says(std::string what) {
    return [this, what = std::move(what)] { log.push_back(what); };
  }
  void say(std::string what) { log.push_back(std::move(what)); }

  /// An operation that says its name when it ends.
  struct speaking_op : io::op {
    speaking_op(loop_test& t, std::string n) : test(&t), name(std::move(n)) {
      run = [](job& j) {
        auto& o = static_cast<speaking_op&>(j);
        o.test->say(o.name);
        if (o.then) o.then();
      };
    }
    loop_test* test;
    std::string name;
    callback then;
  };

  manual_clock time;
  scripted_backend* io = nullptr;
  loop l;
  std::vector<std::string> log;

 private:
  loop_options on_script(loop_options options) {
    auto made = make_owned<scripted_backend>(&time);
    io = made.get();
    options.backend = std::move(made);
    options.time = &time;
    return options;
  }
};

}  // namespace rondo::testing
