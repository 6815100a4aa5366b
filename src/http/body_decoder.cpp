// A body by its length, or by its chunks.
#include <rondo/http/body_decoder.hpp>

#include <algorithm>

namespace rondo::http {

static_assert(sizeof(body_decoder) == 48, "the figure in the header");

body_piece body_decoder::decode(std::string_view bytes, const limits& limits) noexcept {
  if (chunked_) return chunks_.decode(bytes, limits);
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
  left_ -= size;
  return {bytes.substr(0, size), size, parse_error::none};
}

}  // namespace rondo::http
