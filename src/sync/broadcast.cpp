// Which messages a subscriber has before it, and which it has missed.
#include <string>

#include <rondo/sync/broadcast.hpp>

namespace rondo {

lagged::lagged(std::uint64_t missed)
    : error(errc::other, "receive: the subscriber was too slow and has missed " +
                             std::to_string(missed) +
                             " messages; let it do less between two, or keep more of them"),
      missed_(missed) {}

namespace detail {

void broadcast_core::close() noexcept {
  wait_list::granted waiting;
  {
    const wait_list::holding hold(receiving_);
    closed_ = true;
    receiving_.pop_all(waiting);
  }
  waiting.resume_all();
}

bool broadcast_core::is_closed() const noexcept {
  const wait_list::holding hold(receiving_);
  return closed_;
}

std::size_t broadcast_core::subscribers() const noexcept {
  const wait_list::holding hold(receiving_);
  return subscribers_;
}

broadcast_core::place::place(broadcast_core& in, lag when_late) noexcept
    : in_(&in), when_late_(when_late) {
  const wait_list::holding hold(in_->receiving_);
  next_ = in_->published_;
  ++in_->subscribers_;
}

broadcast_core::place& broadcast_core::place::operator=(place&& other) noexcept {
  std::swap(in_, other.in_);
  std::swap(next_, other.next_);
  std::swap(missed_, other.missed_);
  std::swap(when_late_, other.when_late_);
  return *this;
}

broadcast_core::place::~place() {
  if (in_ == nullptr) return;
  const wait_list::holding hold(in_->receiving_);
  --in_->subscribers_;
}

bool broadcast_core::place::advance(std::uint64_t& number, std::uint64_t& gap) noexcept {
  const std::uint64_t published = in_->published_;
  if (next_ == published) return false;
  const std::uint64_t oldest = published > in_->capacity_ ? published - in_->capacity_ : 0;
  if (next_ < oldest) {
    gap = oldest - next_;
    missed_ += gap;
    next_ = oldest;
    if (when_late_ == lag::is_thrown) return false;
  }
  number = next_++;
  return true;
}

bool broadcast_core::arrival::begin(task_context& line, std::coroutine_handle<> waiting,
                                    std::source_location where) noexcept {
  if (is_cancelled_already(line)) return false;
  broadcast_core& from = *who_->in_;
  {
    const wait_list::holding hold(from.receiving_);
    if (who_->next_ == from.published_ && !from.closed_) {
      enqueue(from.receiving_, line, waiting, where);
      return true;
    }
  }
  return !goes_on(line, waiting, where);
}

}  // namespace detail
}  // namespace rondo
