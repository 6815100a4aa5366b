#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <source_location>
#include <vector>

#include <rondo/observe/snapshot.hpp>

namespace rondo::observe {

/// What is known of one line of execution, as it was at one moment. Times in ticks.
struct task_record {
  const void* key = nullptr;  // its address, which is nobody else's while it lives
  std::uint64_t id = 0;
  std::uint32_t number = 0;   // of its slot
  std::uint64_t changes = 0;  // every event is one: what has the same number is as it was
  std::source_location spawned_at;
  const void* born_in = nullptr;  // the scope
  char name[40] = {};

  task_state state = task_state::ready;
  bool has_deadline = false;
  std::int32_t worker = 0;
  std::uint64_t polls = 0, wakes = 0, self_wakes = 0, woken_by = 0;
  std::uint64_t born = 0, since = 0, busy = 0, longest = 0;

  // While it waits.
  const char* waits_for = "";
  std::source_location waits_at;
  int fd = -1;
  std::uint32_t frames = 0;
  const void* on = nullptr;
  const void* region = nullptr;  // the scope in which its children were born
  std::uint64_t joins = 0;
  std::source_location awaited_at[task_view::most_frames];
};

/// One word of a slot. What is read with acquire was stored with release after the slot's count was
/// made odd, so that who has read a word of a change can't miss that there is one. On the usual
/// processors both are plain moves.
template <class T>
class slot_word {
  static_assert(std::atomic<T>::is_always_lock_free);

 public:
  operator T() const noexcept {  // NOLINT(google-explicit-constructor): it stands for its value
    return value_.load(std::memory_order_acquire);
  }
  void operator=(T value) noexcept {  // NOLINT(misc-unconventional-assign-operator)
    value_.store(value, std::memory_order_release);
  }

 private:
  std::atomic<T> value_{};
};

/// Where the record of a line is kept while it lives: written by whoever has the line, one after
/// the other, without a lock; read by anybody at any time.
///
/// What an event writes stands first. A slot is never freed, only used again for another line.
struct alignas(64) task_slot {
  /// Even: whole. Never less than it was.
  std::atomic<std::uint64_t> count{0};
  slot_word<const void*> key;  // null: nobody's
  slot_word<std::uint64_t> id;
  slot_word<std::uint64_t> since, polls, busy, longest;
  slot_word<std::uint32_t> era;
  slot_word<std::int32_t> worker;

  slot_word<task_state> state;
  slot_word<bool> yields, has_deadline;
  slot_word<int> fd;
  slot_word<std::uint64_t> outer;  // who was resumed on this thread before, and goes on behind it
  slot_word<std::uint64_t> wakes, self_wakes, woken_by;
  slot_word<const char*> waits_for;
  slot_word<std::source_location> waits_at;
  slot_word<const void*> on;

  slot_word<const void*> region;
  slot_word<std::uint64_t> joins;
  slot_word<std::uint32_t> frames;
  slot_word<std::source_location> awaited_at[task_view::most_frames];

  slot_word<std::uint64_t> born;
  slot_word<std::source_location> spawned_at;
  slot_word<const void*> born_in;
  static constexpr std::size_t name_words = sizeof(task_record::name) / sizeof(std::uint64_t);
  slot_word<std::uint64_t> name[name_words];

  std::uint32_t number = 0;  // set once
  // In a list of free ones. Relaxed: of the list's owner, but for who comes late after a `close`.
  std::atomic<task_slot*> next{nullptr};

  /// Until it is destroyed, what is read of the slot is not believed.
  class change {
   public:
    explicit change(task_slot& of) noexcept
        : of_(&of), before_(of.count.load(std::memory_order_relaxed) & ~std::uint64_t{1}) {
      of.count.store(before_ + 1, std::memory_order_relaxed);
    }
    change(const change&) = delete;
    ~change() { of_->count.store(before_ + 2, std::memory_order_release); }

   private:
    task_slot* of_;
    std::uint64_t before_;
  };

  /// Of a line that is nobody's yet: as if nothing had ever been.
  void begin(const void* line, std::uint64_t its_id, std::uint32_t in_era) noexcept;
  void set_name(const char* text) noexcept;
  /// False where it is nobody's, or was being changed each time that it was looked at.
  bool copy_to(task_record& record) const noexcept;
};

/// The slots of a census: made in chunks, which are never freed, and given to lines by number. Each
/// thread that is told of lines has some at hand. Any thread.
class record_store {
 public:
  record_store() = default;
  record_store(const record_store&) = delete;
  ~record_store();

  /// Free slots of one thread.
  struct cache {
    task_slot* first = nullptr;
    std::uint32_t count = 0;
    std::uint32_t era = 0;
  };

  /// Empty, for at most so many lines: those that a thread has at hand are counted, too.
  void open(std::size_t at_most);
  /// Forgets everything. Who still writes into a slot, or gives one back, does no harm.
  void close() noexcept;

  /// For a line: `near` belongs to the calling thread, or is null. Null where there is no room.
  task_slot* take(cache* near) noexcept;
  /// Its line has ended.
  void give_back(task_slot& slot, cache* near) noexcept;

  /// The slot of this number, if it is the line's.
  task_slot* of(const void* line, std::uint32_t number) noexcept {
    task_slot* const slot = at(number);
    if (slot == nullptr || slot->key != line) return nullptr;
    return slot->era == era_.load(std::memory_order_relaxed) ? slot : nullptr;
  }
  std::uint32_t era() const noexcept { return era_.load(std::memory_order_relaxed); }
  /// Whether nothing was written since this copy was made; false where it was made elsewhere.
  bool is_unchanged(const task_record& then) noexcept {
    const task_slot* const slot = at(then.number);
    return slot != nullptr && slot->id == then.id &&
           slot->count.load(std::memory_order_acquire) == then.changes;
  }

  /// Of all lines, each whole in itself. Of two at one address only the younger lives: it is missed
  /// where a line ended that nobody was told of.
  std::vector<task_record> copy();

 private:
  // A thread gives half of these to the others where it has more.
  static constexpr std::uint32_t most_at_hand = 64;
  // Chunk k has 64 << k slots.
  static constexpr std::uint64_t first_chunk = 64;
  static constexpr std::size_t most_chunks = 24;

  static std::size_t chunk_of(std::uint32_t number) noexcept {
    return static_cast<std::size_t>(std::bit_width(number + first_chunk) -
                                    std::bit_width(first_chunk));
  }
  static std::size_t index_in(std::size_t chunk, std::uint32_t number) noexcept {
    return static_cast<std::size_t>(number + first_chunk - (first_chunk << chunk));
  }
  task_slot* at(std::uint32_t number) noexcept {
    const std::size_t chunk = chunk_of(number);
    if (chunk >= most_chunks) return nullptr;
    task_slot* const slots = chunks_[chunk].load(std::memory_order_acquire);
    return slots == nullptr ? nullptr : &slots[index_in(chunk, number)];
  }
  task_slot* make() noexcept;
  void refill(cache& near, std::uint32_t at_most) noexcept;
  void keep_shared(task_slot& slot) noexcept;
  static void push(task_slot*& list, task_slot& slot) noexcept {
    slot.next.store(list, std::memory_order_relaxed);
    list = &slot;
  }
  static task_slot& pop(task_slot*& list) noexcept {
    task_slot& first = *list;
    list = first.next.load(std::memory_order_relaxed);
    return first;
  }
  bool is_full() const noexcept {
    return used_.load(std::memory_order_relaxed) >= limit_.load(std::memory_order_relaxed);
  }

  std::atomic<task_slot*> chunks_[most_chunks] = {};
  // Raised by `close`: what was given out before is not believed any more.
  std::atomic<std::uint32_t> era_{1};
  std::atomic<std::uint32_t> used_{0};    // written under the mutex: given out, with those at hand
  std::atomic<std::uint32_t> limit_{0};   // the same
  std::atomic<std::uint32_t> unused_{1};  // the same: numbers from here on were not given out

  std::mutex mutex_;           // guards what follows
  task_slot* free_ = nullptr;  // given back in this era
  std::uint32_t batch_ = 1;    // how many a thread takes at once
};

}  // namespace rondo::observe
