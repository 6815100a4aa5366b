// The table of what is known and of what is being asked.
#include "dns/core.hpp"

#include <utility>

#include <rondo/os/errors.hpp>

#include "dns/name_text.hpp"
#include "dns/pool_flight.hpp"
#include "dns/query_flight.hpp"

namespace rondo::dns::detail {

namespace {

reply gone(const std::string& key) {
  reply r;
  r.failure = os::make_error(errc::closed, "look up " + key.substr(1), "by a resolver");
  return r;
}

}  // namespace

core::core(loop& home, resolver_options options)
    : home_(&home), options_(std::move(options)), cache_(options_.cache_entries) {
  sockets_of_loop::of(home);  // now, so that at the end of the loop they go after this
}

void core::close() noexcept {
  if (std::exchange(closed_, true)) return;
  if (channel_) channel_->close();
  while (!flights_.empty()) end_flight(*flights_.begin()->second, gone(flights_.begin()->first));
}

resolver_counts core::counts() const noexcept {
  resolver_counts now = counts_;
  now.cached = cache_.size();
  return now;
}

void core::clear_cache() noexcept {
  cache_.clear();
  for (auto& [key, f] : flights_) f->is_outdated();
}

channel& core::open_name_servers() {
  if (closed_) throw os::make_error(errc::closed, "look up", "by a resolver");
  if (!channel_) channel_ = make_owned<channel>(*home_, options_);
  return *channel_;
}

std::string core::key_of(question what, std::string_view name) {
  return static_cast<char>(what) + (what == question::hosts_file ? std::string(name) : lower(name));
}

reply_ptr core::find_answer(std::string_view key) {
  if (closed_) return std::make_shared<const reply>(gone(std::string(key)));
  reply_ptr known = cache_.find(key, home_->now());
  if (known != nullptr) ++counts_.hits;
  return known;
}

flight* core::find_flight(const std::string& key) {
  const auto found = flights_.find(key);
  if (found == flights_.end()) return nullptr;
  ++counts_.coalesced;
  return found->second.get();
}

flight& core::make_flight(question what, const std::string& key, const std::string& name) {
  owned<flight> made;
  switch (what) {
    case question::system_any:
    case question::system_v4:
    case question::system_v6:
      made = make_owned<pool_flight>(*this, key, "look up " + name,
                                     system_question(options_, what, name));
      break;
    case question::hosts_file:
      made = make_owned<pool_flight>(*this, key, "read " + name,
                                     hosts_question(name, options_.hosts_ttl));
      break;
    default:
      made = make_owned<query_flight>(*this, key, what, name);
  }
  ++counts_.asked;
  return *(flights_[key] = std::move(made));
}

void core::end_flight(flight& f, reply&& answer) noexcept {
  const auto at = flights_.find(f.key());
  const owned<flight> ended = std::move(at->second);
  flights_.erase(at);
  answer.came = home_->now();
  const auto shared = std::make_shared<const reply>(std::move(answer));
  if (f.may_be_kept()) cache_.keep(f.key(), shared, home_->now());
  f.land(shared);
}

void core::flight_is_wanted(std::source_location where) noexcept {
  if (++wanted_ == 1) hold_ = home_->hold(where);
}

void core::flight_is_unwanted() noexcept {
  if (--wanted_ == 0) home_->clear(hold_);
}

}  // namespace rondo::dns::detail
