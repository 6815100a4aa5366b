#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

/// What a copy of a file, and a file without a name, are made with. Plain calls that may wait for a
/// disk; results are "0, a count or a descriptor, or the negated errno". Any thread.
namespace rondo::os {

/// To read one that is there; never waits for a fifo's other end. -> descriptor
int open_original(const std::string& path) noexcept;

/// A file in this folder that has no name, to be read and written (O_TMPFILE); fails where the file
/// system has no such files, and where /proc, which is needed to name one later, is not mounted.
/// -> descriptor
int open_unnamed(const std::string& folder, unsigned permissions) noexcept;
/// Gives it a name, which nothing may have. -> 0
int name_unnamed(int fd, const std::string& path) noexcept;

/// A new file to be read and written; EEXIST where something has the name. -> descriptor
int open_new(const std::string& path, unsigned permissions) noexcept;

/// What the variable TMPDIR says, or /tmp. Not while another thread changes the environment.
std::string folder_for_temporaries();

/// A folder with a name that no other has: `stem`, and six characters more, which are added to it.
/// For this user only. -> 0
int make_unique_folder(std::string& stem) noexcept;

/// Makes the one share the blocks of the other (FICLONE), where the file system can. -> 0
int clone_file(int from, int to) noexcept;

/// At most so many bytes, within the kernel, at the same place in both. -> count, 0 at the end
int copy_range(int from, int to, std::uint64_t offset, std::size_t size) noexcept;
/// -> count
int write_at(int fd, const void* from, std::size_t size, std::uint64_t offset) noexcept;

/// The next bytes from `offset` on that are no hole: [begin, end). Empty at the end. -> 0
int find_data(int fd, std::uint64_t offset, std::uint64_t& begin, std::uint64_t& end) noexcept;

/// Cuts it, or fills it up with a hole. -> 0
int resize_file(int fd, std::uint64_t size) noexcept;
/// -> 0
int change_mode_of(int fd, unsigned permissions) noexcept;
/// What is empty stays. -> 0
int change_times_of(int fd, std::optional<std::int64_t> accessed_ns,
                    std::optional<std::int64_t> modified_ns) noexcept;

}  // namespace rondo::os
