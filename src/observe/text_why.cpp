// "Why does it hang?", in sentences: what is certain first, then what is likely, then what is so.
#include <algorithm>
#include <charconv>
#include <map>
#include <vector>

#include <rondo/observe/text.hpp>

#include "observe/words.hpp"

namespace rondo::observe {

namespace {

using words::count_of;
using words::place_of;
using words::text_of;
using words::title_of;

/// Of the tasks that merely wait so many are named.
constexpr std::size_t most_waiting = 15;

std::string with_birth(const task_view& t) {
  const std::string born = place_of(t.spawned_at);
  return title_of(t) + " (" + std::to_string(t.id) + (born.empty() ? "" : ", spawned at " + born) +
         ')';
}

std::string at(const std::source_location& where) {
  const std::string place = place_of(where);
  return place.empty() ? "" : " at " + place;
}

/// `, which task "b" holds; that one waits for ...`: as far as it leads.
std::string chain_from(const snapshot& s, const task_view& t) {
  std::string text;
  const task_view* next = words::waited_for(s, t);
  for (int steps = 0; next != nullptr && next != &t && steps < 5; ++steps) {
    text += "; " + title_of(*next);
    if (next->state != task_state::waiting) {
      text += std::string(" is ") + words::to_string(next->state);
      break;
    }
    text += " waits" + at(next->waits_at) + " for " + words::wait_of(s, *next);
    next = words::waited_for(s, *next);
  }
  return text;
}

std::string sentence_on(const snapshot& s, const task_view& t) {
  std::string text = with_birth(t);
  switch (t.state) {
    case task_state::ready:
      text += " is ready to go on, for " + text_of(t.in_state);
      break;
    case task_state::running:
      text += " runs on worker " + std::to_string(t.worker) + ", for " + text_of(t.in_state);
      break;
    case task_state::waiting:
      text += " has waited for " + text_of(t.in_state) + at(t.waits_at) + " for " +
              words::wait_of(s, t) + chain_from(s, t);
      break;
  }
  return text;
}

void add_loops(const snapshot& s, std::string& text) {
  for (const worker_view& w : s.workers) {
    if (!w.stuck) continue;
    text += "HELD UP: worker " + std::to_string(w.index) + " has not left the same callback for " +
            text_of(w.stuck_for);
    if (const task_view* const t = words::find(s, w.stuck_task)) {
      text += ": " + with_birth(*t) + " runs without an await";
    }
    const auto waits = std::ranges::count_if(s.tasks, [&](const task_view& t) {
      return t.worker == w.index && t.state == task_state::ready;
    });
    text += ". " + count_of(static_cast<std::uint64_t>(waits), "task") +
            " there could go on, and its I/O and timers stand still.\n";
  }
}

bool has(const task_view& t, suspicion what) {
  return (t.suspicions & static_cast<std::uint8_t>(what)) != 0;
}

void add_suspicious(const snapshot& s, std::string& text) {
  for (const task_view& t : s.tasks) {
    if (has(t, suspicion::lost_wake_up)) {
      text += "LOST WAKE-UP: " + with_birth(t) + " was woken " + text_of(t.in_state) +
              " ago and has not been resumed.\n";
    }
    if (has(t, suspicion::never_polled)) {
      text += "NEVER RUN: " + with_birth(t) + " has been ready since it was spawned, for " +
              text_of(t.in_state) + ".\n";
    }
    if (has(t, suspicion::wakes_itself)) {
      text += "SPINS: " + with_birth(t) + " was woken " + std::to_string(t.wakes) + " times, " +
              std::to_string(t.self_wakes) + " of them by itself; busy for " + text_of(t.busy) +
              ".\n";
    }
    if (has(t, suspicion::polled_too_long) && t.state != task_state::running) {
      text += "HELD THE LOOP: " + with_birth(t) + " once ran for " + text_of(t.longest_poll) +
              " without an await.\n";
    }
  }
}

/// Who waits, but for parents of children that do, since it is the children that matter, and for
/// whom a deadlock was named.
void add_waiting(const snapshot& s, std::string& text) {
  std::vector<const task_view*> waiting;
  std::vector<std::uint64_t> parents;
  parents.reserve(s.tasks.size());
  for (const task_view& t : s.tasks) parents.push_back(t.parent);
  std::ranges::sort(parents);
  for (const task_view& t : s.tasks) {
    const bool is_known =
        std::ranges::binary_search(parents, t.id) || has(t, suspicion::deadlocked);
    if (t.state == task_state::waiting && !is_known) waiting.push_back(&t);
  }
  if (waiting.empty()) return;
  std::ranges::sort(waiting, [](const task_view* a, const task_view* b) {
    return a->in_state != b->in_state ? a->in_state > b->in_state : a->id < b->id;
  });
  text += "\nWho waits, the longest first:\n";
  for (std::size_t i = 0; i < std::min(waiting.size(), most_waiting); ++i) {
    text += "  " + sentence_on(s, *waiting[i]) + '\n';
  }
  if (waiting.size() > most_waiting) {
    text += "  and " + std::to_string(waiting.size() - most_waiting) + " more (see rondo ps)\n";
  }
}

void add_other_work(const snapshot& s, std::string& text) {
  for (const job_view& job : s.jobs) {
    text += "The pool has been at " + job.name + " for " + text_of(job.running_for) + ".\n";
  }
  if (s.jobs_queued > 0) {
    text += count_of(s.jobs_queued, "job") + " of the pool wait for a thread.\n";
  }
  std::map<std::string, std::uint64_t> kinds;
  for (const handle_view& each : s.handles) {
    const std::string place = place_of(each.where);
    ++kinds[each.what + (place.empty() ? "" : " (" + place + ')')];
  }
  if (kinds.empty()) return;
  text += "\nWhat keeps the loop alive:\n";
  for (const auto& [what, number] : kinds) {
    text += "  " + (number > 1 ? std::to_string(number) + " x " : std::string()) + what + '\n';
  }
}

std::string all_about(const snapshot& s, const task_view& t) {
  std::string text = sentence_on(s, t) + ".\n";
  text += "It was resumed " + count_of(t.polls, "time") + ", woken " + count_of(t.wakes, "time") +
          " (" + std::to_string(t.self_wakes) + " by itself), busy for " + text_of(t.busy) +
          " of " + text_of(t.age) + ", at most " + text_of(t.longest_poll) + " at once.\n";
  if (const task_view* const by = words::find(s, t.woken_by)) {
    text += "Last woken by " + title_of(*by) + ".\n";
  }
  const std::string suspicions = words::suspicions_of(t);
  if (!suspicions.empty()) text += "Remarkable: " + suspicions + ".\n";
  for (const std::source_location& each : t.awaited_at) {
    text += "  awaited at " + place_of(each) + " in " + each.function_name() + '\n';
  }
  for (const deadlock& each : s.deadlocks) {
    if (std::ranges::find(each.tasks, t.id) != each.tasks.end()) {
      text += "DEADLOCK: " + each.in_words + ".\n";
    }
  }
  return text;
}

}  // namespace

std::string why_it_waits(const snapshot& s, std::string_view task) {
  std::string text;
  if (!task.empty()) {
    std::uint64_t id = 0;
    const auto [end, wrong] = std::from_chars(task.data(), task.data() + task.size(), id);
    const bool is_number = wrong == std::errc() && end == task.data() + task.size();
    for (const task_view& each : s.tasks) {
      if (is_number ? each.id == id : each.name == task) text += all_about(s, each);
    }
    return text.empty() ? "There is no task \"" + std::string(task) + "\".\n" : text;
  }
  for (const deadlock& each : s.deadlocks) text += "DEADLOCK: " + each.in_words + ".\n";
  add_loops(s, text);
  add_suspicious(s, text);
  if (text.empty()) text = "No deadlock, no loop that is held up, no task that spins or is lost.\n";
  add_waiting(s, text);
  add_other_work(s, text);
  return text;
}

}  // namespace rondo::observe
