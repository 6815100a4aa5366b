// The table of tasks.
#include <algorithm>
#include <vector>

#include <rondo/observe/text.hpp>

#include "observe/words.hpp"

namespace rondo::observe {

namespace {

/// Columns as wide as their widest cell, but for the last, which is what it is.
class table {
 public:
  explicit table(std::vector<std::string> titles) { add(std::move(titles)); }

  void add(std::vector<std::string> row) {
    widths_.resize(std::max(widths_.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths_[i] = std::min(std::max(widths_[i], row[i].size()), widest);
    }
    rows_.push_back(std::move(row));
  }
  std::string text() const {
    std::string all;
    for (const std::vector<std::string>& row : rows_) {
      std::string line;
      for (std::size_t i = 0; i < row.size(); ++i) {
        if (i > 0) line += "  ";
        line += row[i];
        if (row[i].size() < widths_[i]) line.append(widths_[i] - row[i].size(), ' ');
      }
      line.resize(line.find_last_not_of(' ') + 1);
      all += line + '\n';
    }
    return all;
  }

 private:
  static constexpr std::size_t widest = 40;

  std::vector<std::size_t> widths_;
  std::vector<std::vector<std::string>> rows_;
};

bool comes_first(const task_view& a, const task_view& b, table_order order) {
  switch (order) {
    case table_order::busy:
      return a.busy > b.busy;
    case table_order::polls:
      return a.polls > b.polls;
    case table_order::in_state:
      return a.in_state > b.in_state;
    case table_order::age:
      return a.age > b.age;
    case table_order::name:
      return a.name < b.name;
    case table_order::id:
      break;
  }
  return a.id < b.id;
}

std::vector<std::string> row_of(const snapshot& s, const task_view& t, bool times) {
  const bool waits = t.state == task_state::waiting;
  std::vector<std::string> row = {
      std::to_string(t.id), words::to_string(t.state), t.name.empty() ? "-" : t.name,
      words::place_of(waits ? t.waits_at : t.spawned_at), std::to_string(t.polls)};
  if (times) {
    row.push_back(words::text_of(t.busy));
    row.push_back(words::text_of(t.in_state));
  }
  std::string last = words::wait_of(s, t);
  const std::string suspicions = words::suspicions_of(t);
  if (!suspicions.empty()) last += (last.empty() ? "(" : " (") + suspicions + ')';
  row.push_back(std::move(last));
  return row;
}

}  // namespace

std::string tasks_as_table(const snapshot& s, const table_options& options) {
  std::vector<const task_view*> order;
  order.reserve(s.tasks.size());
  for (const task_view& each : s.tasks) order.push_back(&each);
  std::ranges::sort(order, [&](const task_view* a, const task_view* b) {
    if (comes_first(*a, *b, options.order)) return true;
    return !comes_first(*b, *a, options.order) && a->id < b->id;
  });
  const std::size_t shown =
      options.limit == 0 ? order.size() : std::min(options.limit, order.size());
  std::vector<std::string> titles = {"ID", "STATE", "NAME", "AT", "POLLS"};
  if (options.times) {
    titles.emplace_back("BUSY");
    titles.emplace_back("FOR");
  }
  titles.emplace_back("WAITS FOR");
  table all(std::move(titles));
  for (std::size_t i = 0; i < shown; ++i) all.add(row_of(s, *order[i], options.times));
  std::string text = all.text();
  const std::uint64_t more = s.tasks_left_out + (order.size() - shown);
  if (more > 0) text += "and " + std::to_string(more) + " more\n";
  return text;
}

}  // namespace rondo::observe
