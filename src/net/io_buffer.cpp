// Giving back what was lent.
#include <rondo/loop/loop.hpp>
#include <rondo/net/io_buffer.hpp>

namespace rondo {

void io_buffer::release() noexcept {
  if (from_ != nullptr) from_->give_back(id_);
  delete[] block_;
  from_ = nullptr;
  block_ = nullptr;
}

}  // namespace rondo
