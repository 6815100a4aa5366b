// A stream through TLS: an engine, the stream below, and two mutexes, one for each direction.
#include <algorithm>
#include <array>
#include <cstring>

#include <rondo/async/timeout.hpp>
#include <rondo/os/errors.hpp>

#include "tls/handshake.hpp"
#include "tls/stream_state.hpp"

namespace rondo::tls {

namespace {

/// So much is encrypted before it is sent: four records, which bounds what a slow peer costs.
constexpr std::size_t piece_size = 64 * 1024;

error closed_before(std::string_view operation) {
  return os::make_error(errc::closed, operation, "a closed tls stream");
}

task<std::size_t> read_from(stream_hold s, std::span<std::byte> into) {
  const mutex::guard turn = co_await s->reading.lock();
  co_return co_await s->next(into);
}

task<> read_exact_from(stream_hold s, std::span<std::byte> into) {
  const mutex::guard turn = co_await s->reading.lock();
  std::size_t filled = 0;
  std::exception_ptr failure;
  try {
    while (filled < into.size()) {
      const std::size_t count = co_await s->next(into.subspan(filled));
      if (count == 0) break;
      filled += count;
    }
  } catch (...) {
    failure = std::current_exception();
  }
  if (filled == into.size()) co_return;
  s->kept.insert(0, reinterpret_cast<const char*>(into.data()), filled);
  if (failure) std::rethrow_exception(failure);
  throw os::make_error(
      errc::end_of_stream, "tls read_exact",
      "after " + std::to_string(filled) + " of " + std::to_string(into.size()) + " bytes");
}

task<> write_to(stream_hold s, std::span<const std::byte> bytes) {
  const mutex::guard turn = co_await s->writing.lock();
  co_await s->send(bytes);
}

task<> shutdown_of(stream_hold s) {
  const mutex::guard turn = co_await s->writing.lock();
  co_await s->end_writing();
}

task<bool> finish_of(stream_hold s, duration limit) {
  struct closing {
    stream::state& which;
    ~closing() { which.close(); }
  } const in_any_case{*s};
  try {
    const std::optional<bool> both = co_await within(limit, s->exchange_ends());
    co_return both.value_or(false);
  } catch (const error&) {
    co_return false;  // nothing can be exchanged with who is gone
  }
}

task<std::size_t> no_read() {
  throw closed_before("read");
  co_return 0;
}
task<> nothing_on(const char* operation) {
  throw closed_before(operation);
  co_return;
}
task<bool> nothing_to_finish() {
  co_return false;
}

}  // namespace

// With a turn
// ----------------------------------------------------------------------------------------------

task<std::size_t> stream::state::next(std::span<std::byte> into) {
  if (into.empty()) co_return 0;
  if (!kept.empty()) {
    const std::size_t count = std::min(kept.size(), into.size());
    std::memcpy(into.data(), kept.data(), count);
    kept.erase(0, count);
    co_return count;
  }
  for (;;) {
    if (closed) throw closed_before("read");
    const result<engine::reading> got = tls.read(into);
    if (!got) {
      const bool is_end = got.error().code() == errc::truncated;
      if (is_end && when_truncated == truncation::is_end) co_return 0;
      if (const mutex::guard turn = writing.try_lock(); turn && !broken) {
        broken = true;
        co_await say_why(wire, tls);
      }
      throw error(got.error());
    }
    if (got->at == step::done) co_return got->count;
    if (got->at == step::ended) co_return 0;
    const std::size_t count = co_await wire.read(tls.input_room());
    if (count > 0) {
      tls.input_arrived(count);
    } else {
      tls.input_ended();
    }
  }
}

void stream::state::may_write() const {
  if (closed) throw closed_before("write");
  if (broken) {
    throw error(errc::closed,
                "tls write: an earlier write failed or was cancelled in the middle of "
                "a record, so nothing can follow it; close the stream");
  }
}

task<> stream::state::flush() {
  while (tls.has_output()) {
    sending.clear();
    tls.take_output(sending);
    broken = true;  // unless the wire takes all of it
    co_await wire.write_all(sending);
    broken = false;
  }
}

task<> stream::state::send(std::span<const std::byte> bytes) {
  do {
    may_write();
    const std::span<const std::byte> piece = bytes.first(std::min(bytes.size(), piece_size));
    bytes = bytes.subspan(piece.size());
    result<void> made = tls.write(piece);
    if (!made) throw std::move(made).error();
    co_await flush();
  } while (!bytes.empty());
  if (sending.capacity() > piece_size * 2) sending = std::string();
}

task<> stream::state::end_writing() {
  if (tls.has_ended_writing()) co_return;
  may_write();
  tls.end_writing();
  co_await flush();
}

task<bool> stream::state::exchange_ends() {
  const mutex::guard to_write = co_await writing.lock();
  if (closed) co_return false;
  co_await end_writing();
  const mutex::guard to_read = co_await reading.lock();
  std::array<std::byte, 512> unwanted;
  for (;;) {
    const std::size_t count = co_await next(unwanted);
    if (count == 0) break;
  }
  co_return !tls.was_truncated();
}

void stream::state::close() noexcept {
  closed = true;
  wire.close();
}

// The stream
// -----------------------------------------------------------------------------------------------

stream::~stream() {
  if (state_ == nullptr) return;
  state_->close();
  stream_hold::release(*state_);
}

RONDO_COROUTINE_WRAPPER task<std::size_t> stream::read(std::span<std::byte> into) {
  return state_ != nullptr ? read_from(stream_hold(*state_), into) : no_read();
}

RONDO_COROUTINE_WRAPPER task<> stream::read_exact(std::span<std::byte> into) {
  if (state_ == nullptr) return nothing_on("read_exact");
  return read_exact_from(stream_hold(*state_), into);
}

RONDO_COROUTINE_WRAPPER task<> stream::write_all(std::span<const std::byte> bytes) {
  if (state_ == nullptr) return nothing_on("write");
  return write_to(stream_hold(*state_), bytes);
}

RONDO_COROUTINE_WRAPPER task<> stream::shutdown() {
  return state_ != nullptr ? shutdown_of(stream_hold(*state_)) : nothing_on("shutdown");
}

RONDO_COROUTINE_WRAPPER task<bool> stream::finish(duration limit) {
  if (state_ == nullptr) return nothing_to_finish();
  return finish_of(stream_hold(*state_), limit);
}

void stream::close() noexcept {
  if (state_ != nullptr) state_->close();
}

bool stream::is_open() const noexcept {
  return state_ != nullptr && !state_->closed;
}

void stream::unread(std::span<const std::byte> bytes) {
  state_->kept.insert(0, reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

void stream::update_keys() noexcept {
  if (state_ != nullptr) state_->tls.update_keys();
}

version stream::version() const noexcept {
  return state_->tls.version();
}
std::string_view stream::cipher() const noexcept {
  return state_->tls.cipher();
}
std::string_view stream::protocol() const noexcept {
  return state_->tls.protocol();
}
std::string_view stream::server_name() const noexcept {
  return state_->tls.server_name();
}
bool stream::resumed() const noexcept {
  return state_->tls.resumed();
}
std::optional<certificate_facts> stream::peer_certificate() const {
  return state_->tls.peer_certificate();
}

// Beginning
// ------------------------------------------------------------------------------------------------

namespace {

task<stream> begin(any_stream wire, engine machine, std::string peer, stream_options options) {
  auto* const begun = new stream::state(std::move(wire), std::move(machine), std::move(peer),
                                        options.when_truncated);
  stream made(*begun);
  co_await shake_hands(begun->wire, begun->tls, begun->peer, options.handshake_timeout);
  co_return made;
}

}  // namespace

task<stream> connect(any_stream wire, std::string server, const context& of,
                     stream_options options) {
  engine machine(of, server, options.sessions);
  co_return co_await begin(std::move(wire), std::move(machine), std::move(server), options);
}

task<stream> accept(any_stream wire, const context& of, stream_options options) {
  engine machine(of);
  co_return co_await begin(std::move(wire), std::move(machine), std::string(), options);
}

}  // namespace rondo::tls
