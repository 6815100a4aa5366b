#pragma once

#include <cstdint>
#include <string>

/// Who this process is, and who others are. Any thread.
namespace rondo::os {

/// The effective user.
std::uint32_t user_id() noexcept;
/// The last part of the path by which this program was started. Static storage.
const char* program_name() noexcept;

/// Whether there is such a process.
bool process_exists(int pid) noexcept;
/// Its effective user. -> 0
int process_owner(int pid, std::uint32_t& user) noexcept;

/// A folder that belongs to this user and that nobody else can look into, made where it is missing
/// (its parent is not). EPERM: what is there is somebody else's, or open to others, or a link.
/// -> 0
int make_private_folder(const std::string& path) noexcept;

}  // namespace rondo::os
