// What a line that has let the others run says of itself.
#include <rondo/async/yield.hpp>

namespace rondo {

constexpr wait_kind yield_now::kind = {
    .wake = [](void*, const cancel_cause&) noexcept {},  // it is queued already
    .describe =
        [](const void* self) noexcept {
          wait_description d;
          d.what = "its next turn";
          d.where = static_cast<const yield_now*>(self)->where_;
          return d;
        },
};

}  // namespace rondo
