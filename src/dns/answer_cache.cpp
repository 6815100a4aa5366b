// A list in the order of use, and an index into it.
#include "dns/answer_cache.hpp"

#include <utility>

namespace rondo::dns::detail {

reply_ptr answer_cache::find(std::string_view key, instant now) {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return nullptr;
  const place at = found->second;
  if (at->good_until <= now) {
    drop(at);
    return nullptr;
  }
  by_use_.splice(by_use_.begin(), by_use_, at);
  return at->answer;
}

void answer_cache::keep(std::string_view key, reply_ptr answer, instant now) {
  if (capacity_ == 0 || answer->ttl <= duration()) return;
  if (const auto before = by_key_.find(key); before != by_key_.end()) drop(before->second);
  const instant good_until = now + answer->ttl;
  by_use_.push_front({std::string(key), std::move(answer), good_until});
  try {
    by_key_.emplace(by_use_.front().key, by_use_.begin());
  } catch (...) {
    by_use_.pop_front();
    throw;
  }
  if (by_key_.size() > capacity_) drop(std::prev(by_use_.end()));
}

void answer_cache::clear() noexcept {
  by_key_.clear();
  by_use_.clear();
}

void answer_cache::drop(place at) noexcept {
  by_key_.erase(at->key);
  by_use_.erase(at);
}

}  // namespace rondo::dns::detail
