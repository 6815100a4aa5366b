#pragma once

#include <cstdint>
#include <source_location>
#include <string_view>

#include <rondo/base/intrusive_list.hpp>
#include <rondo/base/time.hpp>

namespace rondo {

/// What a job waits for. Each kind has a limit of threads of its own, so that no kind can take the
/// threads of another: a name server that does not answer stops no file from being read.
enum class work_kind : std::uint8_t {
  other,  ///< whatever else blocks: a library that knows no event loop
  files,  ///< disks
  names,  ///< name servers
  cpu,    ///< nothing: it computes
};
/// How many kinds there are.
inline constexpr int work_kinds = 4;

/// "other", "files", "names", "cpu".
const char* to_string(work_kind kind) noexcept;

/// Work for a thread of a `blocking_pool`, part of the object that wants it done: submitting
/// allocates nothing.
///
/// Lifetime: in place from `submit` until `ended` is called, or `cancel` has said true.
class blocking_job : public list_hook<blocking_job> {
 public:
  work_kind kind = work_kind::other;
  /// For reports, which show the first 63 characters. The text lives until `perform` is called.
  std::string_view name;
  /// Who wants it.
  std::source_location where;

 protected:
  ~blocking_job() = default;

 private:
  friend class blocking_pool;

  /// The work, on a thread of the pool.
  virtual void perform() noexcept = 0;
  /// The last that the pool does with this object, which may be destroyed in here. Behind `perform`
  /// on the same thread; or with false, on the thread that shuts the pool down, where that came
  /// before this job's turn. Must not call the pool.
  virtual void ended(bool performed) noexcept = 0;

  instant since_;  // when it was submitted, or has begun; guarded by the pool
};

}  // namespace rondo
