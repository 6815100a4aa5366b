#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace rondo::observe {

/// Where a program that can be inspected listens: FOLDER/PID.sock, where FOLDER is
/// $XDG_RUNTIME_DIR/rondo, or /tmp/rondo-UID where that is not set.
std::string socket_folder();
std::string socket_in(const std::string& folder, int pid);

/// Where a process of `user` may have put it, the likeliest first.
std::vector<std::string> folders_of(std::uint32_t user);

/// The processes that have, or had, a socket in this folder.
std::vector<int> processes_in(const std::string& folder);

}  // namespace rondo::observe
