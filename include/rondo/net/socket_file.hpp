#pragma once

#include <string>
#include <utility>

#include <rondo/os/unix_socket.hpp>

namespace rondo {

/// The file by which a Unix socket is found, removed with this object if it is still the same: a
/// successor may have put its own there.
class socket_file {
 public:
  socket_file(std::string path, const os::file_identity& which) noexcept
      : path_(std::move(path)), which_(which) {}
  socket_file(const socket_file&) = delete;
  socket_file& operator=(const socket_file&) = delete;
  ~socket_file() { os::remove_bound(path_.c_str(), which_); }

 private:
  std::string path_;
  os::file_identity which_;
};

}  // namespace rondo
