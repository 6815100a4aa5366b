// Reading an answer. Every length in it is the server's word, and so is checked; names are expanded
// by c-ares, which knows their compression and does not follow it in circles.
#include "dns/message.hpp"

#include <ares.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "dns/name_text.hpp"

namespace rondo::dns::detail {

namespace {

using bytes = std::span<const unsigned char>;

enum type : std::uint16_t {
  a = 1,
  cname = 5,
  soa = 6,
  ptr = 12,
  mx = 15,
  txt = 16,
  aaaa = 28,
  srv = 33
};
constexpr std::uint16_t internet = 1;

/// Thrown and caught in here.
struct malformed {
  const char* what;
};

/// One record; what it holds starts at `begin` of the message.
struct record {
  std::string owner;
  std::uint16_t type;
  std::uint16_t of_class;
  std::uint32_t ttl;
  std::size_t begin;
  std::size_t size;
};

class reader {
 public:
  explicit reader(bytes message, std::size_t at = 0, std::size_t end = SIZE_MAX) noexcept
      : all_(message), at_(at), end_(std::min(end, message.size())) {}

  std::size_t at() const noexcept { return at_; }
  bool is_at_end() const noexcept { return at_ == end_; }

  std::uint8_t byte() { return *take(1); }
  std::uint16_t word() {
    const unsigned char* const two = take(2);
    return static_cast<std::uint16_t>(two[0] << 8U | two[1]);
  }
  std::uint32_t double_word() {
    const std::uint32_t high = word();
    return high << 16U | word();
  }
  const unsigned char* take(std::size_t size) {
    if (size > end_ - at_) throw malformed{"it ends in the middle of a record"};
    const unsigned char* const begin = all_.data() + at_;
    at_ += size;
    return begin;
  }
  std::string text(std::size_t size) {
    const unsigned char* const begin = take(size);
    return {reinterpret_cast<const char*>(begin), size};
  }
  std::string name() {
    char* expanded = nullptr;
    long size = 0;
    if (at_ >= end_ ||
        ares_expand_name(all_.data() + at_, all_.data(), static_cast<int>(all_.size()), &expanded,
                         &size) != ARES_SUCCESS) {
      throw malformed{"it holds a name that is none"};
    }
    struct freed {
      char* text;
      ~freed() { ares_free_string(text); }
    } const afterwards{expanded};
    take(static_cast<std::size_t>(size));
    return expanded;
  }

 private:
  bytes all_;
  std::size_t at_;
  std::size_t end_;
};

record read_record(reader& in) {
  record r;
  r.owner = in.name();
  r.type = in.word();
  r.of_class = in.word();
  r.ttl = in.double_word();
  if (r.ttl > INT32_MAX) r.ttl = 0;  // RFC 2181, section 8
  r.size = in.word();
  r.begin = in.at();
  in.take(r.size);
  return r;
}

std::vector<record> read_records(reader& in, int count) {
  std::vector<record> all;
  all.reserve(static_cast<std::size_t>(std::min(count, 64)));  // the count is only claimed
  for (int i = 0; i < count; ++i) all.push_back(read_record(in));
  return all;
}

socket_address address_of(reader& in, bool v6) {
  const int family = v6 ? AF_INET6 : AF_INET;
  char text[INET6_ADDRSTRLEN];
  ares_inet_ntop(family, in.take(v6 ? 16 : 4), text, sizeof text);
  return socket_address::from_host(text, 0).value();
}

void add(reply& to, type what, reader in) {
  switch (what) {
    case a:
    case aaaa:
      to.addresses.push_back(address_of(in, what == aaaa));
      break;
    case srv: {
      srv_record r;
      r.priority = in.word();
      r.weight = in.word();
      r.port = in.word();
      r.target = in.name();
      to.services.push_back(std::move(r));
      break;
    }
    case mx: {
      mx_record r;
      r.preference = in.word();
      r.exchange = in.name();
      to.exchanges.push_back(std::move(r));
      break;
    }
    case txt: {
      std::string joined;  // in pieces of at most 255 bytes
      do {
        joined += in.text(in.byte());
      } while (!in.is_at_end());
      to.texts.push_back(std::move(joined));
      break;
    }
    default:
      to.texts.push_back(in.name());
  }
  if (!in.is_at_end()) throw malformed{"a record is longer than it should be"};
}

/// Follows aliases from `name` on, and adds the records at their end.
reply collect(bytes message, const std::vector<record>& records, type wanted, std::string name) {
  reply found;
  std::uint32_t ttl = INT32_MAX;
  for (std::size_t steps = 0;; ++steps) {
    const record* alias = nullptr;
    bool is_there = false;
    for (const record& r : records) {
      if (r.of_class != internet || !same_name(r.owner, name)) continue;
      if (r.type == wanted) {
        add(found, wanted, reader(message, r.begin, r.begin + r.size));
        is_there = true;
      } else if (r.type == cname) {
        alias = &r;
      } else {
        continue;
      }
      ttl = std::min(ttl, r.ttl);
    }
    if (is_there || alias == nullptr) break;
    if (steps > records.size()) throw malformed{"its aliases lead in a circle"};
    name = reader(message, alias->begin, alias->begin + alias->size).name();
  }
  found.canonical = std::move(name);
  found.ttl = duration::seconds(ttl);
  return found;
}

bool has_any(const reply& r) noexcept {
  return !r.addresses.empty() || !r.services.empty() || !r.exchanges.empty() || !r.texts.empty();
}

/// How long it may be remembered that there is nothing: the SOA record says.
duration negative_ttl(bytes message, const std::vector<record>& authorities) {
  for (const record& r : authorities) {
    if (r.type != soa || r.of_class != internet) continue;
    reader in(message, r.begin, r.begin + r.size);
    static_cast<void>(in.name());
    static_cast<void>(in.name());
    in.take(4 * sizeof(std::uint32_t));  // serial, refresh, retry, expire
    return duration::seconds(std::min(r.ttl, in.double_word()));
  }
  return {};
}

}  // namespace

result<reply> read_answer(question what, std::span<const unsigned char> message) {
  try {
    reader in(message);
    in.take(4);  // id and flags: c-ares has looked at them
    const int questions = in.word();
    const int answers = in.word();
    const int authorities = in.word();
    in.take(2);
    std::string name;
    for (int i = 0; i < questions; ++i) {
      name = in.name();
      in.take(4);
    }
    const std::vector<record> records = read_records(in, answers);
    reply found = collect(message, records, static_cast<type>(type_of(what)), std::move(name));
    if (!has_any(found)) found.ttl = negative_ttl(message, read_records(in, authorities));
    std::ranges::sort(found.services, {}, &srv_record::priority);
    std::ranges::sort(found.exchanges, {}, &mx_record::preference);
    return found;
  } catch (const malformed& m) {
    return std::unexpected(error(errc::protocol, m.what));
  }
}

int type_of(question what) noexcept {
  switch (what) {
    case question::aaaa:
      return aaaa;
    case question::srv:
      return srv;
    case question::txt:
      return txt;
    case question::mx:
      return mx;
    case question::ptr:
      return ptr;
    default:
      return a;
  }
}

const char* type_name(question what) noexcept {
  switch (what) {
    case question::aaaa:
      return "AAAA";
    case question::srv:
      return "SRV";
    case question::txt:
      return "TXT";
    case question::mx:
      return "MX";
    case question::ptr:
      return "PTR";
    default:
      return "A";
  }
}

}  // namespace rondo::dns::detail
