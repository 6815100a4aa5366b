#pragma once

#include <cstddef>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include "dns/reply.hpp"

namespace rondo::dns::detail {

/// Answers by their questions, each until its time is over, and of too many those that were used
/// last. Time is handed in.
class answer_cache {
 public:
  explicit answer_cache(std::size_t capacity) noexcept : capacity_(capacity) {}

  /// The answer, where there is one that is still good; it counts as used. Null otherwise.
  reply_ptr find(std::string_view key, instant now);
  /// In place of the one before, if any. Throws std::bad_alloc, and has then kept nothing.
  void keep(std::string_view key, reply_ptr answer, instant now);
  void clear() noexcept;
  std::size_t size() const noexcept { return by_key_.size(); }

 private:
  struct entry {
    std::string key;
    reply_ptr answer;
    instant good_until;
  };
  using place = std::list<entry>::iterator;

  void drop(place at) noexcept;

  std::size_t capacity_;
  std::list<entry> by_use_;                             // the one that was used last comes first
  std::unordered_map<std::string_view, place> by_key_;  // the keys lie in the entries
};

}  // namespace rondo::dns::detail
