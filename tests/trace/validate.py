#!/usr/bin/env python3
"""Runs a program that prints its trace, and holds the trace to what viewers ask: it is JSON, slices of
one track lie beside each other or within each other, every arrow has two ends, in their order, and each
end lies in a slice. And to what the program did: its tasks are there, and they woke each other.

Usage: validate.py TRACED_PROGRAM
"""

import collections
import json
import subprocess
import sys

SECONDS = 60
EPSILON = 0.0005  # half a nanosecond, in the microseconds of the format


def trace_of(program, workers):
    done = subprocess.run([program, str(workers)], capture_output=True, text=True, timeout=SECONDS,
                          check=True)
    return json.loads(done.stdout)["traceEvents"]


def track_of(event):
    return event["pid"], event["tid"]


def slices_of(events):
    tracks = collections.defaultdict(list)
    for event in events:
        if event["ph"] == "X":
            tracks[track_of(event)].append((event["ts"], event["ts"] + event["dur"], event["name"]))
    return tracks


def check_nesting(tracks):
    for track, slices in tracks.items():
        around = []
        for begin, end, name in sorted(slices, key=lambda s: (s[0], -s[1])):
            while around and around[-1][0] <= begin + EPSILON:
                around.pop()
            if around and end > around[-1][0] + EPSILON:
                yield f"{name} on {track} ends behind {around[-1][1]}, in which it began"
            around.append((end, name))


def check_arrows(events, tracks):
    ends = collections.defaultdict(dict)
    for event in events:
        if event["ph"] not in "sf":
            continue
        if event["ph"] in ends[event["id"]]:
            yield f"arrow {event['id']} has two ends of a kind"
        ends[event["id"]][event["ph"]] = event
        slices = tracks[track_of(event)]
        if not any(b - EPSILON <= event["ts"] <= e + EPSILON for b, e, _ in slices):
            yield f"an end of {event['name']} at {event['ts']} on {track_of(event)} is in no slice"
    for number, pair in ends.items():
        if set(pair) != {"s", "f"}:
            yield f"arrow {number} has one end"
        elif pair["s"]["ts"] > pair["f"]["ts"] + EPSILON:
            yield f"arrow {number} goes back in time"


def check_story(events, workers):
    names = {track_of(e): e["args"]["name"] for e in events
             if e["ph"] == "M" and e["name"] == "thread_name"}
    text = " ".join(names.values())
    for wanted in ("main", "producer (traced.cpp:", "consumer (traced.cpp:", "mover", "pool",
                   "worker 0" if workers else "loop"):
        if wanted not in text:
            yield f"there is no track called {wanted}: {sorted(names.values())}"
    arrows = collections.Counter(e["name"] for e in events if e["ph"] == "f")
    for wanted in ("spawn", "wake", "operation", "job", "post"):
        if not arrows[wanted]:
            yield f"no arrow is a {wanted}: {arrows}"
    woken = {(names[track_of(s)].split()[0], names[track_of(f)].split()[0])
             for s in events if s["ph"] == "s" and s["name"] == "wake"
             for f in events if f["ph"] == "f" and f["id"] == s["id"]}
    if ("producer", "consumer") not in woken:
        yield f"the producer woke no consumer: {woken}"
    done = {e["name"] for e in events if e["ph"] == "X"}
    for wanted in ("waits", "runs", "ready", "waits: sleep", "timers", "poll"):
        if wanted not in done:
            yield f"nothing is called {wanted}: {sorted(done)}"


def main():
    failed = False
    for workers in (0, 1, 4):
        events = trace_of(sys.argv[1], workers)
        tracks = slices_of(events)
        wrong = [*check_nesting(tracks), *check_arrows(events, tracks),
                 *check_story(events, workers)]
        print(f"{workers} workers: {len(events)} events, {len(wrong)} mistakes")
        for sentence in wrong[:20]:
            print(f"  {sentence}")
        failed = failed or bool(wrong)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
