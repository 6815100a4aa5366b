#!/usr/bin/env python3
"""Runs a program with a known load and reads its metrics with the parser of Prometheus' own client, and
with promtool where that is installed: every family has a help and a type, names keep to the conventions,
histograms add up, and the values are those of the load.

Usage: check.py MEASURED_PROGRAM
"""

import re
import shutil
import subprocess
import sys

try:
    from prometheus_client.parser import text_string_to_metric_families
except ImportError as why:
    print(f"skipped: {why}")
    sys.exit(77)

SECONDS = 60


def check_names(families):
    for family in families:
        if not family.documentation:
            yield f"{family.name} has no help"
        if family.type == "unknown":
            yield f"{family.name} has no type"
        for sample in family.samples:
            if family.type == "counter" and not sample.name.endswith("_total"):
                yield f"the counter {sample.name} does not end with _total"
            if family.type == "gauge" and sample.name.endswith("_total"):
                yield f"the gauge {sample.name} ends with _total"
            if re.search(r"_(ms|us|ns|millis|micros|kb|mb)(_|$)", sample.name):
                yield f"{sample.name} is not in a base unit"


def check_histograms(families):
    for family in families:
        if family.type != "histogram":
            continue
        for worker in {s.labels["worker"] for s in family.samples}:
            mine = [s for s in family.samples if s.labels["worker"] == worker]
            buckets = [(float(s.labels["le"]), s.value) for s in mine if s.name.endswith("_bucket")]
            (count,) = [s.value for s in mine if s.name.endswith("_count")]
            if buckets != sorted(buckets) or [v for _, v in buckets] != sorted(v for _, v in buckets):
                yield f"buckets of {family.name} go down: {buckets}"
            if buckets[-1] != (float("inf"), count):
                yield f"the last bucket of {family.name} is {buckets[-1]}, and there are {count}"


def check_load(families, workers):
    values = {}
    for family in families:
        for s in family.samples:
            values.setdefault(s.name, []).append((s.labels, s.value))

    def total(name, **labels):
        found = [v for have, v in values.get(name, []) if labels.items() <= have.items()]
        return sum(found) if found else None

    loops = max(workers, 1)
    for name, wanted, labels in (
        ("rondo_build_info", 1, {}),
        ("rondo_pool_jobs_completed_total", 3, {"kind": "other"}),
        ("rondo_pool_jobs_queued", 0, {}),
        ("rondo_http_requests_total", 5, {"server": 'test "quoted"'}),
        ("rondo_http_connections_accepted_total", 1, {}),
        ("rondo_http_connections_open", 1, {}),
    ):
        if total(name, **labels) != wanted:
            yield f"{name} is {total(name, **labels)} and not {wanted}"
    for name, least, most in (
        # The main task, ten naps, and two or three of the server and its scopes.
        ("rondo_tasks_spawned_total", 12, 20),
        ("rondo_tasks_alive", 2, 10),
        ("rondo_task_polls_total", 30, 200),
        ("rondo_loop_turns_total", 20, 1e6),
        ("rondo_loop_active_seconds_total", 0.17, 60),
        ("rondo_loop_idle_seconds_total", 0.01, 120),
        ("rondo_loop_delay_seconds_count", 3, 1e6),
        ("rondo_loop_delay_seconds_sum", 0.06, 60),
        ("rondo_io_operations_total", 8, 1000),
        ("process_cpu_seconds_total", 0.02, 60),
        ("process_open_fds", 4, 1000),
        ("process_max_fds", 16, 1e12),
        ("process_threads", loops, 100),
        ("process_resident_memory_bytes", 1e6, 1e10),
        ("process_virtual_memory_bytes", 1e6, 1e15),
        ("process_start_time_seconds", 1.6e9, 1e10),
    ):
        if not least <= (total(name) or 0) <= most:
            yield f"{name} is {total(name)}, which is not in {least} to {most}"
    if len(values.get("rondo_loop_turns_total", [])) != loops:
        yield f"loops: {values.get('rondo_loop_turns_total')}"
    phases = {have["phase"] for have, _ in values["rondo_loop_callbacks_total"]}
    if not {"timers", "poll", "check", "next ticks", "microtasks"} <= phases:
        yield f"phases: {phases}"
    late = total("rondo_loop_delay_seconds_count") - total("rondo_loop_delay_seconds_bucket", le="0.025")
    if late < 2:  # of three stalls of 60 ms, asked every 20 ms
        yield f"{late} stalls of more than 25 ms"
    crew = total("rondo_worker_polls_total")
    if (crew is None) != (workers == 0) or (workers > 0 and crew < 10):
        yield f"polls of the crew: {crew}"
    if (total("rondo_common_queue_depth") is None) != (workers == 0):
        yield "the common queue"


def check_promtool(text):
    if shutil.which("promtool") is None:
        print("  (promtool is not installed)")
        return
    told = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True)
    if told.returncode != 0 or told.stderr:
        yield f"promtool: {told.stdout} {told.stderr}"


def main():
    failed = False
    for workers in (0, 1, 3):
        done = subprocess.run([sys.argv[1], str(workers)], capture_output=True, text=True,
                              timeout=SECONDS, check=True)
        families = list(text_string_to_metric_families(done.stdout))
        wrong = [*check_names(families), *check_histograms(families), *check_load(families, workers),
                 *check_promtool(done.stdout)]
        if "Content-Type: text/plain; version=0.0.4; charset=utf-8" not in done.stderr:
            wrong.append(f"the answer's head: {done.stderr}")
        if not re.search(r"after the end: [1-9]", done.stderr):
            wrong.append(f"nothing is left after the end: {done.stderr}")
        print(f"{workers} workers: {len(families)} families, {len(wrong)} mistakes")
        for sentence in wrong[:20]:
            print(f"  {sentence}")
        failed = failed or bool(wrong)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
