// Happy Eyeballs (RFC 8305): a host has many addresses, and some of them may not answer. Two
// look-ups and a growing number of attempts run side by side, as tasks of one scope; the first
// connection ends it.
#include "net/connect_by_name.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include <rondo/async/timeout.hpp>
#include <rondo/dns/resolver.hpp>
#include <rondo/os/errors.hpp>
#include <rondo/sync/notify.hpp>
#include <rondo/task/scope.hpp>

namespace rondo {

std::optional<host_and_port> host_and_port::parse(std::string_view text) noexcept {
  const std::size_t colon = text.rfind(':');
  if (colon == text.npos || colon == 0) return {};
  host_and_port parts;
  parts.host = text.substr(0, colon);
  for (const char c : parts.host) {
    if (c <= ' ' || c == '\x7f' || c == ':' || c == '[' || c == ']' || c == '*') return {};
  }
  const char* const end = text.data() + text.size();
  const auto [stopped, problem] = std::from_chars(text.data() + colon + 1, end, parts.port);
  if (problem != std::errc() || stopped != end) return {};
  return parts;
}

void address_order::add(const std::vector<socket_address>& addresses) {
  for (const socket_address& each : addresses) (each.is_v6() ? v6_ : v4_).push_back(each);
}

std::optional<socket_address> address_order::next() {
  auto& turn = v4_is_next_ ? v4_ : v6_;
  auto& from = turn.empty() ? (v4_is_next_ ? v6_ : v4_) : turn;
  if (from.empty()) return {};
  const socket_address chosen = from.front();
  from.pop_front();
  v4_is_next_ = chosen.is_v6();
  return chosen;
}

namespace {

/// One connect by name, from its look-ups to its winner.
class eyeballs {
 public:
  eyeballs(std::string host, std::uint16_t port, const connect_options& options,
           std::source_location where)
      : host_(std::move(host)), port_(port), options_(options), where_(where) {
    to_each_.no_delay = options.no_delay;
  }

  /// Goes on until there is a winner, or nothing left to try.
  task<> run(dns::resolver& names);
  tcp_stream& winner() noexcept { return winner_; }
  /// After `run` without a winner.
  error why_not(bool is_late) const;

 private:
  task<> look_up(dns::resolver& names, address_family which);
  task<> attempt(socket_address to);
  task<> try_all(scope& here, dns::resolver& names);
  task<> first_addresses();
  task<> until_ended(int attempts);
  void note(const error& failure);

  std::string host_;
  std::uint16_t port_;
  connect_options options_;
  connect_options to_each_;
  std::source_location where_;

  address_order order_;
  notify changed_;    // of what follows
  int look_ups_ = 2;  // under way
  bool v6_is_known_ = false;
  bool any_is_known_ = false;
  int begun_ = 0;
  int ended_ = 0;
  tcp_stream winner_;
  std::vector<error> failures_;
};

task<> eyeballs::run(dns::resolver& names) {
  const auto body = [&](scope& here) -> task<> {
    co_await try_all(here, names);
    here.cancel("another address has answered");
  };
  co_await with_scope(body);
}

task<> eyeballs::try_all(scope& here, dns::resolver& names) {
  here.spawn(look_up(names, address_family::v6));
  here.spawn(look_up(names, address_family::v4));
  while (!any_is_known_ && look_ups_ > 0) co_await changed_.wait();
  if (!v6_is_known_) {
    static_cast<void>(co_await within(options_.resolution_delay, first_addresses()));
  }
  while (!winner_.is_open()) {
    const auto next = order_.next();
    if (next) {
      ++begun_;
      here.spawn(attempt(*next));
      static_cast<void>(co_await within(options_.attempt_delay, until_ended(ended_ + 1)));
    } else if (begun_ == ended_ && look_ups_ == 0) {
      break;
    } else {
      co_await changed_.wait();
    }
  }
}

/// Until the IPv6 addresses are there, or are known not to be.
task<> eyeballs::first_addresses() {
  while (!v6_is_known_) co_await changed_.wait();
}

task<> eyeballs::until_ended(int attempts) {
  while (ended_ < attempts) co_await changed_.wait();
}

task<> eyeballs::look_up(dns::resolver& names, address_family which) {
  try {
    const auto found = co_await names.lookup(host_, port_, which, where_);
    order_.add(found);
    any_is_known_ = true;
  } catch (const error& e) {
    note(e);
  }
  if (which == address_family::v6) v6_is_known_ = true;
  --look_ups_;
  changed_.notify_one();
}

task<> eyeballs::attempt(socket_address to) {
  auto outcome = co_await tcp_stream::connect(to, to_each_, where_).as_result();
  if (!outcome) {
    note(outcome.error());
  } else if (!winner_.is_open()) {
    winner_ = std::move(*outcome);
  }
  ++ended_;
  changed_.notify_one();
}

void eyeballs::note(const error& failure) {
  if (failure.code() != errc::cancelled) failures_.push_back(failure);
}

/// That there are no addresses of one family counts only where there are none at all.
error eyeballs::why_not(bool is_late) const {
  const std::string subject = host_ + ":" + std::to_string(port_);
  std::string all;
  errc code = errc::not_found;
  for (const error& each : failures_) {
    if (begun_ > 0 && each.code() == errc::not_found) continue;
    if (all.find(each.what()) != all.npos) continue;
    all += std::string(all.empty() ? "" : "; ") + each.what();
    code = each.code();
  }
  if (is_late) {
    code = errc::timed_out;
    all = "timed_out, " + std::to_string(begun_ - ended_) + " addresses have not answered" +
          (all.empty() ? "" : "; " + all);
  }
  return error(code, "connect " + subject + ": " + all);
}

}  // namespace

task<tcp_stream> connect_by_name(std::string host, std::uint16_t port, connect_options options,
                                 std::source_location where) {
  eyeballs race(std::move(host), port, options, where);
  loop& here = co_await this_loop();
  dns::resolver& names = options.names != nullptr ? *options.names : dns::resolver::of(here);
  bool is_late = false;
  if (options.timeout == duration::max()) {
    co_await race.run(names);
  } else {
    const bool in_time = co_await within(options.timeout, race.run(names));
    is_late = !in_time;
  }
  if (race.winner().is_open()) co_return std::move(race.winner());
  throw race.why_not(is_late);
}

}  // namespace rondo
