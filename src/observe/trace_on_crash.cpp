// The trace of a program that has crashed. What runs then takes memory from the kernel by the page,
// waits for no lock, and writes with plain calls: the crashed thread may hold any lock there is.
#include <rondo/observe/trace_file.hpp>

#include <atomic>
#include <new>

#include <rondo/os/clock.hpp>
#include <rondo/os/crash.hpp>
#include <rondo/os/errors.hpp>
#include <rondo/os/fd.hpp>
#include <rondo/os/open_file.hpp>

#include "observe/drawing.hpp"
#include "observe/trace_name.hpp"
#include "observe/trace_writer.hpp"

namespace rondo::observe {

namespace {

class page_memory final : public std::pmr::memory_resource {
  void* do_allocate(std::size_t bytes, std::size_t) override {
    void* const at = os::map_pages(bytes);
    if (at == nullptr) throw std::bad_alloc();  // ends in the handler, as another crash
    return at;
  }
  void do_deallocate(void* p, std::size_t bytes, std::size_t) override { os::unmap(p, bytes); }
  bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override {
    return this == &other;
  }
};

/// Writes until it fails, and remembers why.
class file_sink final : public trace_sink {
 public:
  explicit file_sink(int fd) noexcept : fd_(fd) {}
  void put(std::string_view text) override {
    if (failed_ == 0) failed_ = os::write_whole(fd_, text.data(), text.size());
  }
  int failed() const noexcept { return failed_; }

 private:
  int fd_;
  int failed_ = 0;
};

void say(std::initializer_list<std::string_view> pieces) noexcept {
  char line[4096 + 256];
  std::size_t size = 0;
  for (const std::string_view each : pieces) {
    size += each.copy(line + size, sizeof line - size);
  }
  static_cast<void>(os::write_whole(2, line, size));
}

}  // namespace

struct trace_on_crash::state final : os::crash_listener {
  state(const probe::recorder& what, std::string where) : of(&what), folder(std::move(where)) {}

  void crashed(const os::crash&) noexcept override {
    at = real_clock().now();
    track = probe::this_thread();
  }
  void report(const os::crash& what) noexcept override;
  int draw(int fd, const os::crash& what) const;

  const probe::recorder* of;
  const std::string folder;
  // Of the thread that has crashed; written before the watch's thread is woken.
  instant at;
  const probe::track* track = nullptr;
  os::crash_watch watch;  // the last: nothing is gone yet while it looks
};

void trace_on_crash::state::report(const os::crash& what) noexcept {
  const trace_name path(folder, "crash");
  const int opened = os::make_private_file(path.text());
  if (opened < 0) {
    say({"rondo: ", what.name, ": no trace: ", path.text(), ": ", os::describe_plainly(opened),
         "\n"});
    return;
  }
  // Before it is drawn, which may end in another crash.
  say({"rondo: ", what.name, ": the flight recorder goes to ", path.text(), "\n"});
  if (const int failed = draw(opened, what); failed != 0) {
    say({"rondo: the trace is cut off: ", os::describe_plainly(failed), "\n"});
  }
}

int trace_on_crash::state::draw(int fd, const os::crash& what) const {
  page_memory pages;
  std::pmr::monotonic_buffer_resource memory(&pages);
  std::pmr::vector<probe::track_view> views(&memory);
  const int tracks = of->tracks();
  views.reserve(static_cast<std::size_t>(tracks));
  crash_mark mark;
  mark.at = at;
  mark.what = what.name;
  for (int i = 0; i < tracks; ++i) {
    const std::size_t room = of->room_per_track();
    auto* const events = static_cast<probe::event*>(
        memory.allocate(room * sizeof(probe::event), alignof(probe::event)));
    std::uninitialized_default_construct_n(events, room);
    views.push_back(of->view(i, {events, room}));
    if (of->is_at(i, track)) mark.track = i;
  }
  file_sink sink(fd);
  draw_trace(views, sink, memory, &mark);
  return sink.failed();
}

trace_on_crash::trace_on_crash(const probe::recorder& of, std::string_view folder)
    : state_(new state(of, whole_folder(folder))) {
  if (const int failed = state_->watch.open(*state_); failed != 0) {
    throw os::make_error(failed, "watch for crashes");
  }
}

trace_on_crash::~trace_on_crash() = default;

}  // namespace rondo::observe
