// The worker's side: what it finds in its environment, and what it tells and hears.
#include <stdlib.h>

#include <charconv>
#include <string>
#include <string_view>
#include <utility>

#include <rondo/base/assert.hpp>
#include <rondo/cluster/worker.hpp>
#include <rondo/os/errors.hpp>

#include "cluster/protocol.hpp"

namespace rondo::cluster {

namespace {

/// Reads a number off the front of `text`; below 0 where there is none.
int take_number(std::string_view& text) noexcept {
  int number = -1;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc()) return -1;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  if (text.starts_with(' ')) text.remove_prefix(1);
  return number;
}

/// Takes over a descriptor that was left open for this program.
os::fd inherited(int number) {
  if (const int outcome = os::set_close_on_exec(number); outcome < 0) {
    throw os::make_error(outcome, "take over from the supervisor",
                         "descriptor " + std::to_string(number));
  }
  return os::fd(number);
}

}  // namespace

bool worker::is_one() noexcept {
  return ::getenv(worker_variable) != nullptr;
}

worker worker::join(loop& l) {
  const char* const found = ::getenv(worker_variable);
  const std::string setting = found != nullptr ? found : "";
  std::string_view text = setting;
  const int index = take_number(text);
  const int generation = take_number(text);
  const int listeners = take_number(text);
  if (index < 0 || generation < 0 || listeners < 0 || !text.empty()) {
    throw error(errc::invalid_argument, "join a cluster: " + std::string(worker_variable) + "=\"" +
                                            setting + "\" is not what a supervisor sets");
  }
  ::unsetenv(worker_variable);
  result<ipc_channel> channel = ipc_channel::adopt(l, inherited(channel_number));
  if (!channel) throw std::move(channel).error();
  worker joined(l, std::move(*channel), index, generation);
  for (int i = 0; i < listeners; ++i) {
    joined.listeners_.push_back(inherited(channel_number + 1 + i));
  }
  return joined;
}

tcp_listener worker::listener(std::size_t which) {
  if (which >= listeners_.size() || !listeners_[which]) {
    throw error(errc::not_found, "the supervisor has passed no listener number " +
                                     std::to_string(which) + ", or it was taken already");
  }
  result<tcp_listener> adopted = tcp_listener::adopt(*loop_, std::move(listeners_[which]));
  if (!adopted) throw std::move(adopted).error();
  return std::move(*adopted);
}

task<> worker::tell(ipc_parcel what) {
  if (!channel_.is_open()) co_return;
  try {
    co_await channel_.send(what);
  } catch (const error& e) {
    if (e.code() != errc::broken_pipe) throw;
  }
}

task<> worker::ready() {
  ipc_parcel told;
  told.tag = static_cast<std::uint8_t>(order::ready);
  co_await tell(told);
}

task<> worker::send(ipc_parcel what) {
  RONDO_ASSERT(!is_order(what.tag), what.tag);  // tags from 240 on are the cluster's own
  co_await tell(what);
}

task<std::optional<ipc_message>> worker::receive() {
  std::optional<ipc_message> message;
  if (is_to_end_) co_return message;
  message = co_await channel_.receive();
  if (!message) {
    channel_.close();
    is_to_end_ = true;
  } else if (is_order(message->tag)) {
    is_to_end_ = true;  // the only one that a supervisor gives
    message.reset();
  }
  co_return message;
}

task<> worker::until_end() {
  std::optional<ipc_message> dropped;
  do {
    dropped = co_await receive();
  } while (dropped);
}

}  // namespace rondo::cluster
