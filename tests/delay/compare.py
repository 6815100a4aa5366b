#!/usr/bin/env python3
"""Runs stalls.cjs on the machine's Node and the same program on Rondo, and compares what their
loop-delay histograms found.

Node records the time between two calls of its timer, Rondo how late a call is; so Node's figures
are greater by the resolution. Where in the resolution a stall falls is chance: each figure is right
to one resolution, and the two to two. A machine that is busy with something else can hold up either
program at any time: within a stall, which therefore says how long it really was, and elsewhere, so a
comparison that fails is made again, a few times.

Usage: compare.py DELAY_STALLS [--node node]
"""

import argparse
import json
import pathlib
import subprocess
import sys

RESOLUTION = 10
STALLS = (60, 240, 120)
TRIES = 8
# What a scheduler may add to any figure.
SLACK = 20
SECONDS = 30


def run(*command):
    words = [*map(str, command), str(RESOLUTION), *map(str, STALLS)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=SECONDS, check=True)
    return json.loads(done.stdout)


def faults(node, rondo):
    """What is wrong, as sentences."""
    wrong = []
    for name, found, offset in (("Node", node, RESOLUTION), ("Rondo", rondo, 0)):
        late = [value - offset for value in found["longest"]]
        for stall, value in zip(sorted(found["held"], reverse=True), late):
            if not stall - RESOLUTION - 1 <= value <= stall + SLACK:
                wrong.append(f"{name} saw {value:.1f} ms of a stall of {stall:.1f} ms")
        if late[len(STALLS)] > min(STALLS) - RESOLUTION:
            wrong.append(f"{name} saw a stall of {late[len(STALLS)]:.1f} ms that was none")
        if not -1 <= found["p50"] - offset <= SLACK:
            wrong.append(f"{name} is late by {found['p50'] - offset:.1f} ms most of the time")
    beyond = [[value - held for value, held in zip(found["longest"], sorted(found["held"])[::-1])]
              for found in (node, rondo)]
    for theirs, ours in zip(*beyond):
        if abs(ours - (theirs - RESOLUTION)) > 2 * RESOLUTION:
            wrong.append(f"Rondo is {ours:.1f} ms off, and Node {theirs - RESOLUTION:.1f} ms")
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program")
    parser.add_argument("--node", default="node")
    options = parser.parse_args()
    script = pathlib.Path(__file__).parent / "stalls.cjs"
    for attempt in range(1, TRIES + 1):
        node = run(options.node, script)
        rondo = run(options.program)
        wrong = faults(node, rondo)
        print(f"attempt {attempt}: Node {node}\n           Rondo {rondo}")
        if not wrong:
            return 0
        print("  " + "\n  ".join(wrong))
    return 1


if __name__ == "__main__":
    sys.exit(main())
