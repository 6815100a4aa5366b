#pragma once

#include <source_location>
#include <string>
#include <string_view>
#include <unordered_map>

#include <rondo/dns/resolver_options.hpp>
#include <rondo/loop/loop.hpp>

#include "dns/answer_cache.hpp"
#include "dns/channel.hpp"
#include "dns/flight.hpp"

namespace rondo::dns::detail {

/// What is behind a `resolver`: its answers, and its questions under way.
class core {
 public:
  core(loop& home, resolver_options options);
  core(const core&) = delete;
  ~core() { close(); }
  /// The end, on the loop's thread: whoever waits, or comes later, is told that the resolver has
  /// gone. Behind this nothing here touches the loop.
  void close() noexcept;

  loop& home() const noexcept { return *home_; }
  const resolver_options& options() const noexcept { return options_; }
  resolver_counts counts() const noexcept;
  void clear_cache() noexcept;

  reply_awaiter ask(question what, std::string name, std::source_location where) {
    return {*this, what, std::move(name), where};
  }

  /// The way to the name servers, made when it is first needed. Throws `error`.
  channel& open_name_servers();
  /// The same for who has come by it.
  channel& name_servers() noexcept { return *channel_; }

  // For those who wait, and their flights
  /// Names are equal whatever the case of their letters.
  static std::string key_of(question what, std::string_view name);
  reply_ptr find_answer(std::string_view key);
  flight* find_flight(const std::string& key);
  flight& make_flight(question what, const std::string& key, const std::string& name);
  /// The answer has come. Destroys `f`.
  void end_flight(flight& f, reply&& answer) noexcept;

  /// While anybody waits, the loop lives.
  void flight_is_wanted(std::source_location where) noexcept;
  void flight_is_unwanted() noexcept;

 private:
  loop* home_;
  resolver_options options_;
  answer_cache cache_;
  std::unordered_map<std::string, owned<flight>> flights_;
  owned<channel> channel_;
  bool closed_ = false;
  resolver_counts counts_;
  int wanted_ = 0;
  handle_id hold_;
};

}  // namespace rondo::dns::detail
