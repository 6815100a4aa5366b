#pragma once

#include <rondo/async/sleep.hpp>
#include <rondo/task/cancelled.hpp>
#include <rondo/task/scope.hpp>

namespace rondo::testing {

/// Cancels what `make` makes while it waits; then each further await of that line must
/// meet the cancel again. How many did: 2 of 2.
template <class Make>
task<int> cancels_met(Make make) {
  int met = 0;
  auto body = [&](scope& s) -> task<> {
    auto twice = [&]() -> task<> {
      for (int i = 0; i < 2; ++i) {
        try {
          co_await make();
        } catch (const cancelled&) {
          ++met;
        }
      }
    };
    s.spawn(twice());
    co_await sleep_for(duration::milliseconds(2));
    s.cancel();
  };
  co_await with_scope(body);
  co_return met;
}

}  // namespace rondo::testing
