"""`rondo serve --inspect` with one loop and with several: python3 cli_inspect_test.py PATH/TO/rondo"""

import http.cookiejar
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.request

import cli_test
from cli_test import DEADLINE, granted

PAGE = r"look inside at (http://127\.0\.0\.1:\d+/)\?token=([0-9a-f]{32})"


class Serving:
    """`rondo serve --inspect`, its sockets in a folder of the test's, and what it prints."""

    def __init__(self, folder, *arguments):
        self.environment = {**os.environ, "XDG_RUNTIME_DIR": folder}
        self.folder = pathlib.Path(folder, "rondo")
        self.process = subprocess.Popen([cli_test.PROGRAM, "serve", "--port", "0", "--inspect", *arguments],
                                        text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                        env=self.environment)
        self.lines = []
        self.news = threading.Condition()
        self.reader = threading.Thread(target=self.read)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            with self.news:
                self.lines.append(line.rstrip("\n"))
                self.news.notify_all()

    def all_of(self, pattern, count=1):
        """What so many lines say, once there are as many."""
        def found():
            return [match for match in (re.search(pattern, line) for line in self.lines) if match]
        with self.news:
            if not self.news.wait_for(lambda: len(found()) >= count, DEADLINE):
                raise AssertionError(f"no '{pattern}' in:\n" + "\n".join(self.lines))
            return found()

    def run(self, verb, pid):
        return subprocess.run([cli_test.PROGRAM, verb, str(pid)], text=True, capture_output=True, check=False,
                              timeout=DEADLINE, env=self.environment)

    def ask(self, verb, pid):
        done = self.run(verb, pid)
        if done.returncode != 0:
            raise AssertionError(done.stderr)
        return done.stdout

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.reader.join()
        self.process.stdout.close()

    def stop(self):
        self.process.terminate()
        return self.process.wait(DEADLINE)


def live(page):
    """What the page would draw, asked for as a browser does: with the cookie that the token brings."""
    address, token = page.group("page", "token") if "page" in page.groupdict() else (page[1], page[2])
    jar = http.cookiejar.CookieJar()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    browser.open(f"{address}?token={token}", timeout=DEADLINE).read()
    with browser.open(f"{address}api/live?once=1", timeout=DEADLINE) as answer:
        return json.load(answer)


def until(condition):
    end = time.monotonic() + DEADLINE
    while not condition():
        if time.monotonic() > end:
            raise AssertionError("it never came true")


class Inspecting(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="rondo")
        self.addCleanup(temporary.cleanup)
        self.folder = temporary.name

    def serving(self, *arguments):
        return Serving(self.folder, *arguments)

    def test_all_workers_are_on_one_page(self):
        for name in granted():
            with self.subTest(name), self.serving("--workers", "2", "--backend", name) as server:
                page = server.all_of(PAGE)[0]
                server.all_of(r"serving http://127\.0\.0\.1:\d+ \(\w+\), 2 workers")
                shown = live(page)
                self.assertEqual([(each["index"], each["thread"]) for each in shown["workers"]],
                                 [(0, "rondo"), (1, "rondo-serve")])
                self.assertEqual(shown["backend"], name)
                self.assertTrue(shown["recorder"])
                with self.assertRaises(urllib.error.HTTPError) as refused:
                    urllib.request.urlopen(f"{page[1]}api/live?once=1", timeout=DEADLINE)
                self.assertEqual(refused.exception.code, 403)
                refused.exception.close()
                # Each accepts; who gets a connection is the kernel's affair.
                until(lambda: len(re.findall(r"waiting +accept ", server.ask("ps", server.process.pid))) == 2)
                self.assertIn("Who waits, the longest first", server.ask("why", server.process.pid))
                self.assertEqual(server.stop(), 0)
                self.assertEqual(list(server.folder.iterdir()), [])

    def test_metrics_and_traces_go_with_it(self):
        arguments = ("--workers", "2", "--metrics", "0", "--trace", self.folder)
        with self.serving(*arguments) as server:
            self.assertEqual(len(live(server.all_of(PAGE)[0])["workers"]), 2)
            where = server.all_of(r"metrics at (\S+)")[0][1]
            with urllib.request.urlopen(where, timeout=DEADLINE) as answer:
                text = answer.read().decode()
            self.assertEqual(sorted(re.findall(r'^rondo_loop_turns_total\{worker="(\d)"\}', text, re.M)), ["0", "1"])
            self.assertIn("longest calls:", server.ask("trace", server.process.pid))
            self.assertEqual(server.stop(), 0)

    def test_each_process_of_a_cluster_has_a_page(self):
        of_worker = r"worker (\d) \(process (?P<pid>\d+)\): look inside at (?P<page>\S+/)\?token=(?P<token>[0-9a-f]{32})"
        for name in granted():
            with self.subTest(name), self.serving("--cluster", "2", "--backend", name) as server:
                server.all_of(r"serving .*\(2 processes\)")
                before = server.all_of(of_worker, 2)
                self.assertEqual(sorted(each[1] for each in before), ["0", "1"])
                self.look_at_each(server, before)
                server.process.send_signal(signal.SIGHUP)
                server.all_of("^rondo: reloaded$")
                pages = server.all_of(of_worker, 4)
                self.assertEqual(len({each["token"] for each in pages}), 4)
                self.look_at_each(server, pages[2:])
                for old in before:
                    self.assertNotEqual(server.run("ps", old["pid"]).returncode, 0)
                self.assertEqual(server.stop(), 0)
                self.assertEqual(list(server.folder.iterdir()), [])

    def look_at_each(self, server, pages):
        for each in pages:
            self.assertEqual(live(each)["pid"], int(each["pid"]))
            until(lambda pid=each["pid"]: re.search(r"waiting +supervisor ", server.ask("ps", pid)))

    def test_a_cluster_has_no_one_port_for_its_pages(self):
        done = cli_test.run("serve", "--cluster", "2", "--inspect=9000")
        self.assertEqual(done.returncode, 2)
        self.assertIn("--inspect=9000 is one port", done.stderr)
        self.assertEqual(done.stdout, "")


if __name__ == "__main__":
    cli_test.PROGRAM = os.path.abspath(sys.argv.pop(1))
    unittest.main()
