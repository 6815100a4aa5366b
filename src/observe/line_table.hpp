#pragma once

#include <cstdint>
#include <map>
#include <memory_resource>
#include <source_location>
#include <string_view>
#include <vector>

#include <rondo/base/time.hpp>
#include <rondo/probe/event.hpp>

namespace rondo::observe {

/// What is known of the lines: one after the other may have had the same address, and each is a
/// track of its own.
class line_table {
 public:
  enum class doing : std::uint8_t { unknown, runs, is_ready, waits };
  struct life {
    std::uint64_t track = 0;
    std::string_view name;
    std::source_location site;
    instant since;  // of what it does now
    doing does = doing::unknown;
    std::string_view waits_for;
    std::string_view thread;  // on which it runs
  };

  explicit line_table(std::pmr::memory_resource& memory) : by_address_(&memory) {}

  life& begin(const probe::event& e) {
    life& fresh = by_address_[e.subject].emplace_back();
    fresh.track = ++count_;
    return fresh;
  }
  /// Who has this address now.
  life& of(const probe::event& e) {
    auto& lives = by_address_[e.subject];
    return lives.empty() ? begin(e) : lives.back();
  }
  template <class F>
  void for_each(F f) {
    for (auto& [address, lives] : by_address_) {
      for (life& each : lives) f(each);
    }
  }

 private:
  std::pmr::map<std::uint64_t, std::pmr::vector<life>> by_address_;
  std::uint64_t count_ = 0;
};

}  // namespace rondo::observe
