// From what was asked to a running process: opens the pipes, lists where the program may lie, and
// says what went wrong in terms of what was asked.
#include <algorithm>
#include <cstdlib>
#include <utility>

#include <rondo/base/owned.hpp>
#include <rondo/os/errors.hpp>
#include <rondo/os/pipe.hpp>
#include <rondo/process/process.hpp>

#include "process/process_state.hpp"

namespace rondo {

namespace detail {

/// One start of a process.
class launch {
 public:
  launch(loop& l, const process_options& how) : loop_(&l), how_(&how) {}

  result<process> perform();

 private:
  /// What can't be handed over as it is; null where all can.
  const char* unspeakable() const noexcept;
  /// 0 or a negated errno
  int open_streams();
  int open_stream(int number, stdio what);
  void find_programs();
  void collect_environment();
  error why_not(int failure, os::spawn_step step) const;
  error not_executed(int failure) const;

  loop* loop_;
  const process_options* how_;
  std::vector<std::string> programs_;
  std::vector<const char*> environment_;
  std::vector<os::passed_descriptor> passed_;
  os::fd ours_[3];    // of pipes
  os::fd theirs_[3];  // until the program has its copies
};

namespace {

std::vector<const char*> pointers_to(const std::vector<std::string>& texts) {
  std::vector<const char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (const std::string& text : texts) pointers.push_back(text.c_str());
  pointers.push_back(nullptr);
  return pointers;
}

/// What exec looks through where the variable is unset (execvp(3)).
std::string search_path() {
  const char* const path = std::getenv("PATH");
  return path != nullptr ? path : "/bin:/usr/bin";
}

}  // namespace

int launch::open_stream(int number, stdio what) {
  int source = what.number();
  switch (what.what()) {
    case stdio::kind::inherit:
      return 0;
    case stdio::kind::null:
      source = os::open_null();
      if (source < 0) return source;
      theirs_[number].reset(source);
      break;
    case stdio::kind::pipe: {
      os::pipe_ends ends;
      if (const int outcome = os::open_pipe(ends); outcome < 0) return outcome;
      ours_[number] = std::move(number == 0 ? ends.write : ends.read);
      theirs_[number] = std::move(number == 0 ? ends.read : ends.write);
      source = theirs_[number].get();
      break;
    }
    case stdio::kind::descriptor:
      break;
    case stdio::kind::standard_output:
      source = 1;
      for (const os::passed_descriptor& p : passed_) {
        if (p.as == 1) source = p.from;
      }
      break;
  }
  passed_.push_back({source, number});
  return 0;
}

int launch::open_streams() {
  passed_.reserve(how_->passed_.size() + 3);
  for (int number = 0; number < 3; ++number) {
    if (const int failure = open_stream(number, how_->streams_[number]); failure < 0) {
      return failure;
    }
  }
  passed_.insert(passed_.end(), how_->passed_.begin(), how_->passed_.end());
  return 0;
}

/// As execvp(3) looks for it: a name with a slash is a path, any other is looked up.
void launch::find_programs() {
  const std::string& program = how_->program_;
  if (program.find('/') != program.npos || program.empty()) {
    programs_.push_back(program);
    return;
  }
  const std::string path = search_path();
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find(':', begin), path.size());
    std::string folder = path.substr(begin, end - begin);
    if (!folder.empty()) folder += '/';  // an empty one is the working directory
    programs_.push_back(folder + program);
    begin = end + 1;
  }
}

void launch::collect_environment() {
  if (how_->inherits_environment_) {
    for (const char* const* each = os::environment(); each != nullptr && *each != nullptr; ++each) {
      const std::string_view setting = *each;
      const std::string_view name = setting.substr(0, setting.find('='));
      bool replaced = false;
      for (const auto& v : how_->environment_) replaced = replaced || v.name == name;
      if (!replaced) environment_.push_back(*each);
    }
  }
  for (const auto& v : how_->environment_) {
    if (!v.setting.empty()) environment_.push_back(v.setting.c_str());
  }
  environment_.push_back(nullptr);
}

/// The kernel ends each text at a zero byte: what stands behind one would be lost without a word.
const char* launch::unspeakable() const noexcept {
  const auto has_zero = [](const std::string& text) { return text.find('\0') != text.npos; };
  if (has_zero(how_->program_) || has_zero(how_->name_)) return "its name holds a zero byte";
  if (has_zero(how_->directory_)) return "its directory holds a zero byte";
  if (std::any_of(how_->arguments_.begin(), how_->arguments_.end(), has_zero)) {
    return "an argument holds a zero byte";
  }
  for (const auto& v : how_->environment_) {
    if (has_zero(v.setting)) return "a variable holds a zero byte";
    if (v.name.empty() || v.name.find('=') != v.name.npos) return "a variable has no proper name";
  }
  return nullptr;
}

result<process> launch::perform() {
  if (const char* const why = unspeakable(); why != nullptr) {
    return std::unexpected(error(errc::invalid_argument, "start " + how_->program_ + ": " + why));
  }
  if (const int failure = open_streams(); failure < 0) {
    return std::unexpected(os::make_error(failure, "open the streams of", how_->program_));
  }
  find_programs();
  collect_environment();
  const std::vector<const char*> programs = pointers_to(programs_);
  std::vector<const char*> arguments = pointers_to(how_->arguments_);
  arguments.insert(arguments.begin(),
                   how_->name_.empty() ? how_->program_.c_str() : how_->name_.c_str());

  os::spawn_plan plan;
  plan.programs = programs.data();
  plan.arguments = arguments.data();
  plan.environment = environment_.data();
  if (!how_->directory_.empty()) plan.directory = how_->directory_.c_str();
  plan.descriptors = passed_;
  plan.limits = how_->limits_;
  plan.groups = how_->groups_;
  plan.user = how_->user_;
  plan.group = how_->group_;
  plan.umask = how_->umask_;
  plan.new_session = how_->new_session_;
  // A session is led by its first process, which leads a group thereby.
  if (how_->new_group_ && !how_->new_session_) plan.process_group = 0;
  plan.parent_death_signal = how_->parent_death_signal_;

  // What is allocated after the start might fail, and nobody would own the process.
  owned<process_state> state(new process_state);
  state->program = how_->program_;
  os::spawned made;
  if (const int failure = os::spawn(plan, made); failure < 0) {
    return std::unexpected(why_not(failure, made.failed_at));
  }
  state->home = loop_;
  state->pidfd = std::move(made.pidfd);
  state->id = made.id;
  state->leads_group = how_->new_group_ || how_->new_session_;
  process started;
  started.state_ = state.release();
  if (ours_[0]) started.input_ = pipe_writer(*loop_, std::move(ours_[0]));
  if (ours_[1]) started.output_ = pipe_reader(*loop_, std::move(ours_[1]));
  if (ours_[2]) started.error_ = pipe_reader(*loop_, std::move(ours_[2]));
  return started;
}

// What went wrong
// ----------------------------------------------------------------------------------------

error launch::not_executed(int failure) const {
  const std::string& program = how_->program_;
  const errc code = os::to_errc(failure);
  const char* remedy = "";
  std::string where;
  if (code == errc::not_found) {
    const bool by_name = program.find('/') == program.npos;
    if (by_name) {
      where = "is it installed? It is in no folder of PATH: " + search_path();
    } else if (how_->directory_.empty() && os::is_there(program.c_str())) {
      remedy = "it is there, but what its first line (#!) or its ELF header names to run it is not";
    } else {
      remedy = "is the path right?";
    }
  } else if (code == errc::permission_denied) {
    remedy = "is it executable (chmod +x), and every folder above it open to this user?";
  } else if (failure == os::not_executable) {
    remedy = "it is no program of this machine; a script needs a first line such as #!/bin/sh";
  } else if (failure == os::arguments_too_long) {
    remedy = "the arguments and the environment are too long together";
  }
  return os::make_error(failure, "start", program, where.empty() ? remedy : where);
}

error launch::why_not(int failure, os::spawn_step step) const {
  const std::string& program = how_->program_;
  switch (step) {
    case os::spawn_step::clone:
      if (failure == os::would_block) {
        const error plain = os::make_error(
            failure, "start", program,
            "this user has as many processes and threads as are allowed; see `ulimit -u`");
        return error(errc::too_many_processes, plain.what(), plain.native());
      }
      return os::make_error(failure, "start", program);
    case os::spawn_step::session:
      return os::make_error(failure, "make a session for", program);
    case os::spawn_step::process_group:
      return os::make_error(failure, "make a process group for", program);
    case os::spawn_step::descriptors:
      return os::make_error(failure, "pass descriptors to", program,
                            "is each open, and each new number below `ulimit -n`?");
    case os::spawn_step::limits:
      return os::make_error(failure, "set the limits of", program,
                            "a hard limit can only be raised with CAP_SYS_RESOURCE, and no soft "
                            "one is above its hard one");
    case os::spawn_step::user:
      return os::make_error(failure, "change the user of", program,
                            "that takes CAP_SETUID and CAP_SETGID");
    case os::spawn_step::directory:
      return os::make_error(failure, "start " + program + " in", how_->directory_, "");
    case os::spawn_step::parent_death_signal:
      return os::make_error(failure, "set the parent death signal of", program);
    case os::spawn_step::execute:
      return not_executed(failure);
  }
  return os::make_error(failure, "start", program);
}

}  // namespace detail

result<process> process::start(loop& l, const process_options& how) {
  return detail::launch(l, how).perform();
}

rondo::result<process> start_awaiter::finish() {
  if (context_->cancel_pending()) {
    return std::unexpected(os::make_error(errc::cancelled, "start", options_->program()));
  }
  return process::start(loop_of(*context_), *options_);
}

process start_awaiter::await_resume() {
  auto started = finish();
  if (started) return std::move(*started);
  if (started.error().code() == errc::cancelled) context_->throw_cancelled();
  throw std::move(started).error();
}

}  // namespace rondo
