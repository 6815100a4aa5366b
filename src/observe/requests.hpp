#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <rondo/observe/snapshot.hpp>

namespace rondo::observe {

/// What is answered to a line from outside: one of
///
///     hello
///     ps [sort=id|busy|polls|state|age|name] [limit=N]
///     tree
///     why [ID or NAME]
///     top [rows=N]
///
/// as "ok SIZE\n" or "error SIZE\n" and so many bytes of text.
class conversation {
 public:
  /// `s` is of now.
  std::string answer(std::string_view request, snapshot s);

 private:
  std::optional<snapshot> last_;  // of `top`, which shows what has changed
};

}  // namespace rondo::observe
