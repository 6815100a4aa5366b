// Slots that are written without a lock and read by anybody. A writer makes the count odd, stores
// each word with release, and makes the count even again; a reader takes a copy that began and
// ended with the same even count. No fence, because ThreadSanitizer knows none.
#include "observe/record_store.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <new>
#include <thread>
#include <utility>

namespace rondo::observe {

// One slot --------------------------------------------------------------------------------------

void task_slot::begin(const void* line, std::uint64_t its_id, std::uint32_t in_era) noexcept {
  key = line;
  id = its_id;
  era = in_era;
  polls = 0;
  busy = 0;
  longest = 0;
  state = task_state::ready;
  yields = false;
  outer = 0;
  wakes = 0;
  self_wakes = 0;
  woken_by = 0;
  waits_for = "";
  joins = 0;
  frames = 0;
}

void task_slot::set_name(const char* text) noexcept {
  if (*text == '\0') {
    name[0] = 0;
    return;
  }
  char copied[sizeof(task_record::name)] = {};
  std::strncpy(copied, text, sizeof copied - 1);  // the last byte stays 0
  std::uint64_t words[name_words];
  std::memcpy(words, copied, sizeof words);
  for (std::size_t i = 0; i < name_words; ++i) name[i] = words[i];
}

namespace {

void copy_words(const task_slot& from, task_record& to) noexcept {
  to.key = from.key;
  to.id = from.id;
  to.number = from.number;
  to.spawned_at = from.spawned_at;
  to.born_in = from.born_in;
  std::uint64_t name[task_slot::name_words];
  for (std::size_t i = 0; i < task_slot::name_words; ++i) name[i] = from.name[i];
  std::memcpy(to.name, name, sizeof name);
  to.state = from.state;
  to.has_deadline = from.has_deadline;
  to.worker = from.worker;
  to.polls = from.polls;
  to.wakes = from.wakes;
  to.self_wakes = from.self_wakes;
  to.woken_by = from.woken_by;
  to.born = from.born;
  to.since = from.since;
  to.busy = from.busy;
  to.longest = from.longest;
  to.waits_for = from.waits_for;
  to.waits_at = from.waits_at;
  to.fd = from.fd;
  to.frames = from.frames;
  to.on = from.on;
  to.region = from.region;
  to.joins = from.joins;
  for (std::uint32_t i = 0; i < to.frames; ++i) to.awaited_at[i] = from.awaited_at[i];
}

}  // namespace

bool task_slot::copy_to(task_record& record) const noexcept {
  constexpr int looks_before_yielding = 64;
  // A writer that has lost the processor gets it back in less time than that.
  constexpr int most_looks = 10'000;
  for (int i = 0; i < most_looks; ++i) {
    const std::uint64_t before = count.load(std::memory_order_acquire);
    if (before % 2 == 0) {
      if (key == nullptr) return false;
      copy_words(*this, record);
      if (count.load(std::memory_order_relaxed) == before) {
        record.changes = before;
        return record.key != nullptr;
      }
    }
    if (i >= looks_before_yielding) std::this_thread::yield();
  }
  return false;
}

// All of them -----------------------------------------------------------------------------------

record_store::~record_store() {
  for (std::atomic<task_slot*>& each : chunks_) delete[] each.load(std::memory_order_relaxed);
}

void record_store::open(std::size_t at_most) {
  constexpr std::size_t most = (first_chunk << most_chunks) - first_chunk - 1;
  static_assert(most <= std::numeric_limits<std::uint32_t>::max());
  const std::lock_guard hold(mutex_);
  limit_.store(static_cast<std::uint32_t>(std::min(at_most, most)), std::memory_order_relaxed);
  batch_ = static_cast<std::uint32_t>(std::clamp<std::size_t>(at_most / 1024, 1, 32));
}

void record_store::close() noexcept {
  const std::lock_guard hold(mutex_);
  era_.fetch_add(1, std::memory_order_relaxed);
  free_ = nullptr;
  used_.store(0, std::memory_order_relaxed);
  limit_.store(0, std::memory_order_relaxed);
  unused_.store(1, std::memory_order_relaxed);
}

/// The next that was not given out in this era. Under the mutex; null where there is no memory.
task_slot* record_store::make() noexcept {
  const std::uint32_t number = unused_.load(std::memory_order_relaxed);
  const std::size_t chunk = chunk_of(number);
  task_slot* slots = chunks_[chunk].load(std::memory_order_relaxed);
  if (slots == nullptr) {
    slots = new (std::nothrow) task_slot[first_chunk << chunk];
    if (slots == nullptr) return nullptr;
    for (std::uint64_t i = 0; i < first_chunk << chunk; ++i) {
      slots[i].number = static_cast<std::uint32_t>((first_chunk << chunk) - first_chunk + i);
    }
    chunks_[chunk].store(slots, std::memory_order_release);
  }
  unused_.store(number + 1, std::memory_order_release);
  return &slots[index_in(chunk, number)];
}

void record_store::refill(cache& near, std::uint32_t at_most) noexcept {
  const std::lock_guard hold(mutex_);
  near.era = era_.load(std::memory_order_relaxed);
  const std::uint32_t used = used_.load(std::memory_order_relaxed);
  const std::uint32_t limit = limit_.load(std::memory_order_relaxed);
  const std::uint32_t wanted = std::min(std::min(batch_, at_most), limit - std::min(limit, used));
  for (; near.count < wanted; ++near.count) {
    task_slot* const slot = free_ != nullptr ? &pop(free_) : make();
    if (slot == nullptr) break;
    push(near.first, *slot);
  }
  used_.store(used + near.count, std::memory_order_relaxed);
}

task_slot* record_store::take(cache* near) noexcept {
  cache one;
  const bool has_own = near != nullptr;
  if (!has_own) near = &one;
  if (near->first == nullptr || near->era != era()) {
    if (is_full()) return nullptr;
    *near = {};
    refill(*near, has_own ? limit_.load(std::memory_order_relaxed) : 1);
    if (near->first == nullptr) return nullptr;
  }
  --near->count;
  return &pop(near->first);
}

void record_store::keep_shared(task_slot& slot) noexcept {
  push(free_, slot);
  used_.store(used_.load(std::memory_order_relaxed) - 1, std::memory_order_relaxed);
}

void record_store::give_back(task_slot& slot, cache* near) noexcept {
  {
    const task_slot::change end(slot);
    slot.key = nullptr;
  }
  if (near != nullptr) {
    if (slot.era != era()) return;  // closed meanwhile
    if (near->era != slot.era) *near = {nullptr, 0, slot.era};
    push(near->first, slot);
    if (++near->count <= most_at_hand) return;
  }
  const std::lock_guard hold(mutex_);
  if (slot.era != era_.load(std::memory_order_relaxed)) return;
  if (near == nullptr) return keep_shared(slot);
  // More end here than begin.
  for (; near->count > most_at_hand / 2; --near->count) keep_shared(pop(near->first));
}

std::vector<task_record> record_store::copy() {
  const std::uint32_t end = unused_.load(std::memory_order_acquire);
  const std::uint32_t in_era = era();
  std::vector<task_record> all;
  all.reserve(std::min(end, used_.load(std::memory_order_relaxed)) + 16);
  for (std::uint32_t number = 1; number < end; ++number) {
    const task_slot& slot = *at(number);
    if (slot.key == nullptr || slot.era != in_era) continue;
    if (!slot.copy_to(all.emplace_back())) all.pop_back();
  }
  // By address, the youngest first.
  std::vector<std::pair<const void*, std::size_t>> by_key(all.size());
  for (std::size_t i = 0; i < all.size(); ++i) by_key[i] = {all[i].key, i};
  std::ranges::sort(by_key, [&](const auto& a, const auto& b) {
    return a.first != b.first ? std::less<>()(a.first, b.first)
                              : all[a.second].id > all[b.second].id;
  });
  bool some_ended = false;
  for (std::size_t i = 1; i < by_key.size(); ++i) {
    if (by_key[i].first != by_key[i - 1].first) continue;
    task_record& ended = all[by_key[i].second];
    task_slot& its = *at(ended.number);
    // Where it is still as it was, nobody has said so, and nobody else will.
    if (its.count.load(std::memory_order_acquire) == ended.changes) give_back(its, nullptr);
    ended.key = nullptr;
    some_ended = true;
  }
  if (some_ended) std::erase_if(all, [](const task_record& r) { return r.key == nullptr; });
  return all;
}

}  // namespace rondo::observe
