#pragma once

#include <string_view>
#include <type_traits>
#include <utility>

namespace rondo {

/// A short text that names something for people: a literal, which costs nothing, or a copy of any
/// other text. Move-only.
class label {
 public:
  constexpr label() noexcept = default;
  /// A literal: the pointer is kept.
  consteval label(const char* literal) noexcept  // NOLINT(google-explicit-constructor): a name
      : text_(literal) {}
  /// Any other text is copied. Without memory for that the label stays empty: a name is not worth
  /// a failure.
  template <class Text>
    requires(std::is_convertible_v<const Text&, std::string_view> &&
             !std::is_convertible_v<const Text&, const char*>)
  label(const Text& text) noexcept  // NOLINT(google-explicit-constructor): a name
      : label(copy(text)) {}

  label(label&& other) noexcept
      : text_(std::exchange(other.text_, "")), owned_(std::exchange(other.owned_, false)) {}
  label& operator=(label&& other) noexcept {
    std::swap(text_, other.text_);
    std::swap(owned_, other.owned_);
    return *this;
  }
  constexpr ~label() {
    if (owned_) discard(text_);
  }

  const char* c_str() const noexcept { return text_; }
  bool empty() const noexcept { return *text_ == '\0'; }
  /// Whether `c_str()` stays valid when this dies.
  bool is_literal() const noexcept { return !owned_; }

 private:
  static label copy(std::string_view text) noexcept;
  static void discard(const char* text) noexcept;

  const char* text_ = "";
  bool owned_ = false;
};

}  // namespace rondo
