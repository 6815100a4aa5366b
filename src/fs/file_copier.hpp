#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <rondo/async/offload.hpp>
#include <rondo/fs/copy.hpp>
#include <rondo/os/fd.hpp>
#include <rondo/os/file_system.hpp>

namespace rondo::fs {

/// Copies one file with plain calls, some mebibytes at a time. Any thread, one at a time.
class file_copier {
 public:
  file_copier(std::string from, std::string to, const copy_options& how);

  /// Goes on; false where it is done. Throws `error`.
  bool go_on(stop_flag stop);
  /// Instead of going on: what is there of the copy goes.
  void give_up() noexcept;

  bool has_copied() const noexcept { return step_ == step::named; }
  copy_progress progress() const noexcept { return {from_, copied_, original_.size}; }

 private:
  enum class step : std::uint8_t { nothing, sharing, ranges, bytes, complete, named, skipped };
  struct settings {  // what the pool may know of the options
    explicit settings(const copy_options& how) noexcept
        : existing(how.existing), permissions(how.permissions), times(how.times) {}

    on_existing existing;
    bool permissions;
    bool times;
  };

  void begin();
  bool is_to_be_made();
  void make_target();
  /// How many bytes have been copied; 0 where a step was done.
  std::uint64_t advance();
  std::uint64_t copy_ranges();
  std::uint64_t copy_bytes();
  void find_next();
  void finish();
  void name_it();
  [[noreturn]] void fail(int outcome, const char* what, const std::string& path) const;

  std::string from_;
  std::string to_;
  settings how_;
  step step_ = step::nothing;
  os::fd source_;
  os::fd target_;
  std::string beside_;  // the name of the copy until it is complete; empty: none
  os::file_info original_;
  std::uint64_t at_ = 0;        // all before it is copied
  std::uint64_t data_end_ = 0;  // until here there is no hole
  std::uint64_t copied_ = 0;
  bool has_holes_ = false;
  std::vector<char> bytes_;
};

}  // namespace rondo::fs
