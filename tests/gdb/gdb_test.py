#!/usr/bin/env python3
"""gdb_test.py PROGRAM SCRIPT: what contrib/gdb/rondo_gdb.py says of a program that has stopped, and of its core.

Exits with 77, and says why, where there is no gdb or where it may not trace a process.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

PROGRAM, SCRIPT = sys.argv[1:3]
SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "stopped.cpp")


def line_of(marker):
    """The line of stopped.cpp that ends with this comment."""
    with open(SOURCE, encoding="utf-8") as f:
        return next(i for i, text in enumerate(f, 1) if text.rstrip().endswith("// " + marker))


def gdb(*commands, program=(PROGRAM,)):
    arguments = ["gdb", "--batch", "-nx", "-iex", "set debuginfod enabled off", "-ex", f"source {SCRIPT}"]
    for command in commands:
        arguments += ["-ex", command]
    done = subprocess.run(arguments + list(program), capture_output=True, text=True, timeout=100)
    return done.stdout + done.stderr


def stopped(*commands, argument=""):
    return gdb("break stop_here", f"run {argument}", *commands)


class Tasks(unittest.TestCase):
    def check_tasks(self, said):
        lock = rf"waits for lock of a mutex, held by \"{{}}\" at stopped.cpp:{line_of('the line of the lock')}"
        self.assertRegex(said, r'"left first": ' + lock.format("right first"))
        self.assertRegex(said, r'"right first": ' + lock.format("left first"))
        receive = line_of("the line of the receive")
        self.assertRegex(said, rf'"cook": waits for receive from a channel at stopped.cpp:{receive}')
        self.assertRegex(said, r'"door": waits for accept')
        self.assertRegex(said, r'"nap": waits for sleep')
        self.assertRegex(said, r'"stop": running')

    def check_loop(self, said):
        self.assertRegex(said, r"loop at 0x[0-9a-f]+ on thread 1, in 1\. timers")
        interval, hold = line_of("the line of the interval"), line_of("the line of the hold")
        self.assertRegex(said, rf"in 1 h: interval at stopped.cpp:{interval}")
        self.assertRegex(said, r'in 2 h: sleep of "nap"')
        self.assertRegex(said, rf"\n +hold at stopped.cpp:{hold} ")

    def test_process_and_core(self):
        with tempfile.TemporaryDirectory() as folder:
            core = os.path.join(folder, "core")
            said = stopped("rondo tasks", "rondo loop", f"generate-core-file {core}")
            self.check_tasks(said)
            self.check_loop(said)
            said = gdb("rondo tasks", "rondo loop", program=(PROGRAM, core))
            self.check_tasks(said)
            self.check_loop(said)

    def test_stack(self):
        said = stopped("rondo tasks")
        number = re.search(r'(\d+) +"cook"', said).group(1)
        said = stopped(f"rondo stack {number}")
        places = [line_of("the line of the receive"), line_of("the line of the inner await")]
        self.assertRegex(said, rf"#0 receive from a channel at stopped.cpp:{places[0]} in .*next_order")
        self.assertRegex(said, rf"#1 awaited at stopped.cpp:{places[1]} in .*cook")
        self.assertRegex(said, r'#2 spawned as "cook" at stopped.cpp:\d+ in ')
        self.assertIn("there is no task 1000", stopped("rondo stack 1000"))

    def test_printers(self):
        said = stopped(*(f"print seen->{member}" for member in ("left", "orders", "held", "limit")))
        self.assertIn('= mutex, held by "left first"', said)
        self.assertIn("= 0 of 1 queued, 0 senders and 1 receivers wait", said)
        self.assertIn(f"= active hold at stopped.cpp:{line_of('the line of the hold')}", said)
        self.assertIn("= 5 ms", said)

    def test_tasks_of_two_threads(self):
        said = stopped("rondo tasks", "rondo loop", argument="many")
        self.assertRegex(said, r'"far nap": waits for sleep')
        self.assertEqual(len(re.findall(r"loop at 0x", said)), 2, said)


def why_not():
    if shutil.which("gdb") is None:
        return "there is no gdb"
    said = stopped("info threads")
    if "stop_here" not in said.split("Breakpoint 1, ")[-1] or "Breakpoint 1, " not in said:
        return "gdb can't run a program here: " + said.strip().splitlines()[-1]
    return None


if __name__ == "__main__":
    reason = why_not()
    if reason:
        print("skipped:", reason)
        sys.exit(77)
    unittest.main(argv=sys.argv[:1])
