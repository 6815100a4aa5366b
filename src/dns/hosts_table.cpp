// The hosts file, in memory.
#include "dns/hosts_table.hpp"

#include <algorithm>
#include <cstddef>

#include "dns/name_text.hpp"

namespace rondo::dns::detail {

namespace {

/// Takes the first word off `line`; empty where there is none left.
std::string_view next_word(std::string_view& line) noexcept {
  const std::size_t begin = line.find_first_not_of(" \t\r");
  if (begin == line.npos) return {};
  line.remove_prefix(begin);
  const std::string_view word = line.substr(0, line.find_first_of(" \t\r"));
  line.remove_prefix(word.size());
  return word;
}

/// The bytes of an IP address in network order: 4 or 16.
std::string_view bytes_of(const socket_address& address) noexcept {
  const std::size_t offset = address.is_v6() ? 8 : 4;  // behind family, port (and flow label)
  return {static_cast<const char*>(address.data()) + offset, address.is_v6() ? 16U : 4U};
}

}  // namespace

std::string pointer_name(const socket_address& address) {
  constexpr char digits[] = "0123456789abcdef";
  const std::string_view bytes = bytes_of(address);
  std::string name;
  for (std::size_t i = bytes.size(); i-- > 0;) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    if (address.is_v6()) {
      name += {digits[byte & 15U], '.', digits[byte >> 4U], '.'};
    } else {
      name += std::to_string(byte) + '.';
    }
  }
  return name + (address.is_v6() ? "ip6.arpa" : "in-addr.arpa");
}

hosts_table::hosts_table(std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    add_line(line.substr(0, line.find('#')));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

void hosts_table::add_line(std::string_view line) {
  const auto address = socket_address::from_host(next_word(line), 0);
  if (!address) return;
  auto& names = by_address_[pointer_name(*address)];
  for (auto word = next_word(line); !word.empty(); word = next_word(line)) {
    auto& addresses = by_name_[lower(word)];
    if (std::ranges::find(addresses, *address) == addresses.end()) addresses.push_back(*address);
    names.emplace_back(word);
  }
}

std::optional<reply> hosts_table::find(question what, std::string_view name) const {
  if (name.ends_with('.')) name.remove_suffix(1);
  const std::string key = lower(name);
  reply found;
  found.canonical = key;
  if (what == question::ptr) {
    const auto names = by_address_.find(key);
    if (names == by_address_.end() || names->second.empty()) return {};
    found.texts = names->second;
    return found;
  }
  const auto addresses = by_name_.find(key);
  if (addresses == by_name_.end()) return {};
  for (const socket_address& each : addresses->second) {
    if (each.is_v6() == (what == question::aaaa)) found.addresses.push_back(each);
  }
  if (found.addresses.empty()) {
    found.failure = error(errc::not_found, "look up " + key +
                                               ": the hosts file has only addresses of the other "
                                               "family");
  }
  return found;
}

}  // namespace rondo::dns::detail
