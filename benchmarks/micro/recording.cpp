// What the flight recorder costs: an event, an event with a name that has to be kept, and reading
// it all.
#include <benchmark/benchmark.h>

#include <cstdint>

#include <rondo/probe/recorder.hpp>

namespace {

using rondo::probe::event_kind;

void record(benchmark::State& state) {
  rondo::probe::recorder recorder;
  rondo::probe::track& track = *recorder.open("benchmark");
  for (auto _ : state) track.record(event_kind::line_woken, &track);
  state.SetItemsProcessed(state.iterations());
}

/// A name that is not a literal: found again by its text.
void keep_name(benchmark::State& state) {
  rondo::probe::recorder recorder;
  for (auto _ : state) benchmark::DoNotOptimize(recorder.keep("session 17"));
}

/// Of a full ring.
void take_snapshot(benchmark::State& state) {
  rondo::probe::recorder recorder;
  rondo::probe::track& track = *recorder.open("benchmark");
  for (int i = 0; i < 8192; ++i) track.record(event_kind::line_woken, &track);
  for (auto _ : state) benchmark::DoNotOptimize(recorder.snapshot());
  state.SetItemsProcessed(state.iterations() * 8192);
}

BENCHMARK(record);
BENCHMARK(keep_name);
BENCHMARK(take_snapshot);

}  // namespace
