#pragma once

namespace rondo::detail {

/// Writes the failed expression, its operands and where it stands to standard error, then aborts.
/// `names` is the comma-separated source text of the operands, `values` holds `count` of them.
[[noreturn]] void assert_failed(const char* expression, const char* names, const long long* values,
                                int count, const char* file, int line) noexcept;

template <class... Operands>
[[noreturn]] void fail_assertion(const char* expression, const char* names, const char* file,
                                 int line, Operands... operands) noexcept {
  const long long values[] = {static_cast<long long>(operands)..., 0};
  assert_failed(expression, names, values, static_cast<int>(sizeof...(operands)), file, line);
}

}  // namespace rondo::detail

/// Aborts with the operands that follow the expression (integers or enums) where it does not hold.
/// In every build: a runtime that goes on after a broken invariant loses other people's bytes.
#define RONDO_ASSERT(expression, ...)                                         \
  (static_cast<bool>(expression)                                              \
       ? static_cast<void>(0)                                                 \
       : ::rondo::detail::fail_assertion(#expression, #__VA_ARGS__, __FILE__, \
                                         __LINE__ __VA_OPT__(, ) __VA_ARGS__))
