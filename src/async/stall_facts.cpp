// Which coroutine of a line runs, and who awaits it: found out only when somebody asks, since an
// await that wrote it down would cost a tenth more (docs/design/0019-stall-detector.md).
//
// A coroutine that runs has the address of its frame in a register or on the stack, since it needs
// it to end. A frame begins with the address of the function that resumes it, and that function is
// among those of the native stack; and behind that it says to which line it belongs. So the words
// of registers and stack are tried, and what passes both questions is such a frame.
//
// This runs in a signal handler, between any two instructions of the line. No pointer is trusted:
// memory is read by a system call that fails where there is none.
#include "async/stall_facts.hpp"

#include <algorithm>
#include <cstring>

#include <rondo/os/thread_watch.hpp>
#include <rondo/task/task.hpp>

namespace rondo {

namespace {

using watchdog::facts;
using word = std::uintptr_t;

/// How far up the stack a coroutine that runs may be from what it has called.
constexpr word farthest = 256 * 1024;

/// The beginning of a frame: what resumes and destroys it, then the promise, which begins with a
/// task_frame.
struct frame_copy {
  alignas(task_frame) unsigned char bytes[2 * sizeof(void*) + sizeof(task_frame)];

  bool read(word at) noexcept {
    return at % alignof(void*) == 0 &&
           os::read_memory(reinterpret_cast<const void*>(at), bytes, sizeof bytes) == 0;
  }
  word word_at(std::size_t index) const noexcept {
    word value = 0;
    std::memcpy(&value, bytes + index * sizeof value, sizeof value);
    return value;
  }
  word resumed_by() const noexcept { return word_at(0); }  // 0: it has ended
  /// Where a task_frame has its line, which may be anything as yet: no reference to it is made.
  word line() const noexcept { return word_at(3); }
  const task_frame& frame() const noexcept {
    return task_frame::of(std::coroutine_handle<>::from_address(const_cast<unsigned char*>(bytes)));
  }
  bool is_of(const task_context& of) const noexcept {
    return resumed_by() != 0 && line() == reinterpret_cast<word>(&of) && &frame().context() == &of;
  }
};

/// The awaits from the frame at `innermost` up to the outermost of the line: how many, or -1 where
/// they don't lead there.
int note_awaits(word innermost, const task_context& line, std::source_location* places) noexcept {
  int awaits = 0;
  for (word at = innermost; at != 0;) {
    frame_copy f;
    if (!f.read(at) || !f.is_of(line)) return -1;
    at = reinterpret_cast<word>(f.frame().continuation().address());
    if (awaits == facts::most_awaits) return awaits;  // so deep, and all was right so far
    if (at != 0) places[awaits++] = f.frame().place();
  }
  return awaits;
}

class search {
 public:
  search(const task_context& line, facts& into) noexcept : line_(line), into_(into) {}

  void try_words(const word* words, std::size_t count) noexcept {
    for (std::size_t i = 0; i < count; ++i) {
      if (words[i] == found_ || words[i] < 4096) continue;
      frame_copy f;
      if (!f.read(words[i]) || !f.is_of(line_) || !is_on_native_stack(f.resumed_by())) continue;
      std::source_location places[facts::most_awaits];
      const int awaits = note_awaits(words[i], line_, places);
      if (awaits < 0) continue;
      if (has_found() && awaits <= into_.awaits) continue;  // one that awaits what was found
      found_ = words[i];
      into_.awaits = awaits;
      std::copy_n(places, awaits, into_.awaited_at);
    }
  }
  void try_stack() noexcept {
    word chunk[128];
    const word end = std::min(into_.stack_end, into_.stack_begin + farthest);
    for (word at = into_.stack_begin; at < end; at += sizeof chunk) {
      const word size = std::min<word>(sizeof chunk, end - at);
      if (os::read_memory(reinterpret_cast<const void*>(at), chunk, size) != 0) return;
      try_words(chunk, size / sizeof(word));
    }
  }
  bool has_found() const noexcept { return found_ != 0; }

 private:
  bool is_on_native_stack(word function) const noexcept {
    const word* const first = into_.functions;
    return std::find(first, first + into_.depth, function) != first + into_.depth;
  }

  const task_context& line_;
  facts& into_;
  word found_ = 0;
};

}  // namespace

void describe_running_line(const void* what, facts& into) noexcept {
  const auto& line = *static_cast<const task_context*>(what);
  if (line.is_waiting()) return;  // it ran before, in the same call
  into.in_task = true;
  into.task_born = line.where();
  const char* const name = line.name();
  for (int i = 0; i < facts::longest_name && name[i] != '\0'; ++i) into.task_name[i] = name[i];

  search running(line, into);
  running.try_words(static_cast<const word*>(into.registers), into.registers_size / sizeof(word));
  running.try_stack();
  // One that never ends needs no frame any more, and an optimiser knows that. The one that was
  // resumed last is at least above it.
  if (running.has_found()) return;
  const word last = reinterpret_cast<word>(line.leaf().address());
  into.awaits = std::max(0, note_awaits(last, line, into.awaited_at));
}

}  // namespace rondo
