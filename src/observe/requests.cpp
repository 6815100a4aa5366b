// The requests that come through the socket, and their answers.
#include "observe/requests.hpp"

#include <charconv>
#include <utility>

#include <rondo/observe/text.hpp>

#include "observe/words.hpp"

namespace rondo::observe {

namespace {

std::string framed(const char* how, const std::string& text) {
  return std::string(how) + ' ' + std::to_string(text.size()) + '\n' + text;
}

/// The next word of `rest`, which it loses.
std::string_view next_word(std::string_view& rest) {
  const std::size_t begin = std::min(rest.find_first_not_of(' '), rest.size());
  rest.remove_prefix(begin);
  const std::size_t end = std::min(rest.find(' '), rest.size());
  const std::string_view word = rest.substr(0, end);
  rest.remove_prefix(end);
  return word;
}

bool parse(std::string_view text, std::size_t& number) {
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), number);
  return wrong == std::errc() && end == text.data() + text.size();
}

bool parse(std::string_view text, table_order& order) {
  static constexpr struct {
    std::string_view name;
    table_order order;
  } known[] = {{"id", table_order::id},       {"busy", table_order::busy},
               {"polls", table_order::polls}, {"state", table_order::in_state},
               {"age", table_order::age},     {"name", table_order::name}};
  for (const auto& each : known) {
    if (each.name != text) continue;
    order = each.order;
    return true;
  }
  return false;
}

/// `key=` before a value, taken off.
bool takes(std::string_view& word, std::string_view key) {
  if (!word.starts_with(key)) return false;
  word.remove_prefix(key.size());
  return true;
}

std::string hello(const snapshot& s) {
  return std::to_string(s.pid) + ' ' + s.program + ", inspected for " + words::text_of(s.uptime) +
         ", " + std::to_string(s.tasks.size() + s.tasks_left_out) +
         " tasks, loops: " + std::to_string(s.workers.size()) + '\n';
}

}  // namespace

std::string conversation::answer(std::string_view request, snapshot s) {
  std::string_view rest = request;
  const std::string_view verb = next_word(rest);
  const auto unknown = [](std::string_view word) {
    return framed("error", "not understood: \"" + std::string(word.substr(0, 80)) + "\"\n");
  };
  if (verb == "why") {
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
    return framed("ok", why_it_waits(s, rest));
  }
  table_options table;
  std::size_t rows = 24;
  for (std::string_view word = next_word(rest); !word.empty(); word = next_word(rest)) {
    const std::string_view whole = word;
    const bool right = takes(word, "sort=")    ? parse(word, table.order)
                       : takes(word, "limit=") ? parse(word, table.limit)
                                               : takes(word, "rows=") && parse(word, rows);
    if (!right) return unknown(whole);
  }
  if (verb == "hello") return framed("ok", hello(s));
  if (verb == "ps") return framed("ok", tasks_as_table(s, table));
  if (verb == "tree") return framed("ok", tasks_as_tree(s));
  if (verb != "top") return unknown(verb);
  const std::string text = overview(s, last_ ? &*last_ : nullptr, rows);
  last_ = std::move(s);
  return framed("ok", text);
}

}  // namespace rondo::observe
