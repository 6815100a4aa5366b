#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rondo/base/result.hpp>
#include <rondo/os/process.hpp>

namespace rondo {

namespace detail {
class launch;  // src/process/launch.cpp
}
class process;

/// Where one of the three standard streams of a program leads.
class stdio {
 public:
  enum class kind : std::uint8_t { inherit, null, pipe, descriptor, standard_output };

  /// That of this process.
  static stdio inherit() noexcept { return stdio(kind::inherit); }
  /// Nothing to read, and what is written is dropped.
  static stdio null() noexcept { return stdio(kind::null); }
  /// A pipe to this process: see `process::standard_input` and the like.
  static stdio pipe() noexcept { return stdio(kind::pipe); }
  /// A copy of one of our own descriptors: a file, a socket, an end of another pipe.
  static stdio descriptor(int number) noexcept { return stdio(kind::descriptor, number); }
  /// For the standard error: the same place as the standard output.
  static stdio standard_output() noexcept { return stdio(kind::standard_output); }

  kind what() const noexcept { return kind_; }
  int number() const noexcept { return number_; }

 private:
  explicit stdio(kind what, int number = -1) noexcept : kind_(what), number_(number) {}

  kind kind_;
  int number_;
};

/// What to start, and how. A value: it may be started many times. No shell ever sees any of it.
///
/// The program gets the three standard streams and what was passed, and no other descriptor of this
/// process, whether or not that is close-on-exec (before Linux 5.11: but what is close-on-exec);
/// default dispositions of all signals, and none of them blocked.
class process_options {
 public:
  /// `program` is a path, or a name without a slash that is looked up in this process's PATH. A
  /// relative path is looked up from the `directory` of the program, if one is set.
  explicit process_options(std::string program) : program_(std::move(program)) {}

  /// More arguments, behind those that are there. The name of the program is not one of them.
  process_options& arguments(std::initializer_list<std::string_view> more);
  process_options& arguments(const std::vector<std::string>& more);
  process_options& argument(std::string_view one);
  /// What the program finds as argv[0], instead of `program`.
  process_options& name(std::string argv0);

  /// One variable, beside the inherited ones or instead of one of them.
  process_options& environment(std::string_view name, std::string_view value);
  /// Without this variable.
  process_options& without_environment(std::string_view name);
  /// Inherits none; what was and is set with `environment` counts.
  process_options& clear_environment() noexcept;

  process_options& directory(std::string path);

  // All three are inherited unless something else is said.
  process_options& standard_input(stdio from) noexcept;
  process_options& standard_output(stdio to) noexcept;
  process_options& standard_error(stdio to) noexcept;

  /// Gives the program a copy of our descriptor `number`, under the number `as`. It must be open
  /// when the program is started, and stays ours.
  process_options& pass(int number, int as);

  /// Into a process group of its own, which it leads: signals of the terminal (Ctrl-C) don't reach
  /// it, and `process::signal_group` reaches all that it has started. The kill at the end of
  /// `process` goes to the whole group then.
  process_options& new_process_group() noexcept;
  /// Into a session of its own, without a terminal; a process group too.
  process_options& new_session() noexcept;

  /// A limit that the program starts with; to raise the hard one takes privilege.
  process_options& limit(os::resource of, std::uint64_t soft, std::uint64_t hard);
  process_options& limit(os::resource of, std::uint64_t both) { return limit(of, both, both); }

  /// Runs it as another user, with these groups and no others; takes privilege. Such a start copies
  /// the page tables of this process, and so takes longer the more memory it has.
  process_options& run_as(std::uint32_t user, std::uint32_t group,
                          std::vector<std::uint32_t> supplementary = {});
  /// The bits that are off in what it creates.
  process_options& umask(std::uint32_t mask) noexcept;

  /// Sends it this signal when the thread that starts it ends, however that comes to pass
  /// (PR_SET_PDEATHSIG; a program that changes its user is spared). So not even a kill -9 of this
  /// process leaves it behind.
  process_options& parent_death_signal(int number) noexcept;

  const std::string& program() const noexcept { return program_; }

 private:
  friend class detail::launch;
  friend class process;

  struct variable {
    std::string name;
    std::string setting;  ///< "NAME=value"; empty: without it
  };
  void set(std::string_view name, std::string setting);

  std::string program_;
  std::string name_;
  std::vector<std::string> arguments_;
  std::vector<variable> environment_;
  bool inherits_environment_ = true;
  std::string directory_;
  stdio streams_[3] = {stdio::inherit(), stdio::inherit(), stdio::inherit()};
  std::vector<os::passed_descriptor> passed_;
  std::vector<os::resource_limit> limits_;
  std::vector<std::uint32_t> groups_;
  std::int64_t user_ = os::spawn_plan::keep;
  std::int64_t group_ = os::spawn_plan::keep;
  std::int64_t umask_ = os::spawn_plan::keep;
  int parent_death_signal_ = 0;
  bool new_group_ = false;
  bool new_session_ = false;
};

}  // namespace rondo
