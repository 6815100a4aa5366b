// The list of programs, and how one of them is run and told.
#include <rondo/observe/gallery.hpp>

#include <exception>
#include <thread>

#include <rondo/base/assert.hpp>
#include <rondo/probe/recorder.hpp>

#include "observe/gallery/programs.hpp"
#include "observe/gallery/retelling.hpp"

namespace rondo::observe::gallery {

namespace {

/// What is shown of a file: its unnamed namespace, which the story follows.
entry entry_of(const program& p) {
  constexpr std::string_view opening = "\nnamespace {\n";
  constexpr std::string_view story = "\n}  // namespace\n\n// The story";
  const std::size_t begin = p.text.find(opening) + opening.size() + 1;
  const std::size_t end = p.text.find(story);
  RONDO_ASSERT(begin < end && end != std::string_view::npos);
  entry e;
  e.name = p.name;
  e.title = p.told.title;
  e.question = p.told.question;
  e.article = p.told.article;
  e.source = p.text.substr(begin, end - begin);
  for (const char c : p.text.substr(0, begin)) e.first_line += c == '\n' ? 1 : 0;
  return e;
}

const piece& piece_of(const entry& which) {
  for (const program& p : programs()) {
    if (p.name == which.name) return p.told;
  }
  RONDO_ASSERT(false);  // an entry that is not one of `entries()`
}

step end_of(const piece& p, instant now) {
  step end;
  end.at_end = true;
  end.where = "the end";
  end.at = now - instant();
  end.why = p.ending.empty() ? "Nothing is left that could call anything, so the loop ends."
                             : std::string(p.ending);
  return end;
}

performance run_here(const piece& p, io::backend_kind backend) {
  auto made = io::make_backend(backend);
  if (!made) throw std::move(made).error();
  probe::recorder recorder;
  simulated_clock time;
  stage s(time);
  performance seen;
  seen.backend = (*made)->name();
  {
    loop_options options;
    options.backend = std::move(*made);
    options.time = &time;
    options.recorder = &recorder;
    options.drain_queues = p.drain_queues;
    loop l(std::move(options));
    s.begin_on(&l);
    if (p.tasks != nullptr) {
      rondo::run(l, p.tasks(s));
    } else {
      p.callbacks(l, s);
      l.run();
    }
    s.begin_on(nullptr);
  }
  const std::vector<probe::track_record> tracks = recorder.snapshot();
  RONDO_ASSERT(tracks.front().lost == 0);  // a program that is too long to be told
  seen.steps = retelling(tracks.front().events, s.marks()).steps();
  for (std::size_t i = 0; i < seen.steps.size() && i < p.story.size(); ++i) {
    seen.steps[i].why = p.story[i].why;
  }
  seen.steps.push_back(end_of(p, time.now()));
  return seen;
}

}  // namespace

const std::vector<entry>& entries() {
  static const std::vector<entry> all = [] {
    std::vector<entry> made;
    for (const program& p : programs()) made.push_back(entry_of(p));
    return made;
  }();
  return all;
}

const entry* find(std::string_view name) {
  for (const entry& e : entries()) {
    if (e.name == name) return &e;
  }
  return nullptr;
}

std::vector<std::string_view> expected(const entry& which) {
  std::vector<std::string_view> lines;
  for (const told_line& each : piece_of(which).story) lines.push_back(each.said);
  return lines;
}

performance run(const entry& which, io::backend_kind backend) {
  performance seen;
  std::exception_ptr failure;
  std::thread alone([&] {
    try {
      seen = run_here(piece_of(which), backend);
    } catch (...) {
      failure = std::current_exception();
    }
  });
  alone.join();
  if (failure) std::rethrow_exception(failure);
  return seen;
}

}  // namespace rondo::observe::gallery
