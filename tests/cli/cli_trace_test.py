"""`rondo trace`, and what `rondo serve --trace` and `--metrics` add: python3 cli_trace_test.py RONDO"""

import json
import os
import pathlib
import re
import resource
import signal
import subprocess
import sys
import tempfile
import unittest
import urllib.request

import cli_test
from cli_test import DEADLINE, Server, run


def get(url):
    with urllib.request.urlopen(url, timeout=DEADLINE) as answer:
        return answer.read().decode(), answer.headers


class Tracing(unittest.TestCase):
    def test_a_server_is_asked_for_its_trace(self):
        for workers in ("1", "2"):
            with tempfile.TemporaryDirectory() as folder, \
                    Server("--trace", folder, "--workers", workers) as server:
                for _ in range(3):
                    get(server.url + "/hello")
                done = run("trace", str(server.process.pid))
                self.assertEqual(done.returncode, 0, done.stderr)
                (trace,) = pathlib.Path(folder).iterdir()
                self.assertIn(f"rondo-trace-{server.process.pid}-", trace.name)
                self.assertTrue(done.stdout.startswith(f"{trace}: "), done.stdout)
                for word in ("threads:", "tasks:", "longest calls:", "ui.perfetto.dev",
                             "rondo-serve" if workers == "2" else "loop"):
                    self.assertIn(word, done.stdout)
                events = json.loads(trace.read_text())["traceEvents"]
                self.assertIn("receive_some", {e["name"] for e in events})
                self.assertEqual(run("trace", str(trace)).stdout, done.stdout)
                status, _, errors = server.stop()
                self.assertEqual(status, 0)
                self.assertIn(str(trace), errors)

    def test_a_crash_of_a_server_leaves_one(self):
        with tempfile.TemporaryDirectory() as folder:
            no_core = lambda: resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            with Server("--trace", folder, preexec_fn=no_core) as server:
                get(server.url + "/hello")
                server.process.send_signal(signal.SIGSEGV)
                server.process.wait(DEADLINE)
            (trace,) = pathlib.Path(folder).iterdir()
            done = run("trace", str(trace))
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("crashed: SIGSEGV", done.stdout)
            # What a second crash, or a full disk, would have left of it.
            cut = pathlib.Path(folder) / "cut.json"
            text = trace.read_text()
            cut.write_text(text[: text.rindex("thread_name") + 4])
            done = run("trace", str(cut))
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("cut off", done.stdout)

    def test_who_has_none_is_left_alone(self):
        with Server() as server:
            done = run("trace", str(server.process.pid))
            self.assertEqual(done.returncode, 1)
            self.assertIn("trace_on_signal", done.stderr)
            get(server.url + "/hello")
        nobody = subprocess.Popen(["true"])
        nobody.wait()
        for what, word in ((str(nobody.pid), "no process"), ("/no/such/file", "can't read"),
                           (__file__, "no trace of Rondo's")):
            done = run("trace", what)
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            self.assertIn(word, done.stderr)


class Metrics(unittest.TestCase):
    def test_a_server_shows_them_on_a_port_of_its_own(self):
        for workers in ("1", "2"):
            with Server("--metrics", "0", "--workers", workers) as server:
                told = server.process.stderr.readline()
                where = re.fullmatch(r"rondo: metrics at (http://127\.0\.0\.1:\d+/metrics)\n", told)
                self.assertTrue(where, told)
                for _ in range(7):
                    get(server.url + "/hello")
                text, headers = get(where[1])
                self.assertEqual(headers["Content-Type"], "text/plain; version=0.0.4; charset=utf-8")
                self.assertIn('rondo_http_requests_total{server="rondo serve"} 7\n', text)
                loops = dict(re.findall(r'^rondo_loop_turns_total\{worker="(\d)"\} (\d+)', text, re.M))
                self.assertEqual(sorted(loops), [str(i) for i in range(int(workers))])
                # The kernel deals out the connections: a worker may have slept all the time.
                self.assertTrue(any(int(turns) > 0 for turns in loops.values()), loops)
                with self.assertRaises(urllib.error.HTTPError):
                    get(server.url + "/metrics")
                status, _, _ = server.stop()
                self.assertEqual(status, 0)


if __name__ == "__main__":
    cli_test.PROGRAM = os.path.abspath(sys.argv.pop(1))
    unittest.main()
