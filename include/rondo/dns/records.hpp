#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <rondo/base/time.hpp>

namespace rondo::dns {

/// Where a service is (RFC 2782). Of those with the lowest priority one is tried first, by weight.
struct srv_record {
  std::uint16_t priority = 0;
  std::uint16_t weight = 0;
  std::uint16_t port = 0;
  std::string target;
};

/// Who takes mail (RFC 1035): the lowest preference first.
struct mx_record {
  std::uint16_t preference = 0;
  std::string exchange;
};

/// The records of one type that a name has: at least one.
template <class Record>
struct answer {
  std::vector<Record> records;
  duration ttl;           ///< for how long they are good from now on
  std::string canonical;  ///< whose records they are: the name itself, or what it is an alias of

  auto begin() const noexcept { return records.begin(); }
  auto end() const noexcept { return records.end(); }
  std::size_t size() const noexcept { return records.size(); }
  const Record& operator[](std::size_t i) const noexcept { return records[i]; }
};

}  // namespace rondo::dns
