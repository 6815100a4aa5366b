#pragma once

#include <ucontext.h>
#include <cstddef>
#include <memory>

namespace rondo::model {

/// A stack of its own on which a function runs until it hands back control. It may be dropped in
/// the middle of the function and started anew: nothing on its stack is destroyed then.
class fiber {
 public:
  using body_function = void (*)(void* argument);

  fiber();
  fiber(const fiber&) = delete;
  fiber& operator=(const fiber&) = delete;
  ~fiber();

  /// From the next `resume` on, `body(argument)` runs here from its beginning. The body never
  /// returns: it suspends for the last time.
  void restart(body_function body, void* argument);
  /// Runs the body until it suspends. Called outside of any fiber.
  void resume();
  /// Called in the body: back to where `resume` was called last.
  void suspend();
  /// Called in the body: `other`, which has been resumed before, goes on in its place.
  void hand_over(fiber& other);

 private:
  static void enter(unsigned high, unsigned low);

  static constexpr std::size_t stack_bytes = 128 * 1024;

  std::unique_ptr<std::byte[]> stack_;
  ucontext_t inside_{};
  body_function body_ = nullptr;
  void* argument_ = nullptr;
  unsigned restarts_ = 0;
  [[maybe_unused]] void* sanitizers_ = nullptr;  // what they know of our stack while it rests
};

}  // namespace rondo::model
