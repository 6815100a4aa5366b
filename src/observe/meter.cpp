// Who measures the loops, and lets go of them again.
#include <rondo/observe/metrics.hpp>

#include <algorithm>
#include <utility>

#include <rondo/task/this_task.hpp>

#include "observe/meter_state.hpp"

namespace rondo::observe {

void line_tally::note(line_event what, const task_context& line) noexcept {
  if (also_ != nullptr) also_->note(what, line);
  if (what == line_event::resumed) add(polls_);
  if (what == line_event::begins) add(spawned_);
  if (what == line_event::ended) add(ended_);
}

task_metrics line_tally::read() const noexcept {
  task_metrics found;
  // The ended first: none of them is missing among the spawned then.
  found.ended = ended_.load(std::memory_order_acquire);
  found.spawned = spawned_.load(std::memory_order_relaxed);
  found.polls = polls_.load(std::memory_order_relaxed);
  return found;
}

// One loop --------------------------------------------------------------------------------------

namespace {

constexpr char gauge_key = 0;

/// For loops that hang: what they do is not measured before they come back.
constexpr duration patience = duration::seconds(1);

}  // namespace

loop_gauge::loop_gauge(const loop_here& here, int index, const meter_options& options)
    : loop_companion(&gauge_key),
      runs_(here.runs),
      index_(index),
      worker_(here.index),
      tally_(here.runs->watcher()),
      on_(&loop_of(*here.runs)),
      runtime_(here.scheduler()) {
  delay_ = make_owned<loop_delay>(*on_, options.delay_resolution);
}

std::shared_ptr<loop_gauge> loop_gauge::attach(const loop_here& here, int index,
                                               const meter_options& options) {
  auto made = std::make_shared<loop_gauge>(here, index, options);
  loop& l = loop_of(*here.runs);
  made->delay_->enable();
  l.measure(true);
  made->note_pool();
  here.for_each_line([&](const task_context&) { made->tally_.adopt(); });
  // Nothing can fail any more.
  here.runs->set_watcher(&made->tally_);
  l.add_companion(*made);
  made->self_ = made;
  return made;
}

bool loop_gauge::is_of(const loop& l) const noexcept {
  const std::lock_guard hold(mutex_);
  return on_ == &l;
}

measured_loop loop_gauge::read() const {
  const std::lock_guard hold(mutex_);
  return on_ != nullptr && delay_ ? read_living() : last_;
}

measured_loop loop_gauge::read_living() const {
  measured_loop found;
  found.index = index_;
  found.is_worker = runtime_ != nullptr;
  found.backend = on_->backend().name();
  found.loop = on_->metrics();
  found.tasks = tally_.read();
  if (runtime_ != nullptr) found.worker = runtime_->metrics(worker_);
  const probe::histogram& delays = delay_->delays();
  duration from;
  for (std::size_t i = 0; i <= delay_metrics::bounds; ++i) {
    const bool is_last = i == delay_metrics::bounds;
    const duration to =
        is_last ? duration::max()
                : duration::nanoseconds(static_cast<std::int64_t>(delay_metrics::bound[i] * 1e9));
    found.delay.counts[i] = delays.count_between(from, to);
    from = to;
  }
  found.delay.sum_seconds = delays.sum().count_seconds();
  return found;
}

void loop_gauge::note_pool() noexcept {
  const std::lock_guard hold(mutex_);
  if (on_ != nullptr) pool_ = on_->pool_if_any();
}

blocking_pool* loop_gauge::pool() noexcept {
  const std::lock_guard hold(mutex_);
  if (on_ == nullptr) return nullptr;
  if (runs_->is_mine()) {
    pool_ = on_->pool_if_any();
  } else if (pool_ == nullptr) {
    try {
      on_->post([me = self_] { me->note_pool(); });
    } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch)
      // Then it is asked the next time.
    }
  }
  return pool_;
}

std::optional<std::uint64_t> loop_gauge::common_queue_depth() const noexcept {
  const std::lock_guard hold(mutex_);
  if (on_ == nullptr || runtime_ == nullptr) return {};
  return runtime_->common_queue_depth();  // it does not go before its workers' loops
}

/// On the loop's thread.
void loop_gauge::stop() noexcept {
  const std::lock_guard hold(mutex_);
  if (on_ == nullptr || !delay_) return;
  last_.loop = on_->metrics();
  delay_ = {};
  on_->measure(false);
}

void loop_gauge::let_go() noexcept {
  const std::lock_guard hold(mutex_);
  if (on_ == nullptr) return;
  try {
    on_->post([me = self_] { me->stop(); });
  } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch)
    // No memory to say so: it is measured on, for nobody.
  }
}

/// The tally stays: executors of this loop may call it until now, and no longer.
void loop_gauge::loop_ends() noexcept {
  std::shared_ptr<loop_gauge> last_share;
  const std::lock_guard hold(mutex_);
  last_share.swap(self_);
  try {
    if (delay_) last_ = read_living();
  } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch)
    // Then nothing is known of it.
  }
  delay_ = {};
  on_ = nullptr;
  pool_ = nullptr;
}

// All of them -----------------------------------------------------------------------------------

void measured_loops::expect(const loops_together& all) {
  const std::lock_guard hold(mutex_);
  const auto first = static_cast<int>(places_.size());
  for (int i = 0; i < all.size(); ++i) {
    const loop& l = all.at(i);
    if (std::ranges::any_of(places_, [&](const place& each) { return each.is_of(l); })) continue;
    places_.push_back({&l, first + i, nullptr});
  }
}

void measured_loops::take_in(const loop_here& here) {
  const std::lock_guard hold(mutex_);
  const loop& l = loop_of(*here.runs);
  const auto mine = std::ranges::find_if(places_, [&](const place& each) { return each.is_of(l); });
  if (!is_open_ || mine == places_.end() || mine->gauge) return;
  mine->gauge = loop_gauge::attach(here, mine->index, options_);
}

void measured_loops::let_go() noexcept {
  const std::lock_guard hold(mutex_);
  is_open_ = false;
  for (const place& each : places_) {
    if (each.gauge) each.gauge->let_go();
  }
}

meter::meter(meter_options options) : state_(new state(options)) {}

meter::~meter() {
  state_->loops->let_go();
}

task<> meter::attach() {
  const loops_together all(co_await this_task());
  state_->loops->expect(all);
  auto take_in = [loops = state_->loops](const loop_here& here) { loops->take_in(here); };
  co_await all.visit(std::move(take_in), patience);
}

http::server_counters& meter::server(std::string_view name) {
  const std::lock_guard hold(state_->mutex);
  for (state::named_server& each : state_->servers) {
    if (each.name == name) return each.counters;
  }
  return state_->servers.emplace_back(name).counters;
}

metrics meter::read() const {
  metrics all;
  all.process = os::usage_of_process();
  std::vector<blocking_pool*> pools;
  state_->loops->for_each([&](loop_gauge& each) {
    all.loops.push_back(each.read());
    blocking_pool* const pool = each.pool();
    if (pool != nullptr && std::ranges::find(pools, pool) == pools.end()) pools.push_back(pool);
    if (const auto depth = each.common_queue_depth()) all.common_queue_depth = depth;
  });
  std::ranges::sort(all.loops, {}, &measured_loop::index);
  for (blocking_pool* const each : pools) all.pools.push_back(each->counts());
  const std::lock_guard hold(state_->mutex);
  for (const state::named_server& each : state_->servers) {
    constexpr auto relaxed = std::memory_order_relaxed;
    all.servers.push_back({each.name, each.counters.requests.load(relaxed),
                           each.counters.accepted.load(relaxed), each.counters.open.load(relaxed)});
  }
  return all;
}

task_metrics metrics::tasks() const noexcept {
  task_metrics all;
  for (const measured_loop& each : loops) {
    all.spawned += each.tasks.spawned;
    all.ended += each.tasks.ended;
    all.polls += each.tasks.polls;
  }
  return all;
}

}  // namespace rondo::observe
