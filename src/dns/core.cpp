// The table of what is known and of what is being asked.
#include "dns/core.hpp"

#include <utility>

#include <rondo/os/errors.hpp>

#include "dns/system_flight.hpp"

namespace rondo::dns::detail {

core::core(loop& home, resolver_options options)
    : home_(&home), options_(std::move(options)), cache_(options_.cache_entries) {}

core::~core() {
  while (!flights_.empty()) {
    flight& f = *flights_.begin()->second;
    reply gone;
    gone.failure = os::make_error(errc::closed, "look up " + f.key().substr(1), "by a resolver");
    end_flight(f, std::move(gone));
  }
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

std::string core::key_of(question what, std::string_view name) {
  std::string key(1, static_cast<char>(what));
  key += name;
  for (char& c : key) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return key;
}

reply_ptr core::find_answer(std::string_view key) {
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
  owned<flight>& f = flights_[key];
  f = make_owned<system_flight>(*this, key, what, name);
  ++counts_.asked;
  return *f;
}

void core::end_flight(flight& f, reply&& answer) noexcept {
  const auto at = flights_.find(f.key());
  const owned<flight> ended = std::move(at->second);
  flights_.erase(at);
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
