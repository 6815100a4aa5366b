#pragma once

#include <cstdint>
#include <source_location>

#include <rondo/base/job.hpp>
#include <rondo/base/time.hpp>

namespace rondo::io {

enum class op_kind : std::uint8_t {
  // On the reading side of a descriptor, served in the order of submission:
  accept,            ///< -> a new descriptor, close-on-exec, as the backend wants its descriptors
  receive,           ///< at most `size` bytes of a stream into `data` -> how many; 0 is its end
  receive_some,      ///< "some bytes" into a buffer that the backend lends -> how many; see
                     ///< `op::buffer`
  receive_messages,  ///< whole messages into the `size` os::message_slots at `data` -> how many, at
                     ///< least one
  readable,          ///< -> 0 once a read would not block; transfers nothing
  // On the writing side, served in the order of submission:
  connect,        ///< to the `size` bytes of a sockaddr at `data` -> 0
  send,           ///< at most `size` bytes from `data` -> how many
  send_vector,    ///< from the `size` iovecs at `data` -> how many bytes
  send_messages,  ///< the messages in the `size` os::message_slots at `data`, in their order -> how
                  ///< many of them, at least one
  writable,       ///< -> 0 once a write would not block; transfers nothing
  // On no side, and in no order:
  file,  ///< the call of the file system at `data`, an `io::file_call` -> its result; only where
         ///< `backend::takes` says so
};

/// Which of the two sides of a descriptor an operation waits on. Not for `file`.
constexpr bool is_reading(op_kind kind) noexcept {
  return kind <= op_kind::readable;
}
/// The name of a kind, such as "receive_some". Static storage.
const char* to_string(op_kind kind) noexcept;

/// One operation on one descriptor: what is asked, and then what came of it. 56 bytes, part of
/// whoever waits: the frame of a coroutine, a handle, a test.
///
/// Lifetime: from a `submit` that answered `pending` until its `run` is called, the op stays in
/// place, and so does the memory it names: the kernel may be writing there. A cancel does not
/// shorten this.
struct op : job {
  static constexpr std::uint16_t no_buffer = UINT16_MAX;

  op() noexcept = default;
  /// Only before it is submitted: what is asked moves, and nothing else is there yet.
  op(op&& other) noexcept = default;
  op& operator=(op&&) = delete;

  int fd = -1;
  op_kind kind = op_kind::readable;

  /// Where the op stands. Written by the backend alone.
  enum class stage : std::uint8_t {
    idle,       ///< not submitted, or finished: the owner may change, submit or destroy it
    waiting,    ///< with the backend; the kernel holds no pointer to it nor to its memory
    in_kernel,  ///< the kernel may use `data` at any moment
    finished,   ///< the result is set and the op sits in a queue, to be run
  };
  stage at : 4 = stage::idle;
  bool cancel_asked : 1 = false;  ///< the backend's
  bool unreferenced : 1 = false;  ///< the owner's: does not keep a loop alive
  bool counted : 1 = false;       ///< the loop's
  bool may_be_lent : 1 = false;   ///< the owner's: see loop::lend

  /// `receive_some` only: what to give back with `backend::give_back` once the bytes at `data` have
  /// been used, `no_buffer` where nothing was lent (the end, an error, a cancel).
  std::uint16_t buffer = no_buffer;

  std::int32_t result = 0;  ///< a count or a descriptor, or a negated errno (see os/errors.hpp)
  std::uint32_t size = 0;
  void* data = nullptr;  ///< `receive_some`: set by the backend, to the lent bytes

  std::source_location where;  ///< who asked, for the list of what keeps a loop alive
  instant since;               ///< when
};

static_assert(sizeof(op) == 56);

}  // namespace rondo::io
