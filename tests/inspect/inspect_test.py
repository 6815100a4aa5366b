"""Programs looked at from outside: python3 inspect_test.py PATH/TO/rondo PATH/TO/inspected_program"""

import os
import pathlib
import pty
import re
import select
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
import unittest

RONDO = ""
INSPECTED = ""
DEADLINE = 60  # seconds that nothing here comes near


class Inspected:
    """A program that is broken as `how` says, with sockets in a folder of the test's."""

    def __init__(self, folder, how, workers=0):
        self.environment = {**os.environ, "XDG_RUNTIME_DIR": folder}
        self.folder = folder
        self.process = subprocess.Popen([INSPECTED, how, str(workers)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True, env=self.environment)
        assert self.process.stdout.readline() == "ready\n"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()

    @property
    def socket(self):
        return pathlib.Path(self.folder, "rondo", f"{self.process.pid}.sock")

    def run(self, verb, *more):
        return subprocess.run([RONDO, verb, str(self.process.pid), *more], text=True, check=False,
                              capture_output=True, timeout=DEADLINE, env=self.environment)

    def ask(self, verb, *more):
        done = self.run(verb, *more)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def ask_until(self, pattern, verb, *more):
        """Asks until the answer matches: some things are only remarkable after a while."""
        end = time.monotonic() + DEADLINE
        while time.monotonic() < end:
            text = self.ask(verb, *more)
            if re.search(pattern, text):
                return text
        raise AssertionError(f"no {pattern} in {text}")


class InspectTest(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="rondo")
        self.addCleanup(temporary.cleanup)
        self.folder = temporary.name

    def inspected(self, how, workers=0):
        return Inspected(self.folder, how, workers)

    def test_names_a_deadlock(self):
        for workers in (0, 2):
            with self.subTest(workers=workers), self.inspected("deadlock", workers) as program:
                text = program.ask("why")
                self.assertRegex(text, r'DEADLOCK: .*task "a" \(spawned at inspected.cpp:\d+\) '
                                       r'waits at inspected.cpp:\d+ for the mutex that task "b" '
                                       r'holds')
                self.assertEqual(text.count("DEADLOCK"), 1)
                self.assertEqual(program.ask("ps").count("(deadlocked)"), 2)
                self.assertIn("DEADLOCK", program.ask("why", "a"))

    def test_names_a_deadlock_of_three(self):
        with self.inspected("three", 2) as program:
            self.assertEqual(program.ask("ps").count("(deadlocked)"), 3)

    def test_finds_none_where_there_is_none(self):
        with self.inspected("idle") as program:
            self.assertIn("No deadlock", program.ask("why"))

    def test_answers_while_a_worker_is_wedged(self):
        for workers in (0, 2):
            with self.subTest(workers=workers), self.inspected("wedged", workers) as program:
                text = program.ask_until("HELD UP", "why")
                self.assertRegex(text, r'HELD UP: worker \d .*task "endless" \(\d+, spawned at '
                                       r'inspected.cpp:\d+\) runs without an await')
                self.assertRegex(program.ask("ps"), r"running +endless .*polled too long")
                self.assertRegex(program.ask("tree"), r'task "patient" \(\d+\), waiting for')

    def test_names_who_spins(self):
        with self.inspected("spin") as program:
            program.ask_until(r'SPINS: task "spinner"', "why")

    def test_lists_many_tasks(self):
        with self.inspected("many", 2) as program:
            self.assertEqual(program.ask("ps").count("one of many"), 10000)
            self.assertEqual(program.ask("tree").count('"one of many"'), 10000)
            short = program.ask("ps", "--limit", "5", "--sort", "busy")
            self.assertRegex(short, r"and \d+ more\n$")
            self.assertEqual(len(short.splitlines()), 7)

    def test_says_what_one_task_does(self):
        with self.inspected("deadlock") as program:
            self.assertRegex(program.ask("why", "b"), r"It was resumed \d+ times")
            self.assertIn('There is no task "nobody"', program.ask("why", "nobody"))

    def test_only_this_user_may_ask(self):
        with self.inspected("idle") as program:
            self.assertEqual(stat.S_IMODE(program.socket.stat().st_mode), 0o600)
            self.assertEqual(stat.S_IMODE(program.socket.parent.stat().st_mode), 0o700)
            if os.getuid() != 0:
                self.skipTest("only root can be somebody else")
            os.chmod(self.folder, 0o755)
            try:
                done = subprocess.run([RONDO, "ps", str(program.process.pid)], text=True,
                                      check=False, capture_output=True, timeout=DEADLINE,
                                      user=65534, env=program.environment)
                self.assertEqual(done.returncode, 1)
                self.assertIn("belongs to user 0: only that user", done.stderr)
            except PermissionError:
                print("the program lies where only root can start it")
            # Even where the files are open to all.
            os.chmod(program.socket.parent, 0o755)
            os.chmod(program.socket, 0o666)
            child = os.fork()
            if child == 0:
                os.setuid(65534)
                guest = socket.socket(socket.AF_UNIX)
                guest.settimeout(DEADLINE)
                try:
                    guest.connect(str(program.socket))
                    guest.sendall(b"ps\n")
                    answer = guest.recv(100)
                except OSError:
                    answer = b""
                os._exit(1 if answer else 0)
            self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), 0)

    def test_refuses_a_folder_of_somebody_else(self):
        os.mkdir(os.path.join(self.folder, "rondo"), 0o755)
        os.chmod(os.path.join(self.folder, "rondo"), 0o755)
        done = subprocess.run([INSPECTED, "idle"], stdin=subprocess.DEVNULL, text=True, check=False,
                              capture_output=True, timeout=DEADLINE,
                              env={**os.environ, "XDG_RUNTIME_DIR": self.folder})
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("nobody else may enter", done.stderr)

    def test_takes_no_link_for_a_folder(self):
        os.mkdir(os.path.join(self.folder, "elsewhere"), 0o700)
        os.symlink("elsewhere", os.path.join(self.folder, "rondo"))
        done = subprocess.run([INSPECTED, "idle"], stdin=subprocess.DEVNULL, text=True, check=False,
                              capture_output=True, timeout=DEADLINE,
                              env={**os.environ, "XDG_RUNTIME_DIR": self.folder})
        self.assertNotEqual(done.returncode, 0)

    def test_removes_what_the_dead_left_behind(self):
        with self.inspected("idle") as program:
            left = program.socket
        self.assertTrue(left.exists())  # it was killed
        # The kernel ends what a ring still waits for behind a process's back: until it has, somebody
        # seems to listen.
        end = time.monotonic() + DEADLINE
        while left.exists() and time.monotonic() < end:
            with self.inspected("idle") as program:
                program.process.stdin.close()
                self.assertEqual(program.process.wait(DEADLINE), 0)
        self.assertFalse(left.exists())
        with self.inspected("idle") as program:
            program.process.stdin.close()
            self.assertEqual(program.process.wait(DEADLINE), 0)
            self.assertFalse(program.socket.exists())

    def test_lists_who_can_be_asked(self):
        with self.inspected("idle") as one, self.inspected("idle") as other:
            done = subprocess.run([RONDO, "ps"], text=True, check=True, capture_output=True,
                                  timeout=DEADLINE, env=one.environment)
            for each in (one, other):
                self.assertIn(f"{each.process.pid} inspected_program", done.stdout)

    def test_says_why_it_cannot_ask(self):
        with self.inspected("idle") as program:
            environment = program.environment
        dead = subprocess.run([RONDO, "ps", str(program.process.pid)], text=True, check=False,
                              capture_output=True, timeout=DEADLINE, env=environment)
        self.assertEqual(dead.returncode, 1)
        self.assertIn("there is no process", dead.stderr)
        other = subprocess.run([RONDO, "why", str(os.getpid())], text=True, check=False,
                               capture_output=True, timeout=DEADLINE, env=environment)
        self.assertEqual(other.returncode, 1)
        self.assertIn("rondo::observe::inspect()", other.stderr)

    def test_bears_guests_of_all_kinds(self):
        with self.inspected("idle") as program:
            def connect():
                guest = socket.socket(socket.AF_UNIX)
                guest.settimeout(DEADLINE)
                guest.connect(str(program.socket))
                return guest

            silent = [connect() for _ in range(8)]
            with connect() as garbage:
                garbage.sendall(b"\xff\x00?\n")
                self.assertTrue(garbage.recv(100).startswith(b"error "))
            with connect() as endless:
                try:
                    endless.sendall(b"x" * 100_000)
                    self.assertEqual(endless.recv(100), b"")
                except OSError:
                    pass  # it was thrown out while it spoke
            with connect() as many:
                many.sendall(b"hello\n" * 50)
                with many.makefile("rb") as answers:
                    for _ in range(50):
                        head = answers.readline().split()
                        self.assertEqual(head[0], b"ok")
                        answers.read(int(head[1]))
            for each in silent:
                each.close()
            self.assertIn("main", program.ask("ps"))

    def test_top_prints_blocks_where_nobody_sits(self):
        with self.inspected("spin") as program:
            with subprocess.Popen([RONDO, "top", str(program.process.pid), "--interval", "0.1"],
                                  text=True, stdout=subprocess.PIPE,
                                  env=program.environment) as top:
                lines = [top.stdout.readline() for _ in range(30)]
                top.send_signal(signal.SIGINT)
                self.assertEqual(top.wait(DEADLINE), 0)
            text = "".join(lines)
            self.assertIn("spinner", text)
            self.assertIn("worker 0", text)
            self.assertNotIn("\x1b", text)

    def test_top_draws_on_a_terminal_and_leaves_it_as_it_was(self):
        with self.inspected("spin") as program:
            ours, its = pty.openpty()
            before = subprocess.check_output(["stty", "-g"], stdin=its)
            with subprocess.Popen([RONDO, "top", str(program.process.pid), "--interval", "0.1"],
                                  stdin=its, stdout=its, env=program.environment) as top:
                seen = b""
                while seen.count(b"spinner") < 2:
                    self.assertTrue(select.select([ours], [], [], DEADLINE)[0], seen)
                    seen += os.read(ours, 65536)
                os.write(ours, b"q")
                end = time.monotonic() + DEADLINE
                while top.poll() is None and time.monotonic() < end:
                    if select.select([ours], [], [], 0.1)[0]:
                        seen += os.read(ours, 65536)
                self.assertEqual(top.returncode, 0)
            while select.select([ours], [], [], 0)[0]:
                seen += os.read(ours, 65536)
            self.assertIn(b"\x1b[?1049h", seen)
            self.assertTrue(seen.rstrip().endswith(b"\x1b[?1049l"), seen[-40:])
            self.assertEqual(subprocess.check_output(["stty", "-g"], stdin=its), before)
            os.close(ours)
            os.close(its)


if __name__ == "__main__":
    RONDO, INSPECTED = sys.argv[1:3]
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
