"""The program `rondo`: python3 cli_test.py PATH/TO/rondo"""

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
import urllib.parse

PROGRAM = ""
DEADLINE = 30  # seconds that nothing here comes near
BACKENDS = ("uring", "epoll", "poll", "select")


def run(*arguments, **more):
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=DEADLINE,
                          check=False, **more)


def granted():
    """The backends that `rondo doctor` says this machine grants."""
    return [name for name in BACKENDS if re.search(rf"^  {name} +yes", run("doctor").stdout, re.M)]


def connections_of_loops(process):
    """How many TCP connections each epoll of the process watches."""
    folder = f"/proc/{process}"
    with open(f"{folder}/net/tcp", encoding="ascii") as table:
        rows = [row.split() for row in table.readlines()[1:]]
    established = {f"socket:[{row[9]}]" for row in rows if row[3] == "01"}
    names = {}
    for number in os.listdir(f"{folder}/fd"):
        names[number] = os.readlink(f"{folder}/fd/{number}")
    counts = []
    for number, name in names.items():
        if name != "anon_inode:[eventpoll]":
            continue
        with open(f"{folder}/fdinfo/{number}", encoding="ascii") as info:
            watched = re.findall(r"^tfd: +(\d+)", info.read(), re.M)
        counts.append(sum(names.get(each) in established for each in watched))
    return counts


class Server:
    """`rondo serve` on a free port."""

    def __init__(self, *arguments, **more):
        self.process = subprocess.Popen([PROGRAM, "serve", "--port", "0", *arguments], text=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more)
        self.greeting = self.process.stdout.readline()
        match = re.search(r"http://127\.0\.0\.1:(\d+) \((\w+)\)", self.greeting)
        if not match:
            self.process.kill()
            raise AssertionError(self.greeting + self.process.stderr.read())
        self.port, self.backend = int(match[1]), match[2]
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE)

    def raw(self, text):
        """What comes back for some bytes, up to the end of the connection."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=DEADLINE) as client:
            client.sendall(text)
            return b"".join(iter(lambda: client.recv(65536), b""))

    def stop(self, number=signal.SIGTERM):
        """Exit status, the rest of the output, and all of the errors."""
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=DEADLINE)
        return self.process.returncode, out, err


class CommandLine(unittest.TestCase):
    def test_help_names_every_command_and_option(self):
        done = run("--help")
        self.assertEqual(done.returncode, 0)
        for word in ("serve", "doctor", "trace", "--version", "--help"):
            self.assertIn(word, done.stdout)
        done = run("serve", "--help")
        self.assertEqual(done.returncode, 0)
        for word in ("DIR", "--host", "--port", "--backend", "--workers", "--log",
                     "--drain-timeout", "127.0.0.1", "8080", *BACKENDS):
            self.assertIn(word, done.stdout)

    def test_version(self):
        done = run("--version")
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stdout, r"^\d+\.\d+\.\d+\n$")

    def test_doctor_says_what_is_granted(self):
        done = run("doctor")
        self.assertEqual(done.returncode, 0)
        self.assertEqual(done.stderr, "")
        for word in (*BACKENDS, "automatic choice: ", "open descriptors", "listen backlog"):
            self.assertIn(word, done.stdout)
        self.assertIn("select", granted())

    def test_mistakes_are_named_and_fail(self):
        for arguments, word in (((), "subcommand"), (("turn",), "subcommand"),
                                (("serve", "--backend", "kqueue"), "kqueue"),
                                (("serve", "--port", "70000"), "70000"),
                                (("serve", "--host", "no.such"), "no.such"),
                                (("serve", "--sideways"), "--sideways"),
                                (("serve", "/no/such/folder"), "/no/such/folder")):
            done = run(*arguments)
            self.assertNotEqual(done.returncode, 0, arguments)
            self.assertIn(word, done.stderr, arguments)
            self.assertEqual(done.stdout, "", arguments)

    def test_a_bad_name_in_the_environment(self):
        done = run("serve", "--port", "0", env={**os.environ, "RONDO_BACKEND": "kqueue"})
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("kqueue", done.stderr)

    @unittest.skipUnless(shutil.which("make"), "make is not installed")
    def test_make_run_hands_the_port_on(self):
        root = pathlib.Path(__file__).parents[2]
        done = subprocess.run(["make", "-n", "-C", root, "run", "PORT=1234", "ARGS=--log"], text=True,
                              capture_output=True, timeout=DEADLINE, check=True)
        self.assertIn("serve --port 1234 --log", done.stdout)

    def test_busy_port(self):
        with Server() as first:
            done = run("serve", "--port", str(first.port))
            self.assertEqual(done.returncode, 1)
            self.assertIn(str(first.port), done.stderr)
            self.assertIn("in use", done.stderr)


class Serving(unittest.TestCase):
    def test_start_page_and_hello_on_every_backend(self):
        for name in granted():
            with self.subTest(name), Server("--backend", name) as server:
                self.assertEqual(server.backend, name)
                client = server.connect()
                for path, status, kind, word in (
                        ("/", 200, "text/html; charset=utf-8", b"<h1>"),
                        ("/hello", 200, "text/plain; charset=utf-8", b"Hello, World!\n"),
                        ("/nothing", 404, "text/plain; charset=utf-8", b"404")):
                    client.request("GET", path)
                    answer = client.getresponse()
                    self.assertEqual(answer.status, status)
                    self.assertEqual(answer.getheader("Content-Type"), kind)
                    self.assertIn(word, answer.read())
                client.request("POST", "/hello", b"x" * 1000)
                answer = client.getresponse()
                self.assertEqual(answer.status, 405)
                self.assertIn("GET", answer.getheader("Allow"))
                answer.read()
                for method, path, status in (("OPTIONS", "*", 204), ("OPTIONS", "/hello", 204),
                                             ("TRACE", "/hello", 405), ("HEAD", "/hello", 200)):
                    client.request(method, path)
                    answer = client.getresponse()
                    self.assertEqual((method, answer.status), (method, status))
                    answer.read()
                client.close()
                self.assertEqual(server.stop()[0], 0)

    def test_backend_from_the_environment(self):
        with Server(env={**os.environ, "RONDO_BACKEND": "poll"}) as server:
            self.assertEqual(server.backend, "poll")
        with Server("--backend", "select", env={**os.environ, "RONDO_BACKEND": "poll"}) as server:
            self.assertEqual(server.backend, "select")
        with Server("--backend", "auto", env={**os.environ, "RONDO_BACKEND": "poll"}) as server:
            self.assertEqual(server.backend, granted()[0])

    def test_files_under_awkward_names(self):
        with tempfile.TemporaryDirectory() as folder:
            names = ("plain.txt", "a b:c'd\"e.txt", "ä#?%.txt", "hello")
            for name in names:
                pathlib.Path(folder, name).write_text(name)
            with Server(folder) as server:
                client = server.connect()
                for name in names:
                    client.request("GET", "/" + urllib.parse.quote(name))
                    self.assertEqual(client.getresponse().read().decode(), name)
                client.close()

    @unittest.skipUnless(shutil.which("curl"), "curl is not installed")
    def test_curl(self):
        with tempfile.TemporaryDirectory() as folder:
            big = os.urandom(5_000_000)
            pathlib.Path(folder, "big.bin").write_bytes(big)
            with Server(folder) as server:
                def curl(*arguments):
                    return subprocess.run(["curl", "-sS", *arguments], capture_output=True,
                                          timeout=DEADLINE, check=True).stdout
                self.assertEqual(curl(server.url + "/big.bin"), big)
                self.assertEqual(curl("-r", "100-199", server.url + "/big.bin"), big[100:200])
                self.assertIn(b"HTTP/1.1 200 OK", curl("-I", server.url + "/big.bin"))
                self.assertIn(b"HTTP/1.1 405", curl("-i", "-T", os.path.join(folder, "big.bin"),
                                                    server.url + "/new"))
                self.assertEqual(curl("--http1.0", server.url + "/hello"), b"Hello, World!\n")
                self.assertEqual(curl("--path-as-is", "-o", "/dev/null", "-w", "%{http_code}",
                                      server.url + "/../../etc/passwd"), b"400")
                # one connection for all of them
                self.assertEqual(curl("-w", "%{num_connects}", *[server.url + "/hello"] * 3),
                                 b"Hello, World!\n1Hello, World!\n0Hello, World!\n0")

    @unittest.skipUnless(shutil.which("curl"), "curl is not installed")
    def test_a_unix_socket_instead_of_a_port(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "socket")
            pathlib.Path(folder, "page.txt").write_text("page")

            def curl(page):
                return subprocess.run(["curl", "-sS", "--unix-socket", path, "http://x" + page],
                                      capture_output=True, timeout=DEADLINE, check=True).stdout
            for backend in granted():
                with self.subTest(backend=backend), subprocess.Popen(
                        [PROGRAM, "serve", "--unix", path, "--log", "--backend", backend, folder],
                        text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as server:
                    try:
                        self.assertIn(f"serving unix:{path} ({backend})", server.stdout.readline())
                        self.assertEqual(curl("/hello"), b"Hello, World!\n")
                        self.assertEqual(curl("/page.txt"), b"page")
                        second = run("serve", "--unix", path)
                        self.assertEqual(second.returncode, 1, second.stderr)
                        self.assertIn(path, second.stderr)
                        self.assertEqual(curl("/hello"), b"Hello, World!\n")
                        server.send_signal(signal.SIGTERM)
                        _, errors = server.communicate(timeout=DEADLINE)
                        self.assertEqual(server.returncode, 0, errors)
                        self.assertFalse(os.path.exists(path))
                    finally:
                        server.kill()
            with socket.socket(socket.AF_UNIX) as dead:  # whose file stays behind
                dead.bind(path)
            with subprocess.Popen([PROGRAM, "serve", "--unix", path], text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE) as server:
                try:
                    self.assertIn(path, server.stdout.readline())
                    self.assertEqual(curl("/hello"), b"Hello, World!\n")
                finally:
                    server.kill()
            pathlib.Path(folder, "file").write_text("no socket")
            refused = run("serve", "--unix", os.path.join(folder, "file"))
            self.assertEqual(refused.returncode, 1, refused.stderr)
            self.assertEqual(pathlib.Path(folder, "file").read_text(), "no socket")
            self.assertNotEqual(run("serve", "--unix", path, "--port", "0").returncode, 0)

    @unittest.skipUnless(shutil.which("wrk"), "wrk is not installed")
    def test_wrk(self):
        with Server() as server:
            done = subprocess.run(["wrk", "-c16", "-t1", "-d1s", server.url + "/hello"], text=True,
                                  capture_output=True, timeout=DEADLINE, check=True)
            self.assertNotIn("Non-2xx", done.stdout)
            self.assertNotIn("Socket errors", done.stdout)
            self.assertGreater(int(re.search(r"(\d+) requests in", done.stdout)[1]), 100)

    def test_access_log_can_not_be_broken_by_a_client(self):
        with Server("--log") as server:
            server.raw(b"GET /hello HTTP/1.0\r\n\r\n")
            server.raw(b"GET /\xff\xc3\xa4\"\\ HTTP/1.0\r\n\r\n")
            server.raw(b"\x1b[2Jnonsense\r\n\r\n")
            server.raw(b"HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            status, out, _ = server.stop()
        self.assertEqual(status, 0)
        line = r'^127\.0\.0\.1 - - \[\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d \+0000\] "%s" %s$'
        lines = out.splitlines()
        self.assertRegex(lines[0], line % ("GET /hello HTTP/1\\.0", "200 14"))
        self.assertRegex(lines[-2], line % ("-", "400 \\d+"))
        self.assertRegex(lines[-1], line % ("HEAD / HTTP/1\\.1", "200 0"))
        for each in lines:
            self.assertTrue(each.isascii() and each.isprintable(), each)

    def test_says_nothing_where_nobody_asked(self):
        with Server() as server:
            server.raw(b"GET /hello HTTP/1.0\r\n\r\n")
            server.raw(b"nonsense\r\n\r\n")
            _, out, _ = server.stop()
        self.assertEqual(out, "")


class Workers(unittest.TestCase):
    def test_workers_share_a_few_connections_evenly_and_end_together(self):
        for name in granted():
            with self.subTest(name), Server("--workers", "3", "--backend", name) as server:
                self.assertIn("3 workers", server.greeting)
                clients = [server.connect() for _ in range(12)]
                clients[0].request("GET", "/")
                self.assertIn(f"wrk -c64 {server.url}/hello".encode(), clients[0].getresponse().read())
                for client in clients * 2:
                    client.request("GET", "/hello")
                    self.assertEqual(client.getresponse().read(), b"Hello, World!\n")
                if name == "epoll":
                    self.assertEqual(sorted(connections_of_loops(server.process.pid)), [4, 4, 4])
                at_once = [server.connect() for _ in range(9)]
                for client in at_once:
                    client.connect()
                for client in at_once:
                    client.request("GET", "/hello")
                    self.assertEqual(client.getresponse().read(), b"Hello, World!\n")
                if name == "epoll":  # two that choose at the same time may choose the same
                    self.assertLessEqual(max(connections_of_loops(server.process.pid)), 9)
                clients += at_once
                status, _, err = server.stop()
                self.assertEqual(status, 0, err)
                for client in clients:
                    client.close()

    def test_as_many_as_processors(self):
        with Server("--workers", "0") as server:
            threads = len(os.listdir(f"/proc/{server.process.pid}/task"))
            self.assertGreaterEqual(threads, len(os.sched_getaffinity(0)))
            self.assertEqual(server.stop()[0], 0)

    def test_what_is_under_way_on_any_of_them_is_finished(self):
        with Server("--workers", "2") as server:
            clients = [socket.create_connection(("127.0.0.1", server.port), timeout=DEADLINE)
                       for _ in range(4)]
            for client in clients:  # an answer proves that it is served
                client.sendall(b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\nGET /hello HT")
                self.assertTrue(client.recv(65536).startswith(b"HTTP/1.1 200"))
            server.process.send_signal(signal.SIGTERM)
            self.assertIn("SIGTERM", server.process.stderr.readline())
            for client in clients:
                client.sendall(b"TP/1.1\r\nHost: x\r\n\r\n")
                answer = b"".join(iter(lambda: client.recv(65536), b""))
                self.assertIn(b"Hello, World!\n", answer)
                client.close()
            self.assertEqual(server.process.wait(DEADLINE), 0)

    def test_the_second_signal_does_not_wait_for_any_of_them(self):
        with Server("--workers", "2") as server:
            clients = [socket.create_connection(("127.0.0.1", server.port), timeout=DEADLINE)
                       for _ in range(4)]
            for client in clients:
                client.sendall(b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\nGET /hello HT")
                self.assertTrue(client.recv(65536).startswith(b"HTTP/1.1 200"))
            server.process.send_signal(signal.SIGINT)
            self.assertIn("SIGINT", server.process.stderr.readline())
            status, _, err = server.stop(signal.SIGINT)
            self.assertEqual(status, 0)
            self.assertIn("closing everything", err)
            for client in clients:
                client.close()

    def test_lines_of_the_log_and_files_stay_whole_under_load(self):
        with tempfile.TemporaryDirectory() as folder:
            content = os.urandom(200_000)
            pathlib.Path(folder, "file.bin").write_bytes(content)
            with Server("--workers", "2", "--log", folder) as server:
                lines = []
                reader = threading.Thread(target=lambda: lines.extend(server.process.stdout))
                reader.start()

                def ask(wrong):
                    client = server.connect()
                    for _ in range(50):
                        client.request("GET", "/file.bin")
                        if client.getresponse().read() != content:
                            wrong.append("file")
                        client.request("GET", "/hello")
                        if client.getresponse().read() != b"Hello, World!\n":
                            wrong.append("hello")
                    client.close()

                wrong = []
                clients = [threading.Thread(target=ask, args=(wrong,)) for _ in range(6)]
                for each in clients:
                    each.start()
                for each in clients:
                    each.join()
                self.assertEqual(wrong, [])
                server.process.send_signal(signal.SIGTERM)
                self.assertEqual(server.process.wait(DEADLINE), 0)
                reader.join()
        self.assertEqual(len(lines), 600)
        line = (r'^127\.0\.0\.1 - - \[\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d \+0000\] '
                r'"GET /(hello|file\.bin) HTTP/1\.1" 200 (14|200000)$')
        for each in lines:
            self.assertRegex(each, line)

    def test_a_busy_port_and_a_folder_that_is_missing(self):
        with Server() as first:
            done = run("serve", "--workers", "2", "--port", str(first.port))
            self.assertEqual(done.returncode, 1)
            self.assertIn("in use", done.stderr)


class Ending(unittest.TestCase):
    def test_either_signal_ends_with_zero_on_every_backend(self):
        for name in granted():
            for number in (signal.SIGINT, signal.SIGTERM):
                with self.subTest(name=name, number=number), Server("--backend", name) as server:
                    client = server.connect()
                    client.request("GET", "/hello")
                    client.getresponse().read()
                    server.process.send_signal(number)
                    self.assertIn(signal.Signals(number).name, server.process.stderr.readline())
                    client.request("GET", "/hello")  # it was idle, and does not know
                    answer = client.getresponse()
                    self.assertEqual(answer.getheader("Connection"), "close")
                    answer.read()
                    server.process.communicate(timeout=DEADLINE)
                    self.assertEqual(server.process.returncode, 0)

    def test_what_is_under_way_is_finished(self):
        with Server() as server:
            with socket.create_connection(("127.0.0.1", server.port), timeout=DEADLINE) as client:
                client.sendall(b"GET /hello HT")
                self.assertIn(b"Hello", server.raw(b"GET /hello HTTP/1.0\r\n\r\n"))
                server.process.send_signal(signal.SIGTERM)
                self.assertIn("SIGTERM", server.process.stderr.readline())
                client.sendall(b"TP/1.1\r\nHost: x\r\n\r\n")
                answer = b"".join(iter(lambda: client.recv(65536), b""))
            self.assertIn(b"Connection: close", answer)
            self.assertTrue(answer.endswith(b"Hello, World!\n"))
            self.assertEqual(server.process.wait(DEADLINE), 0)

    def test_the_second_signal_does_not_wait(self):
        with Server() as server:
            with socket.create_connection(("127.0.0.1", server.port), timeout=DEADLINE) as client:
                client.sendall(b"GET /hello HT")
                self.assertIn(b"Hello", server.raw(b"GET /hello HTTP/1.0\r\n\r\n"))
                server.process.send_signal(signal.SIGINT)
                self.assertIn("SIGINT", server.process.stderr.readline())
                status, _, err = server.stop(signal.SIGINT)
                self.assertEqual(status, 0)
                self.assertIn("closing everything", err)
                self.assertIn("cut off:", err)
                self.assertRegex(err, r"http connection 127\.0\.0\.1:\d+: a request that has not arrived")

    def test_says_what_it_waits_for_and_not_for_ever(self):
        with Server("--drain-timeout", "1.2") as server:
            with socket.create_connection(("127.0.0.1", server.port), timeout=DEADLINE) as client:
                client.sendall(b"GET /hello HT")
                self.assertIn(b"Hello", server.raw(b"GET /hello HTTP/1.0\r\n\r\n"))
                status, _, err = server.stop()
        self.assertEqual(status, 0)
        waiting, cut_off = err.index("still waiting"), err.index("cut off:")
        self.assertLess(waiting, cut_off)
        for text in (err[waiting:cut_off], err[cut_off:]):
            self.assertIn("shutdown (SIGTERM): ", text)
            self.assertIn("http connection 127.0.0.1:", text)
            self.assertRegex(text, r"#0 the end of all connections")


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main()
