// What each step does to the memory, as C++20 has it ([intro.races], [atomics.order]).
#include <algorithm>

#include "runtime/model/checker.hpp"

namespace rondo::model {
namespace {

bool acquires(std::memory_order order) {
  return order != std::memory_order_relaxed && order != std::memory_order_release;
}
bool releases(std::memory_order order) {
  return order == std::memory_order_release || order == std::memory_order_acq_rel ||
         order == std::memory_order_seq_cst;
}
bool is_seq_cst(std::memory_order order) {
  return order == std::memory_order_seq_cst;
}

}  // namespace

location::location(std::uint64_t initial) : id_(checker::current().new_id()) {
  checker::current().append(*this, initial, std::memory_order_relaxed, {});
}

gate::gate(bool open) : open_(open), id_(checker::current().new_id()) {}

/// The order to use at `at`, where the source names `order`.
std::memory_order checker::effective(std::memory_order order, std::source_location at,
                                     bool on_failure) {
  const site here{at.line(), at.column(), on_failure, order, at.file_name()};
  if (std::ranges::find(report_.sites, here) == report_.sites.end()) report_.sites.push_back(here);
  return options_.mutated.where == here ? options_.mutated.instead : order;
}

/// Whether the running thread may not read anything older than `by`.
bool checker::must_be_seen(const store_record& by, bool is_sc_load) const {
  const thread_state& me = threads_[running_];
  const auto covered = [&](const vector_clock& past) {
    if (past.covers(by.thread, by.time)) return true;
    // Nor anything older than what somebody has read in that past.
    for (int t = 0; t < most_threads; ++t) {
      if (by.seen[t] != 0 && past.covers(t, by.seen[t])) return true;
    }
    return false;
  };
  if (covered(me.now) || covered(me.fence_floor)) return true;
  if (by.is_sc && (is_sc_load || me.sc_floor.covers(by.thread, by.time))) return true;
  return is_sc_load && covered(fenced_);
}

int checker::oldest_visible(const location& of, bool is_sc_load) const {
  int index = static_cast<int>(of.count_) - 1;
  const int stop = threads_[running_].fresh_from;
  while (index > stop && !must_be_seen(of.stores_[index], is_sc_load)) --index;
  return index;
}

void checker::read_record(location& of, int index, std::memory_order order) {
  store_record& read = of.stores_[index];
  thread_state& me = self();
  if (read.seen[running_] == 0) read.seen[running_] = me.now.at[running_];
  me.read_relaxed.join(read.released);
  if (acquires(order)) me.now.join(read.released);
}

void checker::append(location& to, std::uint64_t bits, std::memory_order order,
                     vector_clock released) {
  if (to.count_ == location::longest) fail("more stores to one atomic than the checker keeps");
  thread_state& me = self();
  released.join(releases(order) ? me.now : me.release_fence);
  const std::uint32_t time = me.now.at[running_];
  to.stores_[to.count_++] = {bits, running_, time, is_seq_cst(order), released, {}};
  if (is_seq_cst(order)) sc_stores_.at[running_] = time;
  ++me.now.at[running_];
}

std::uint64_t checker::load(location& from, std::memory_order order, std::source_location at) {
  order = effective(order, at);
  arrive({act::load, is_seq_cst(order), from.id_, &from});
  const int newest = static_cast<int>(from.count_) - 1;
  const int oldest = oldest_visible(from, is_seq_cst(order));
  const int index = newest - pick(newest - oldest + 1);
  read_record(from, index, order);
  ++self().now.at[running_];
  note("load", from.id_, from.stores_[index].bits, at);
  return from.stores_[index].bits;
}

void checker::store(location& to, std::uint64_t bits, std::memory_order order,
                    std::source_location at) {
  order = effective(order, at);
  arrive({act::store, is_seq_cst(order), to.id_, &to});
  append(to, bits, order, {});
  note("store", to.id_, bits, at);
}

std::uint64_t checker::begin_modify(location& where, std::memory_order& order,
                                    std::source_location at) {
  order = effective(order, at);
  arrive({act::modify, is_seq_cst(order), where.id_, &where});
  return where.newest().bits;
}

void checker::end_modify(location& where, std::uint64_t bits, std::memory_order order,
                         std::source_location at) {
  const int newest = static_cast<int>(where.count_) - 1;
  read_record(where, newest, order);
  append(where, bits, order, where.stores_[newest].released);
  note("modify", where.id_, bits, at);
}

bool checker::compare_exchange(location& where, std::uint64_t& expected, std::uint64_t desired,
                               orders how, std::source_location at) {
  const std::memory_order success = effective(how.success, at);
  const std::memory_order failure = effective(how.failure, at, true);
  arrive({act::modify, is_seq_cst(success) || is_seq_cst(failure), where.id_, &where});
  // It may succeed with the newest value, and fail with any that it may read and isn't expected.
  std::array<int, location::longest> outcomes{};
  int count = 0;
  const int newest = static_cast<int>(where.count_) - 1;
  const int oldest = oldest_visible(where, is_seq_cst(failure));
  for (int i = newest; i >= oldest; --i) {
    if (i == newest || where.stores_[i].bits != expected) outcomes[count++] = i;
  }
  const int index = outcomes[pick(count)];
  if (index == newest && where.newest().bits == expected) {
    read_record(where, newest, success);
    append(where, desired, success, where.stores_[newest].released);
    note("swap", where.id_, desired, at);
    return true;
  }
  read_record(where, index, failure);
  ++self().now.at[running_];
  expected = where.stores_[index].bits;
  note("no swap", where.id_, expected, at);
  return false;
}

void checker::fence(std::memory_order order, std::source_location at) {
  order = effective(order, at);
  arrive({act::fence, is_seq_cst(order), 0});
  thread_state& me = self();
  if (acquires(order)) me.now.join(me.read_relaxed);
  if (is_seq_cst(order)) {
    fenced_.join(me.now);
    me.fence_floor = fenced_;
    me.sc_floor = sc_stores_;
  }
  if (releases(order)) me.release_fence = me.now;
  ++me.now.at[running_];
  note("fence", 0, 0, at);
}

void checker::pass(gate& through) {
  arrive({act::pass, false, through.id_, nullptr, &through});
  through.open_ = false;
  self().now.join(through.released_);
  ++self().now.at[running_];
  note("pass", through.id_, 0, std::source_location{});
}

void checker::open(gate& which) {
  arrive({act::open, false, which.id_});
  unlock(which);
}

void checker::unlock(gate& which) {
  which.open_ = true;
  which.released_.join(self().now);
  ++self().now.at[running_];
  note("open", which.id_, 0, std::source_location{});
}

void access_log::read() const {
  checker& run = checker::current();
  const vector_clock& now = run.self().now;
  if (!now.covers(writer_, written_)) run.fail("a race: a write and this read are unordered");
  read_[run.running_] = now.at[run.running_];
}

void access_log::write() {
  checker& run = checker::current();
  const vector_clock& now = run.self().now;
  if (!now.covers(writer_, written_)) run.fail("a race: a write and this write are unordered");
  for (int t = 0; t < most_threads; ++t) {
    if (!now.covers(t, read_[t])) run.fail("a race: a read and this write are unordered");
  }
  writer_ = run.running_;
  written_ = now.at[run.running_];
}

}  // namespace rondo::model
