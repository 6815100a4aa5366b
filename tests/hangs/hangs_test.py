#!/usr/bin/env python3
"""hangs_test.py RONDO FOLDER SCRIPT: whether each broken program of the guide is seen through.

RONDO is the command, FOLDER has the programs, SCRIPT is what gdb sources.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import unittest

RONDO, FOLDER, SCRIPT = sys.argv[1:4]
HERE = os.path.dirname(os.path.abspath(__file__))
LIMIT = 60  # seconds that nothing here comes near


def line_of(program, text):
    """The line of a program that holds this text."""
    with open(os.path.join(HERE, program + ".cpp"), encoding="utf-8") as f:
        return next(i for i, line in enumerate(f, 1) if text in line)


class Hang:
    """A broken program, which is killed in the end."""

    def __init__(self, name, folder):
        self.environment = {**os.environ, "XDG_RUNTIME_DIR": folder}
        self.process = subprocess.Popen([os.path.join(FOLDER, "hang_" + name)], text=True, env=self.environment,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.errors = ""
        self.reader = threading.Thread(target=self.read_errors)
        self.reader.start()

    def read_errors(self):
        for line in self.process.stderr:
            self.errors += line

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.reader.join()
        self.process.stdout.close()
        self.process.stderr.close()

    def says(self, line):
        for said in self.process.stdout:
            if said.strip() == line:
                return
        raise AssertionError(f"it ended, and never said {line!r}: {self.errors}")

    def ask(self, verb, *more):
        done = subprocess.run([RONDO, verb, str(self.process.pid), *more], text=True, check=False,
                              capture_output=True, timeout=LIMIT, env=self.environment)
        return done.stdout + done.stderr

    def gdb(self, *commands):
        arguments = ["gdb", "--batch", "-nx", "-p", str(self.process.pid), "-ex", f"source {SCRIPT}"]
        for each in commands:
            arguments += ["-ex", each]
        done = subprocess.run(arguments, text=True, check=False, capture_output=True, timeout=LIMIT)
        return done.stdout + done.stderr


def until(read, pattern):
    """Reads until the pattern is there: a tool may look before the program has come to the place."""
    end = time.monotonic() + LIMIT
    while True:
        text = read()
        if re.search(pattern, text, re.DOTALL):
            return text
        if time.monotonic() > end:
            raise AssertionError(f"no {pattern} in:\n{text}")
        time.sleep(0.05)


class Hangs(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="rondo")
        self.addCleanup(temporary.cleanup)
        self.folder = temporary.name

    def gdb_or_skip(self, program, *commands):
        if shutil.which("gdb") is None or "RONDO_HANGS_WITHOUT_GDB" in os.environ:
            self.skipTest("there is no gdb, or it is not to be used here")
        said = program.gdb(*commands)
        if "ptrace: " in said or "Could not attach" in said:
            self.skipTest("gdb may not look into another process here: " + said.strip().splitlines()[-1])
        return said

    def test_deadlock(self):
        with Hang("deadlock", self.folder) as program:
            program.says("alive")
            waits = line_of("deadlock", "co_await to.lock.lock()")
            text = until(lambda: program.ask("why"), "DEADLOCK")
            for name in ("alice to bob", "bob to alice"):
                self.assertRegex(text, rf'task "{name}" .*deadlock.cpp:{waits}')
            text = self.gdb_or_skip(program, "rondo tasks")
            self.assertRegex(text, rf'"alice to bob": .* held by "bob to alice" at deadlock.cpp:{waits}')

    def test_held(self):
        with Hang("held", self.folder) as program:
            program.says("computing")
            spawned = line_of("held", 's.spawn("report"')
            if "RONDO_HANGS_WITHOUT_STACKS" in os.environ:
                until(lambda: program.errors, r'"loop" .* is held up')
            else:
                text = until(lambda: program.errors, r"native stack:.*\n.*count_primes.*\n.*\n")
                self.assertRegex(text, rf'held up.*\n  task "report", spawned at held.cpp:{spawned} ')
            text = until(lambda: program.ask("why"), r"report.*held.cpp")
            self.assertRegex(text, rf"held.cpp:{spawned}")
            text = self.gdb_or_skip(program, "rondo tasks")
            self.assertRegex(text, r'"report": running')
            self.assertRegex(text, r'"answer": waits for sleep')

    def test_lost(self):
        with Hang("lost", self.folder) as program:
            for _ in range(3):
                program.says("served")
            waits, awaits = line_of("lost", "dishes.receive()"), line_of("lost", "co_await next_dish")
            text = until(lambda: program.ask("why", "waiter"), "receive")
            self.assertRegex(text, rf"lost.cpp:{waits}")
            self.assertRegex(text, rf"lost.cpp:{awaits}")
            text = until(lambda: program.ask("ps"), "waiter")
            self.assertNotIn("cook", text)
            text = self.gdb_or_skip(program, "rondo tasks", "rondo loop")
            self.assertRegex(text, rf'"waiter": waits for receive from a channel at lost.cpp:{waits}')
            self.assertRegex(text, rf"interval at lost.cpp:{line_of('lost', 'set_interval')}")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
