#pragma once

#include <cstddef>

/// Memory for coroutine frames and task records: thread-local free lists by size, because a program
/// of tasks makes and unmakes the same few sizes for ever. A block may be freed by another thread
/// than the one that made it; it is then recycled there. Blocks are ordinary heap memory and go
/// back to the heap when their thread ends (and at once under AddressSanitizer, which could not see
/// a reuse otherwise).
namespace rondo::frame_pool {

/// 16-byte aligned. Throws std::bad_alloc.
void* allocate(std::size_t size);

/// `size` as it was asked for.
void deallocate(void* block, std::size_t size) noexcept;

/// Blocks made minus blocks freed by the calling thread. Tests end by comparing it.
long live_blocks() noexcept;

/// The same in bytes.
long live_bytes() noexcept;

}  // namespace rondo::frame_pool
