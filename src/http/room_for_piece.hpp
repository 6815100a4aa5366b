#pragma once

#include <cstddef>

#include <rondo/http/exchange.hpp>

namespace rondo::http {

/// Room for the next piece of a sized answer, behind what was written: so it is read to where it is
/// sent from, and not copied. In place while it lives, whoever fills it; nothing else is done with
/// the exchange meanwhile. What is not kept is never sent. Thread: the exchange's.
class room_for_piece {
 public:
  /// `size` is no more than what the answer lacks.
  room_for_piece(exchange& x, std::size_t size);
  room_for_piece(const room_for_piece&) = delete;
  ~room_for_piece();

  char* data() const noexcept;
  /// The first `size` bytes are a piece; once. `write` sends it together with what follows.
  void keep(std::size_t size) noexcept { kept_ = size; }

 private:
  exchange& exchange_;
  std::size_t before_;
  std::size_t kept_ = 0;
};

}  // namespace rondo::http
