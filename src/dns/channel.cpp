// c-ares makes its queries with plain calls on non-blocking sockets, wants to be told when one is
// ready, and when its next timeout is due; everything else is its own affair: ids, retries, other
// servers, TCP for what is truncated. Answers are told from inside of its calls.
#include "dns/channel.hpp"

#include <ares.h>

#include <algorithm>
#include <climits>
#include <utility>

#include <rondo/os/library_sockets.hpp>

namespace rondo::dns::detail {

namespace {

/// What a UDP answer may have (the DNS flag day's 1,232 bytes): it fits into one packet everywhere.
constexpr int udp_answer_bytes = 1'232;

int in_milliseconds(duration d) noexcept {
  return static_cast<int>(std::clamp<std::int64_t>(d.count_ns() / 1'000'000, 1, INT_MAX / 64));
}

void check(int status, const char* what) {
  if (status == ARES_SUCCESS) return;
  throw error(status == ARES_ENOMEM ? errc::out_of_memory : errc::other,
              std::string("set up the resolver (") + what + "): " + ares_strerror(status));
}

std::string joined(const std::vector<socket_address>& servers, const char* between) {
  std::string text;
  for (const socket_address& each : servers) {
    if (!text.empty()) text += between;
    text += (each.port() == 0 ? each.with_port(53) : each).to_string();
  }
  return text;
}

}  // namespace

/// The functions that c-ares is handed. All run inside of a call of ours.
struct channel::calls {
  static ares_socket_t open(int family, int type, int protocol, void*) {
    return os::library_socket(family, type, protocol);
  }
  static int close(ares_socket_t fd, void* context) {
    auto& self = *static_cast<channel*>(context);
    const auto known = std::ranges::find(self.open_, fd, &watched_socket::descriptor);
    if (known == self.open_.end()) {
      self.home_->close(fd);
    } else {
      (*known)->close();
      self.open_.erase(known);
    }
    return 0;
  }
  static int connect(ares_socket_t fd, const sockaddr* to, ares_socklen_t size, void*) {
    return os::library_connect(fd, to, size);
  }
  static ares_ssize_t receive(ares_socket_t fd, void* into, size_t size, int, sockaddr* from,
                              ares_socklen_t* from_size, void* context) {
    const auto count = os::library_receive(fd, into, size, from, from_size);
    const bool has_header = count >= 12;
    static_cast<channel*>(context)->refusal_ =
        has_header ? static_cast<const unsigned char*>(into)[3] & 15 : 0;
    return count;
  }
  static ares_ssize_t send(ares_socket_t fd, const iovec* pieces, int count, void*) {
    return os::library_send(fd, pieces, count);
  }
  static constexpr ares_socket_functions table = {&open, &close, &connect, &receive, &send};

  static void watch(void* context, ares_socket_t fd, int to_read, int to_write) {
    auto& self = *static_cast<channel*>(context);
    auto known = std::ranges::find(self.open_, fd, &watched_socket::descriptor);
    if (known == self.open_.end()) {
      if (to_read == 0 && to_write == 0) return;
      known = self.open_.insert(known, &self.sockets_->add(fd, self));
    }
    (*known)->watch(to_read != 0, to_write != 0);
  }
  static void answered(void* context, int status, int, unsigned char* message, int size) {
    auto& q = *static_cast<channel_query*>(context);
    channel& self = *q.asked_;
    --self.under_way_;
    // Where the last server has refused, c-ares says "connection refused"; but then the refusal was
    // what it has read just now. Its statuses are the codes of the protocol, plus one.
    const int refusal = std::exchange(self.refusal_, 0);
    const bool is_refused =
        status == ARES_ECONNREFUSED && refusal != 0 && refusal + 1 <= ARES_EREFUSED;
    q.answered(is_refused ? refusal + 1 : status, message, size);
  }
};

class channel::at_work {
 public:
  explicit at_work(channel& c) noexcept : channel_(&c) { ++c.depth_; }
  at_work(const at_work&) = delete;
  ~at_work() {
    channel& c = *channel_;
    if (c.depth_ == 1) {
      if (c.wanted_ == 0) {
        ares_cancel(c.ares_);
        c.drop_queue(ARES_ECANCELLED);
      }
      while (c.under_way_ < c.at_once_ && !c.queued_.empty()) c.start(*c.queued_.pop_front());
      c.set_timer();
    }
    --c.depth_;
  }

 private:
  channel* channel_;
};

channel::channel(loop& home, const resolver_options& options)
    : home_(&home),
      sockets_(&sockets_of_loop::of(home)),
      at_once_(std::max(options.queries_at_once, 1)) {
  timer_.owner = this;
  timer_.run = &is_due;
  ares_options chosen = {};
  chosen.flags = ARES_FLAG_EDNS;
  chosen.ednspsz = udp_answer_bytes;
  chosen.timeout = in_milliseconds(options.timeout);
  chosen.tries = std::max(options.tries, 1);
  chosen.sock_state_cb = &calls::watch;
  chosen.sock_state_cb_data = this;
  std::string settings = options.resolv_conf;
  chosen.resolvconf_path = settings.data();
  const int mask = ARES_OPT_FLAGS | ARES_OPT_EDNSPSZ | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
                   ARES_OPT_SOCK_STATE_CB | ARES_OPT_RESOLVCONF |
                   (options.rotate ? ARES_OPT_ROTATE : ARES_OPT_NOROTATE);
  check(ares_init_options(&ares_, &chosen, mask), "ares_init_options");
  try {
    ares_set_socket_functions(ares_, &calls::table, this);
    if (!options.servers.empty()) {
      const std::string list = joined(options.servers, ",");
      check(ares_set_servers_ports_csv(ares_, list.c_str()), "the servers");
    }
    read_settings();
  } catch (...) {
    ares_destroy(ares_);
    throw;
  }
  if (options.search_domains) domains_ = *options.search_domains;
  if (options.dots >= 0) dots_ = options.dots;
}

void channel::close() noexcept {
  if (ares_ == nullptr) return;
  home_->disarm(timer_);
  ++depth_;  // for ever: c-ares is not called any more
  ares_destroy(std::exchange(ares_, nullptr));
  drop_queue(ARES_EDESTRUCTION);
}

void channel::drop_queue(int status) noexcept {
  while (channel_query* const q = queued_.pop_front()) q->answered(status, nullptr, 0);
}

/// What c-ares has found in resolv.conf.
void channel::read_settings() {
  ares_options found = {};
  int mask = 0;
  check(ares_save_options(ares_, &found, &mask), "ares_save_options");
  struct freed {
    ares_options* options;
    ~freed() { ares_destroy_options(options); }
  } const settings{&found};
  for (int i = 0; i < found.ndomains; ++i) domains_.emplace_back(found.domains[i]);
  dots_ = found.ndots;
  ares_addr_port_node* servers = nullptr;
  check(ares_get_servers_ports(ares_, &servers), "ares_get_servers_ports");
  struct list {
    ares_addr_port_node* first;
    ~list() { ares_free_data(first); }
  } const all{servers};
  std::vector<socket_address> addresses;
  for (const ares_addr_port_node* each = servers; each != nullptr; each = each->next) {
    char text[INET6_ADDRSTRLEN];
    ares_inet_ntop(each->family, &each->addr, text, sizeof text);
    const auto port = static_cast<std::uint16_t>(each->udp_port);
    if (const auto address = socket_address::from_host(text, port)) addresses.push_back(*address);
  }
  servers_ = joined(addresses, ", ");
}

std::vector<std::string> channel::candidates(std::string_view name, bool is_host) const {
  if (name.ends_with('.')) return {std::string(name.substr(0, name.size() - 1))};
  if (!is_host) return {std::string(name)};
  std::vector<std::string> names;
  const bool itself_first = std::ranges::count(name, '.') >= dots_;
  if (itself_first) names.emplace_back(name);
  for (const std::string& domain : domains_) {
    const std::size_t dots_before = std::min(domain.find_first_not_of('.'), domain.size());
    names.push_back(std::string(name) + '.' + domain.substr(dots_before));
    if (names.back().ends_with('.')) names.back().pop_back();
  }
  if (!itself_first) names.emplace_back(name);
  return names;
}

void channel::query(channel_query& q) noexcept {
  queued_.push_back(q);
  const at_work here(*this);
}

void channel::start(channel_query& q) noexcept {
  ++under_way_;
  q.asked_ = this;
  ares_query(ares_, q.name().c_str(), 1 /* internet */, q.type(), &calls::answered, &q);
}

void channel::one_is_unwanted() noexcept {
  --wanted_;
  const at_work here(*this);  // where it was the last, all are dropped
}

void channel::is_ready(int fd, bool to_read, bool to_write) noexcept {
  const at_work here(*this);
  ares_process_fd(ares_, to_read ? fd : ARES_SOCKET_BAD, to_write ? fd : ARES_SOCKET_BAD);
}

void channel::is_due(job& j) {
  channel& self = *static_cast<own_timer&>(static_cast<timer&>(j)).owner;
  const at_work here(self);
  ares_process_fd(self.ares_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}

/// To the next of c-ares' timeouts; rounded up, since it would do nothing before.
void channel::set_timer() noexcept {
  home_->disarm(timer_);
  timeval left = {};
  if (ares_timeout(ares_, nullptr, &left) == nullptr) return;
  const duration wait = duration::seconds(left.tv_sec) + duration::microseconds(left.tv_usec);
  home_->arm(timer_, home_->now() + wait + duration::milliseconds(1));
}

}  // namespace rondo::dns::detail
