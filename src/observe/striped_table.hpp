#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

#include <rondo/base/owned.hpp>
#include <rondo/base/thread_lock.hpp>

namespace rondo::observe {

/// Entries found by an address, under as many locks as there are stripes: threads that note what
/// happens to different things seldom meet, and who copies the table holds up each of them for a
/// few microseconds. Memory is taken in chunks, outside of the locks, and bounded. Any thread.
///
/// `Entry` can be copied, and has `const void* key`, null in one that is free.
template <class Entry>
class striped_table {
 public:
  striped_table() : stripes_(stripe_count) {}
  striped_table(const striped_table&) = delete;
  ~striped_table() { close(); }

  /// Empty, for at most so many entries.
  void open(std::size_t at_most) {
    limit_.store(at_most, std::memory_order_relaxed);
    const std::size_t heads = std::size_t{16} << (at_most > 16'384 ? 3 : 0);
    for (stripe& s : stripes_) {
      auto made = std::vector<node*>(heads, nullptr);
      const std::lock_guard hold(s.lock);
      s.heads.swap(made);
    }
  }
  /// Frees everything. Until it is opened again nothing can be added.
  void close() noexcept {
    for (stripe& s : stripes_) {
      std::vector<node*> heads;
      owned<chunk> chunks;
      const std::lock_guard hold(s.lock);
      s.heads.swap(heads);
      chunks = std::move(s.chunks);
      size_.fetch_sub(s.size, std::memory_order_relaxed);
      s.size = 0;
      s.free = nullptr;
    }
  }

  /// `f(entry)` for the one of `key`: true. False where there is none.
  template <class F>
  bool change(const void* key, F&& f) noexcept {
    stripe& s = stripe_of(key);
    const std::lock_guard hold(s.lock);
    node** const at = s.find(key);
    if (at == nullptr || *at == nullptr) return false;
    f((*at)->entry);
    return true;
  }

  /// The same for a new one, or for what had this key before. False where there is no room.
  template <class F>
  bool add(const void* key, F&& f) noexcept {
    stripe& s = stripe_of(key);
    owned<chunk> more;
    for (;;) {
      {
        const std::lock_guard hold(s.lock);
        node** const at = s.find(key);
        if (at == nullptr) return false;  // closed
        if (more) s.take(std::move(more));
        if (*at == nullptr && s.free != nullptr) {
          if (size_.load(std::memory_order_relaxed) >= limit_.load(std::memory_order_relaxed)) {
            return false;
          }
          node* const made = std::exchange(s.free, s.free->next);
          made->next = nullptr;
          made->entry = Entry();
          made->entry.key = key;
          *at = made;
          ++s.size;
          size_.fetch_add(1, std::memory_order_relaxed);
        }
        if (*at != nullptr) {
          f((*at)->entry);
          return true;
        }
      }
      more = owned<chunk>(new (std::nothrow) chunk);
      if (!more) return false;
    }
  }

  /// `f(entry)` for the last time. False where there is none.
  template <class F>
  bool take_out(const void* key, F&& f) noexcept {
    stripe& s = stripe_of(key);
    const std::lock_guard hold(s.lock);
    node** const at = s.find(key);
    if (at == nullptr || *at == nullptr) return false;
    node* const gone = *at;
    f(gone->entry);
    *at = gone->next;
    gone->next = std::exchange(s.free, gone);
    gone->entry.key = nullptr;
    --s.size;
    size_.fetch_sub(1, std::memory_order_relaxed);
    return true;
  }

  std::size_t size() const noexcept { return size_.load(std::memory_order_relaxed); }

  /// Copies of all, in no order; each stripe as it is at one moment.
  std::vector<Entry> copy() {
    std::vector<Entry> all;
    std::size_t room = size();
    room += room / 8 + 16;
    for (stripe& s : stripes_) {
      // Memory is taken outside of the lock: where there is too little, more of it, and once more.
      for (bool done = false; !done; room *= 2) {
        if (all.capacity() < room) all.reserve(room);
        const std::lock_guard hold(s.lock);
        done = s.size <= all.capacity() - all.size();
        if (!done) continue;
        for (node* each : s.heads) {
          for (; each != nullptr; each = each->next) all.push_back(each->entry);
        }
        room /= 2;
      }
    }
    return all;
  }

 private:
  struct node {
    Entry entry;
    node* next = nullptr;
  };
  struct chunk {
    ~chunk() {  // one after the other, and not each inside of the next
      while (before) {
        owned<chunk> next = std::move(before->before);
        before = std::move(next);
      }
    }
    node nodes[8];
    owned<chunk> before;
  };

  struct alignas(64) stripe {
    /// Where it is linked or would be; null where the table is closed.
    node** find(const void* key) noexcept {
      if (heads.empty()) return nullptr;
      node** at = &heads[(hash(key) >> stripe_bits) & (heads.size() - 1)];
      while (*at != nullptr && (*at)->entry.key != key) at = &(*at)->next;
      return at;
    }
    void take(owned<chunk> more) noexcept {
      for (node& each : more->nodes) each.next = std::exchange(free, &each);
      more->before = std::move(chunks);
      chunks = std::move(more);
    }

    thread_lock lock;  // guards what follows
    std::vector<node*> heads;
    node* free = nullptr;
    std::size_t size = 0;
    owned<chunk> chunks;
  };

  static constexpr int stripe_bits = 6;
  static constexpr std::size_t stripe_count = std::size_t{1} << stripe_bits;

  static std::uint64_t hash(const void* key) noexcept {
    return (reinterpret_cast<std::uintptr_t>(key) * 0x9e37'79b9'7f4a'7c15U) >> 32;
  }
  stripe& stripe_of(const void* key) noexcept { return stripes_[hash(key) & (stripe_count - 1)]; }

  std::vector<stripe> stripes_;
  std::atomic<std::size_t> size_{0};
  std::atomic<std::size_t> limit_{0};
};

}  // namespace rondo::observe
