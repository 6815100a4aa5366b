#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <rondo/async/offload.hpp>
#include <rondo/fs/watch.hpp>
#include <rondo/loop/loop.hpp>
#include <rondo/os/file_system.hpp>
#include <rondo/os/file_watch.hpp>

namespace rondo::fs::detail {

/// What is known of the watched folders, and the events that nobody has taken yet. What the kernel
/// says about "watch 17" becomes a path here: each watch is a folder with a name in another one, so
/// a move changes one name, and not the paths of all below.
///
/// Thread: one at a time: that of the task which asks, or while it waits for that, one of the pool
/// which looks for folders.
class watch_state {
 public:
  watch_state(loop& home, std::string path, watch_options how);
  watch_state(const watch_state&) = delete;
  ~watch_state();

  /// On the pool: the first look. Throws `error`.
  void begin(stop_flag stop);

  /// On the pool: watches the folders that have appeared, and tells what is in them already. Where
  /// a stop is requested, some are left for the next time. Throws `error`.
  void look_around(stop_flag stop);
  bool has_to_look_around() const noexcept { return must_rebuild_ || !appeared_.empty(); }

  /// Takes what the kernel has to tell, without waiting. Throws `error`.
  void take_changes(instant now);

  /// The next event, where it is there and complete.
  std::optional<watch_event> take_event(instant now);
  /// Until when the second half of the first event is waited for; never for none.
  instant due() const noexcept;

  bool has_ended() const noexcept { return has_ended_; }
  const std::string& path() const noexcept { return path_; }
  const watch_options& options() const noexcept { return how_; }
  loop& home() const noexcept { return *home_; }
  int descriptor() const noexcept { return fd_; }

  /// Events that wait for quiet (`watch_options::settle`).
  std::deque<watch_event> settling;

 private:
  struct folder {
    int parent = -1;  // the number of a watch; none for the root
    std::string name;
    std::map<std::string, int, std::less<>> folders;
  };
  struct told {
    told(watch_event what, std::uint32_t half_of, instant until)
        : event(std::move(what)), cookie(half_of), due(until) {}

    watch_event event;
    std::uint32_t cookie;  // of a move whose second half lacks; 0: complete
    instant due;
    int watch = -1;  // of a folder that moves
  };
  struct appearance {
    appearance(int in, std::string_view called, bool tell_what_is_in_it)
        : parent(in), name(called), is_told(tell_what_is_in_it) {}

    int parent;
    std::string name;
    bool is_told;  // what is found in it is an event
  };

  // Folders.
  int add(const std::string& path, os::links last) const noexcept;
  void add_root();
  void rebuild();
  void look_into(const appearance& what);
  void read_names(int watch, const std::string& path, bool is_told);
  void put(int watch, int parent, std::string_view name);
  void unlink(int watch);
  void forget(int watch);
  void forget_tree(int watch);
  int watch_of(int parent, std::string_view name) const noexcept;
  std::string path_of(int watch, std::string_view name) const;

  // Events.
  void take(const os::raw_change& change, instant now);
  void take_named(const os::raw_change& change, instant now);
  void take_first_half(const os::raw_change& change, std::string path, instant now);
  void take_second_half(const os::raw_change& change, std::string path, bool was_told);
  void take_creation(const os::raw_change& change, std::string path, bool was_told);
  void lost_some();
  void has_gone();
  void give_up(told& half);
  void tell(change what, std::string path, bool is_folder);

  loop* home_;
  std::string path_;  // as it was given
  std::string root_path_;
  std::string prefix_;  // of the paths in events: the folder with a slash
  std::string file_;    // the only name that counts, where a file is watched
  watch_options how_;
  int fd_ = -1;
  int root_ = -1;
  bool has_ended_ = false;
  bool must_rebuild_ = false;
  std::unordered_map<int, folder> folders_;
  std::vector<int> stale_;  // watches from before a rebuilding
  std::deque<appearance> appeared_;
  // Told because they were found, so that the kernel's own news of it must not tell them again.
  std::set<std::pair<int, std::string>> found_;
  std::deque<told> ready_;
  std::vector<char> bytes_;
};

}  // namespace rondo::fs::detail
