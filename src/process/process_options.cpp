// Collecting what is asked; nothing is looked at before the start.
#include <algorithm>

#include <rondo/base/assert.hpp>
#include <rondo/process/process_options.hpp>

namespace rondo {

process_options& process_options::arguments(std::initializer_list<std::string_view> more) {
  for (const std::string_view each : more) arguments_.emplace_back(each);
  return *this;
}

process_options& process_options::arguments(const std::vector<std::string>& more) {
  arguments_.insert(arguments_.end(), more.begin(), more.end());
  return *this;
}

process_options& process_options::argument(std::string_view one) {
  arguments_.emplace_back(one);
  return *this;
}

process_options& process_options::name(std::string argv0) {
  name_ = std::move(argv0);
  return *this;
}

void process_options::set(std::string_view name, std::string setting) {
  const auto known = std::find_if(environment_.begin(), environment_.end(),
                                  [&](const variable& v) { return v.name == name; });
  if (known != environment_.end()) {
    known->setting = std::move(setting);
  } else {
    environment_.push_back({std::string(name), std::move(setting)});
  }
}

process_options& process_options::environment(std::string_view name, std::string_view value) {
  std::string setting(name);
  setting.append("=").append(value);
  set(name, std::move(setting));
  return *this;
}

process_options& process_options::without_environment(std::string_view name) {
  set(name, {});
  return *this;
}

process_options& process_options::clear_environment() noexcept {
  inherits_environment_ = false;
  return *this;
}

process_options& process_options::directory(std::string path) {
  directory_ = std::move(path);
  return *this;
}

process_options& process_options::standard_input(stdio from) noexcept {
  RONDO_ASSERT(from.what() != stdio::kind::standard_output);
  streams_[0] = from;
  return *this;
}

process_options& process_options::standard_output(stdio to) noexcept {
  RONDO_ASSERT(to.what() != stdio::kind::standard_output);
  streams_[1] = to;
  return *this;
}

process_options& process_options::standard_error(stdio to) noexcept {
  streams_[2] = to;
  return *this;
}

process_options& process_options::pass(int number, int as) {
  passed_.push_back({number, as});
  return *this;
}

process_options& process_options::new_process_group() noexcept {
  new_group_ = true;
  return *this;
}

process_options& process_options::new_session() noexcept {
  new_session_ = true;
  return *this;
}

process_options& process_options::limit(os::resource of, std::uint64_t soft, std::uint64_t hard) {
  limits_.push_back({of, soft, hard});
  return *this;
}

process_options& process_options::run_as(std::uint32_t user, std::uint32_t group,
                                         std::vector<std::uint32_t> supplementary) {
  user_ = user;
  group_ = group;
  groups_ = std::move(supplementary);
  return *this;
}

process_options& process_options::umask(std::uint32_t mask) noexcept {
  umask_ = mask;
  return *this;
}

process_options& process_options::parent_death_signal(int number) noexcept {
  parent_death_signal_ = number;
  return *this;
}

}  // namespace rondo
