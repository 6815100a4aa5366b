// Lookups in a parsed head. All of them read the caller's bytes through the table of offsets.
#include <rondo/http/request_head.hpp>

#include "text.hpp"

namespace rondo::http {

field request_head::field_at(std::size_t index) const noexcept {
  return {view(fields_[index].name), view(fields_[index].value)};
}

std::optional<std::string_view> request_head::find(std::string_view name) const noexcept {
  for (std::size_t i = 0; i < field_count_; ++i) {
    if (equal_ignoring_case(view(fields_[i].name), name)) {
      return view(fields_[i].value);
    }
  }
  return std::nullopt;
}

}  // namespace rondo::http
