"""`rondo serve --cluster`: python3 cli_cluster_test.py PATH/TO/rondo"""

import http.client
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import unittest

import cli_test
from cli_test import DEADLINE, granted


class Cluster:
    """`rondo serve --cluster 2` on a free port, all its workers ready."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen([cli_test.PROGRAM, "serve", "--port", "0", "--cluster", "2", *arguments],
                                        text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.lines = []
        self.news = threading.Condition()
        self.reader = threading.Thread(target=self.read_errors)
        self.reader.start()
        greeting = self.process.stdout.readline()
        match = re.search(r"http://127\.0\.0\.1:(\d+) \(2 processes\)", greeting)
        if not match:
            self.__exit__()
            raise AssertionError(greeting + "\n".join(self.lines))
        self.port = int(match[1])
        self.await_line("ready", 2)

    def read_errors(self):
        for line in self.process.stderr:
            with self.news:
                self.lines.append(line.rstrip("\n"))
                self.news.notify_all()
        with self.news:
            self.lines.append("the end")
            self.news.notify_all()

    def await_line(self, pattern, count=1):
        """Waits until so many lines match."""
        def found():
            return len([each for each in self.lines if re.search(pattern, each)]) >= count
        with self.news:
            if not self.news.wait_for(found, DEADLINE):
                raise AssertionError(f"no '{pattern}' in:\n" + "\n".join(self.lines))

    def workers(self):
        """The processes that have become ready, the latest of each place."""
        latest = {}
        for line in self.lines:
            if match := re.search(r"worker (\d+) \(process (\d+)\): ready", line):
                latest[match[1]] = int(match[2])
        return [latest[place] for place in sorted(latest)]

    def get(self, path="/hello"):
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE)
        client.request("GET", path)
        answer = client.getresponse().read()
        client.close()
        return answer

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.reader.join()  # the pipe ends with the last worker
        self.process.stdout.close()
        self.process.stderr.close()

    def stop(self):
        self.process.terminate()
        return self.process.wait(DEADLINE)


class Load:
    """wrk, for so many seconds."""

    def __init__(self, port, connections, seconds):
        self.wrk = subprocess.Popen(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s",
                                     f"http://127.0.0.1:{port}/hello"], text=True, stdout=subprocess.PIPE)

    def result(self):
        """Requests answered; errors of sockets by their kind."""
        out, _ = self.wrk.communicate(timeout=DEADLINE)
        if "Non-2xx" in out:
            raise AssertionError(out)
        errors = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", out)
        return int(re.search(r"(\d+) requests in", out)[1]), [int(n) for n in errors.groups()] if errors else [0] * 4


def sockets_of(process):
    targets = []
    for entry in pathlib.Path(f"/proc/{process}/fd").iterdir():
        try:
            targets.append(os.readlink(entry))
        except FileNotFoundError:
            pass  # closed meanwhile
    return len([each for each in targets if each.startswith("socket:")])


class Serving(unittest.TestCase):
    def test_serves_and_ends_on_every_backend(self):
        for name in granted():
            with self.subTest(name), Cluster("--backend", name) as cluster:
                self.assertEqual(len(set(cluster.workers())), 2)
                for _ in range(10):
                    self.assertEqual(cluster.get(), b"Hello, World!\n")
                self.assertEqual(cluster.stop(), 0)
                cluster.await_line("the end")
                self.assertEqual(len([each for each in cluster.lines if "exited with 0" in each]), 2)
                self.assertEqual(cluster.lines[-2], "rondo: done")

    @unittest.skipUnless(shutil.which("wrk"), "wrk is not installed")
    def test_reloads_under_load_fail_no_request(self):
        for name in granted():
            with self.subTest(name), Cluster("--backend", name) as cluster:
                before = cluster.workers()
                load = Load(cluster.port, 64, 3)
                for count in (1, 2, 3):
                    cluster.process.send_signal(signal.SIGHUP)
                    cluster.await_line("^rondo: reloaded$", count)
                answered, errors = load.result()
                self.assertEqual(errors, [0, 0, 0, 0])
                self.assertGreater(answered, 1000)
                self.assertFalse(set(before) & set(cluster.workers()))
                self.assertEqual(cluster.stop(), 0)

    @unittest.skipUnless(shutil.which("wrk"), "wrk is not installed")
    def test_a_kill_fails_what_the_killed_one_had(self):
        with Cluster() as cluster:
            load = Load(cluster.port, 64, 4)
            victim = cluster.workers()[0]
            while sockets_of(victim) + sockets_of(cluster.workers()[1]) < 64:
                pass  # wrk connects
            had = sockets_of(victim)
            os.kill(victim, signal.SIGKILL)
            cluster.await_line("killed by SIGKILL")
            cluster.await_line("ready", 3)
            answered, errors = load.result()
            self.assertEqual(errors[0], 0, "everybody could connect")
            self.assertLessEqual(sum(errors), had)
            self.assertGreater(answered, 1000)
            self.assertEqual(cluster.stop(), 0)

    def test_a_reload_that_fails_leaves_the_old_ones(self):
        with tempfile.TemporaryDirectory() as parent:
            folder = pathlib.Path(parent, "site")
            folder.mkdir()
            with Cluster(str(folder)) as cluster:
                before = cluster.workers()
                folder.rmdir()  # and so no new worker can be started
                cluster.process.send_signal(signal.SIGHUP)
                cluster.await_line("reload the workers: no successor for worker 0: exited with")
                self.assertEqual(cluster.get(), b"Hello, World!\n")
                self.assertEqual(cluster.workers(), before)
                self.assertEqual(cluster.stop(), 0)

    def test_the_second_signal_does_not_wait(self):
        with Cluster() as cluster:
            with socket.create_connection(("127.0.0.1", cluster.port), timeout=DEADLINE) as client:
                client.sendall(b"GET /hello HT")
                self.assertEqual(cluster.get(), b"Hello, World!\n")
                cluster.process.send_signal(signal.SIGINT)
                cluster.await_line("SIGINT: finishing")
                cluster.process.send_signal(signal.SIGINT)
                cluster.await_line("closing everything")
                self.assertEqual(cluster.process.wait(DEADLINE), 0)

    def test_workers_end_with_their_supervisor(self):
        with Cluster() as cluster:
            cluster.process.kill()
            cluster.await_line("the end")  # of the pipe that all of them hold
            self.assertEqual(len([each for each in cluster.lines if "no supervisor left" in each]), 2)


if __name__ == "__main__":
    cli_test.PROGRAM = sys.argv.pop(1)
    unittest.main()
