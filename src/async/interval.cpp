// Where the next tick goes, after one that came in time or too late.
#include <rondo/async/interval.hpp>
#include <rondo/base/assert.hpp>

namespace rondo {

interval::interval(duration period, missed when_late) noexcept
    : period_(period), when_late_(when_late) {
  RONDO_ASSERT(period > duration());
}

instant interval::fetched(instant now) noexcept {
  const instant due = has_begun_ ? due_ : now;
  has_begun_ = true;
  due_ = due + period_;
  const duration late = now - due;
  const duration tolerated = duration::milliseconds(5);
  if (late <= (tolerated < period_ ? tolerated : period_)) return due;
  switch (when_late_) {
    case missed::burst:
      break;
    case missed::delay:
      due_ = now + period_;
      break;
    case missed::skip:
      due_ = now + period_ - duration::nanoseconds(late.count_ns() % period_.count_ns());
      break;
  }
  return due;
}

}  // namespace rondo
