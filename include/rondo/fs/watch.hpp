#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <rondo/base/owned.hpp>
#include <rondo/base/time.hpp>
#include <rondo/task/task.hpp>

namespace rondo::fs {

/// What has happened to a name.
enum class change : std::uint8_t {
  created,     ///< it is there: made, linked, or moved in from elsewhere
  modified,    ///< written to, or cut
  written,     ///< closed by somebody who could write: as a rule, it is complete now
  attributes,  ///< permissions, owners or times
  removed,     ///< it is not there any more: unlinked, or moved away
  moved,       ///< it was `from`, and is `path` now
  unwatched,   ///< this process may not read that folder: what happens in it is not told
  overflow,    ///< changes came faster than they were taken, and some are missing: look at all anew
  gone,        ///< the watched folder was removed, moved or unmounted; the last event
};
/// "created", "modified", ... Static storage.
const char* to_string(change what) noexcept;

/// One change.
struct watch_event {
  watch_event(change happened, std::string to, bool folder)
      : what(happened), path(std::move(to)), is_folder(folder) {}

  change what;
  std::string path;  ///< that which is watched, a slash, and so on
  std::string from;  ///< of a `moved`
  bool is_folder;
};

/// What `watch` tells.
struct watch_options {
  watch_options() noexcept = default;

  /// All folders below, too, also those to come. Symbolic links are not followed.
  bool recursive = false;
  /// `change::modified`. Without it, `change::written` says once what many of these would.
  bool each_write = true;
  /// `change::attributes`.
  bool attributes = false;
  /// Waits until nothing has happened for so long (or something for twenty times as long), and puts
  /// together what has: a file that came and went was not there, one that came is not written, one
  /// that was replaced is written. Zero: every event at once.
  duration settle;
  /// The kernel tells a move in two halves. So long is the second one waited for; a name whose
  /// second half does not come was moved out of what is watched, and is `removed`.
  duration move_wait = duration::milliseconds(10);
};

namespace detail {
class watch_state;
}

/// Tells what changes in a folder, or of one file. Made by `watch`. Thread: one task at a time, of
/// any thread. Lifetime: within the loop's; not moved nor destroyed while `next` is awaited.
class watcher {
 public:
  explicit watcher(owned<detail::watch_state> state) noexcept;
  watcher(watcher&& other) noexcept;
  watcher& operator=(watcher&& other) noexcept;
  ~watcher();

  /// The next event, in the order in which they happened. A cancel loses none. Throws `error` where
  /// a folder that has appeared can't be watched, since the limit of watches is reached: the others
  /// still are, and `next` may be called again; and `errc::closed` after `change::gone`.
  RONDO_COROUTINE_WRAPPER task<watch_event> next();

 private:
  owned<detail::watch_state> state_;
};

/// Tells what happens in a folder from now on; or with the path of a file to that name, also when
/// another file takes it, as editors do. What appears in a new folder before that is watched is
/// told as well.
///
/// On inotify(7): what other machines do to a network file system is not told, nor are writes
/// through a memory map. Costs a descriptor, and a kilobyte of the kernel for each folder. Throws
/// `error`; where the limits of watches are reached, with the name of the setting.
RONDO_OWNING_WRAPPER task<watcher> watch(std::string_view path,
                                         watch_options how = watch_options());

}  // namespace rondo::fs
