#!/usr/bin/env python3
"""Runs every program of programs/ twice, on the machine's Node and on Rondo, and compares the lines.

A program whose order Node itself leaves open says so in its first line:
    // one of: a, b, c | a, c, b
and then both must print one of these. Rondo's side runs on every backend that the machine grants. A
program whose order does not depend on when the queues are emptied says so in its first line,
    // in both modes
and Rondo then runs it as Node 10 would, too.

Usage: compare.py ORDER_PROGRAMS [--node node]
"""

import argparse
import concurrent.futures
import itertools
import os
import pathlib
import subprocess
import sys

FOLDER = pathlib.Path(__file__).parent / "programs"
OPEN = "// one of: "
BOTH = "// in both modes"
SECONDS = 60


def lines_of(command, **environment):
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False,
                          env={**os.environ, **environment})
    if done.returncode != 0:
        raise RuntimeError(f"{command[-1]} ended with {done.returncode}:\n{done.stderr}")
    return done.stdout.splitlines()


def first_line(source):
    return source.read_text().splitlines()[0]


def allowed_orders(source):
    first = first_line(source)
    if not first.startswith(OPEN):
        return None
    return [order.strip().split(", ") for order in first.removeprefix(OPEN).split("|")]


def compare(name, rondo, node, backends):
    """What is wrong with a program, as a list of sentences."""
    source = FOLDER / f"{name}.cjs"
    allowed = allowed_orders(source)
    expected = lines_of([node, str(source)])
    if allowed is not None and expected not in allowed:
        return [f"{name}: Node printed an order that is not allowed: {expected}"]
    wrong = []
    modes = [[], ["--after-each-phase"]] if first_line(source) == BOTH else [[]]
    for backend, mode in itertools.product(backends, modes):
        printed = lines_of([rondo, name, *mode], RONDO_BACKEND=backend)
        if printed not in (allowed or [expected]):
            how = " ".join([backend, *mode])
            wrong.append(f"{name}: on {how} Rondo printed\n  {printed}\nNode\n  {expected}")
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rondo")
    parser.add_argument("--node", default="node")
    arguments = parser.parse_args()

    names = sorted(source.stem for source in FOLDER.glob("*.cjs"))
    twins = lines_of([arguments.rondo, "--list"])
    if names != sorted(twins):
        sys.exit(f"without a twin: {sorted(set(names) ^ set(twins))}")
    backends = lines_of([arguments.rondo, "--backends"])
    version = lines_of([arguments.node, "--version"])[0]

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        results = pool.map(lambda name: compare(name, arguments.rondo, arguments.node, backends), names)
        wrong = [sentence for each in results for sentence in each]
    print("\n".join(wrong + [f"{len(names)} programs on Node {version} and on Rondo "
                             f"({', '.join(backends)}): {len(wrong)} differ"]))
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
