// Files as memory: mapped at once, since that reads nothing; synced and loaded on the pool.
#include <rondo/async/offload.hpp>
#include <rondo/fs/memory_map.hpp>
#include <rondo/os/errors.hpp>

#include "fs/on_pool.hpp"

namespace rondo::fs {
namespace {

task<memory_map> map_path(std::string path) {
  file from = co_await file::open(path);
  co_return co_await memory_map::of(from);
}

}  // namespace

memory_map::~memory_map() {
  if (address_ != nullptr) os::unmap(address_, size_ + lead_);
}

task<memory_map> memory_map::of(file& which, os::map_mode mode, std::uint64_t offset,
                                std::size_t size) {
  const std::uint64_t there = co_await which.size();
  if (offset > there || size > there - offset) {
    throw os::make_error(errc::invalid_argument, "map",
                         std::string(which.path()) + ", which ends at " + std::to_string(there));
  }
  if (size == 0) size = static_cast<std::size_t>(there - offset);
  if (size == 0) co_return memory_map();
  const auto lead = static_cast<std::size_t>(offset % os::page_size());
  void* address = nullptr;
  const int result = os::map_file(which.descriptor(), offset - lead, size + lead, mode, address);
  throw_if_failed(result, "map", which.path());
  co_return memory_map(address, size, lead);
}

task<memory_map> memory_map::open(std::string_view path) {
  return map_path(std::string(path));
}

task<> memory_map::sync() {
  if (address_ == nullptr) co_return;
  auto work = [this] { return os::sync_map(address_, size_ + lead_); };
  const int result = co_await offload(on_pool("sync a mapping"), work);
  throw_if_failed(result, "sync", "a mapping");
}

task<> memory_map::load() {
  if (address_ == nullptr) co_return;
  auto work = [this](stop_flag stop) {
    const std::size_t page = os::page_size();
    const auto* const memory = static_cast<const volatile std::byte*>(address_);
    for (std::size_t at = 0; at < size_ + lead_ && !stop.stop_requested(); at += page) {
      static_cast<void>(memory[at]);
    }
  };
  co_await offload(on_pool("load a mapping"), work);
}

void memory_map::advise(os::access_pattern pattern) {
  if (address_ == nullptr) return;
  const int result = os::advise_map(address_, size_ + lead_, pattern);
  throw_if_failed(result, "advise about", "a mapping");
}

}  // namespace rondo::fs
