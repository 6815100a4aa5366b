// The labels that are not literals: a copy on the heap.
#include <cstring>
#include <new>

#include <rondo/base/label.hpp>

namespace rondo {

label label::copy(std::string_view text) noexcept {
  label l;
  if (char* const own = new (std::nothrow) char[text.size() + 1]) {
    std::memcpy(own, text.data(), text.size());
    own[text.size()] = '\0';
    l.text_ = own;
    l.owned_ = true;
  }
  return l;
}

void label::discard(const char* text) noexcept {
  delete[] text;
}

}  // namespace rondo
