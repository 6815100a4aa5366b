#pragma once

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <string>
#include <string_view>

#include <rondo/os/fd.hpp>

namespace rondo::testing {

/// Sets a variable of the environment for as long as it lives; before threads are started.
class set_variable {
 public:
  set_variable(const char* name, const std::string& value) : name_(name) {
    setenv(name, value.c_str(), 1);
  }
  set_variable(const set_variable&) = delete;
  ~set_variable() { unsetenv(name_); }

 private:
  const char* name_;
};

/// What a service manager listens at; NOTIFY_SOCKET names it.
class notify_socket {
 public:
  /// At an address that no other test has: an abstract one, or in a folder.
  explicit notify_socket(bool abstract)
      : spelled_((abstract ? "@rondo-notify-" : "/tmp/rondo-notify-") + std::to_string(getpid())),
        socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)),
        variable_("NOTIFY_SOCKET", spelled_) {
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    memcpy(address.sun_path, spelled_.data(), spelled_.size());
    if (abstract) address.sun_path[0] = '\0';
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + spelled_.size());
    unlink(spelled_.c_str());
    bound_ = ::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), size) == 0;
  }
  notify_socket(const notify_socket&) = delete;
  ~notify_socket() { unlink(spelled_.c_str()); }

  bool is_bound() const noexcept { return bound_; }
  /// The next message that has arrived, or "".
  std::string take() {
    char text[4096];
    const auto got = recv(socket_.get(), text, sizeof text, 0);
    return got > 0 ? std::string(text, static_cast<std::size_t>(got)) : "";
  }

 private:
  std::string spelled_;
  os::fd socket_;
  set_variable variable_;
  bool bound_ = false;
};

}  // namespace rondo::testing
