#pragma once

#include <cstdint>
#include <source_location>
#include <string>
#include <string_view>
#include <vector>

#include <rondo/dns/resolver_options.hpp>

#include "dns/channel_sockets.hpp"
#include "dns/flight.hpp"

struct ares_channeldata;

namespace rondo::dns::detail {

class channel;  // NOLINT(cppcoreguidelines-virtual-class-destructor): final, below

/// One query: part of whoever wants to know.
class channel_query : public list_hook<channel_query> {
 public:
  channel_query(std::string name, int type) noexcept : name_(std::move(name)), type_(type) {}

  const std::string& name() const noexcept { return name_; }
  int type() const noexcept { return type_; }
  /// With a status of c-ares, and what a server said, if one did; that is gone behind the call.
  /// Once, from inside of a call of the channel's. May destroy this.
  virtual void answered(int status, const unsigned char* message, int size) noexcept = 0;

 protected:
  ~channel_query() = default;

 private:
  friend class channel;
  channel* asked_ = nullptr;  // while it is under way
  std::string name_;
  int type_;
};

/// c-ares on the loop: its sockets are watched by the loop's backend, its timeouts by the loop's
/// timers. Thread: the loop's.
class channel final : private socket_owner {
 public:
  /// Reads resolv.conf where the options leave anything open. Throws `error`.
  channel(loop& home, const resolver_options& options);
  channel(const channel&) = delete;
  ~channel() { close(); }
  /// Ends all queries: they are answered now. Before whoever is told goes.
  void close() noexcept;

  /// The names to be tried for one that was asked for: itself, and where it is that of a host also
  /// with the search domains behind it, in the order of resolv.conf(5). Without a dot at the end.
  std::vector<std::string> candidates(std::string_view name, bool is_host) const;
  /// Who is asked, for messages.
  const std::string& servers() const noexcept { return servers_; }

  /// Asks, or gets in line where too many are under way: what a server's socket has no room for is
  /// lost, and then only the timeout tells. `q` may be answered before this returns.
  void query(channel_query& q) noexcept;

  /// How many queries have somebody who waits for them. Where there is none any more, all that are
  /// under way are dropped, and the sockets closed: c-ares can't drop a single one.
  void one_is_wanted() noexcept { ++wanted_; }
  void one_is_unwanted() noexcept;

 private:
  struct calls;  // what c-ares calls
  struct own_timer : timer {
    channel* owner = nullptr;
  };
  /// While c-ares is at work: what must not be done meanwhile is done behind.
  class at_work;

  void start(channel_query& q) noexcept;
  void drop_queue(int status) noexcept;
  void is_ready(int fd, bool to_read, bool to_write) noexcept override;
  static void is_due(job& j);
  void set_timer() noexcept;
  void read_settings();

  loop* home_;
  sockets_of_loop* sockets_;
  ares_channeldata* ares_ = nullptr;
  std::vector<watched_socket*> open_;
  std::vector<std::string> domains_;
  int dots_ = 1;
  std::string servers_;
  own_timer timer_;
  intrusive_list<channel_query, channel_query> queued_;
  int at_once_;
  int under_way_ = 0;
  int refusal_ = 0;  // the response code of the datagram that c-ares looks at
  int wanted_ = 0;
  int depth_ = 0;
};

}  // namespace rondo::dns::detail
