"""`rondo serve` under a service manager, played by this test: python3 service_test.py PATH/TO/rondo"""

import contextlib
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import unittest

PROGRAM = ""
DEADLINE = 30  # seconds that nothing here comes near
CONTRIB = pathlib.Path(__file__).parents[2] / "contrib"


class Notifications:
    """What a service says, as the manager hears it: one dict for each message."""

    def __init__(self, address):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(address)
        self.socket.settimeout(DEADLINE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def next(self):
        lines = self.socket.recv(65536).decode().splitlines()
        return dict(line.split("=", 1) for line in lines)

    def until(self, name):
        """The next message with this variable, past all signs of life."""
        while True:
            message = self.next()
            if name in message:
                return message


@contextlib.contextmanager
def listening(family=socket.AF_INET, host="127.0.0.1", kind=socket.SOCK_STREAM, listens=True):
    with socket.socket(family, kind) as made:
        made.bind((host, 0))
        if listens:
            made.listen()
        yield made


@contextlib.contextmanager
def service(*arguments, sockets=(), **environment):
    """The program as a manager starts it: sockets from descriptor 3 on, LISTEN_PID its own number."""
    variables = {**os.environ, "LISTEN_FDS": str(len(sockets))} if sockets else {**os.environ}
    words = [PROGRAM, "serve", "--port", "0", *arguments]
    copies = [os.dup(each.fileno()) for each in sockets]

    def become_the_program():
        for i, high in enumerate([os.dup(copy) for copy in copies]):
            os.dup2(high, 3 + i)
        os.execve(PROGRAM, words, {**variables, "LISTEN_PID": str(os.getpid()), **environment})

    process = subprocess.Popen(words, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               preexec_fn=become_the_program)
    for copy in copies:
        os.close(copy)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def ask(address, family=socket.AF_INET):
    with socket.socket(family) as client:
        client.settimeout(DEADLINE)
        client.connect(address)
        client.sendall(b"GET /hello HTTP/1.0\r\n\r\n")
        return b"".join(iter(lambda: client.recv(65536), b""))


def end(process, number=signal.SIGTERM):
    process.send_signal(number)
    _, err = process.communicate(timeout=DEADLINE)
    return process.returncode, err


class Activation(unittest.TestCase):
    def test_a_client_that_came_before_the_server_is_answered(self):
        with listening() as passed, socket.create_connection(passed.getsockname()) as client:
            client.settimeout(DEADLINE)
            client.sendall(b"GET /hello HTTP/1.0\r\n\r\n")
            with service(sockets=[passed]) as process:
                answer = b"".join(iter(lambda: client.recv(65536), b""))
                self.assertIn(b"Hello, World!", answer)
                self.assertIn(":%d " % passed.getsockname()[1], process.stdout.readline())
                self.assertEqual(end(process)[0], 0)
            # The socket is the manager's, and lives on: for the next one.
            late = socket.create_connection(passed.getsockname())
            late.close()
            with service("--backend", "epoll", sockets=[passed]) as process:
                self.assertIn(b"Hello", ask(passed.getsockname()))

    def test_several_sockets_are_all_served(self):
        with listening() as first, listening(socket.AF_INET6, "::1") as second:
            with service(sockets=[first, second], LISTEN_FDNAMES="web:web6") as process:
                for each in (first, second):
                    self.assertIn(b"Hello", ask(each.getsockname(), each.family))
                self.assertEqual(end(process)[0], 0)

    def test_what_is_no_listening_tcp_socket_is_refused(self):
        for kind, listens, reason in ((socket.SOCK_DGRAM, False, "is no TCP socket"),
                                      (socket.SOCK_STREAM, False, "does not listen")):
            with listening(kind=kind, listens=listens) as passed:
                with service(sockets=[passed]) as process:
                    _, err = process.communicate(timeout=DEADLINE)
                    self.assertEqual(process.returncode, 1)
                    self.assertIn("descriptor 3", err.replace("'", ""))
                    self.assertIn(reason, err)

    def test_what_was_meant_for_another_process_is_left_alone(self):
        with listening() as passed:
            with service(sockets=[passed], LISTEN_PID="1") as process:
                port = int(re.search(r":(\d+) ", process.stdout.readline())[1])
                self.assertNotEqual(port, passed.getsockname()[1])


class Notification(unittest.TestCase):
    def play(self, address, spelled):
        with Notifications(address) as manager, service(NOTIFY_SOCKET=spelled) as process:
            ready = manager.until("READY")
            self.assertRegex(ready["STATUS"], r"^serving http://127\.0\.0\.1:\d+$")
            status, _ = end(process)
            self.assertEqual(status, 0)
            stopping = manager.until("STOPPING")
            self.assertGreater(int(stopping["EXTEND_TIMEOUT_USEC"]), 10_000_000)
            self.assertRegex(manager.until("STATUS")["STATUS"], r"^shutdown \(SIGTERM\): ended after")

    def test_through_a_path_and_through_an_abstract_address(self):
        with tempfile.TemporaryDirectory() as folder:
            self.play(f"{folder}/notify", f"{folder}/notify")
        self.play(f"\0rondo-test-{os.getpid()}", f"@rondo-test-{os.getpid()}")

    def test_signs_of_life_come_from_the_loop(self):
        with tempfile.TemporaryDirectory() as folder:
            address = f"{folder}/notify"
            with (Notifications(address) as manager,
                  service(NOTIFY_SOCKET=address, WATCHDOG_USEC="40000") as process):
                manager.until("READY")
                for _ in range(3):
                    self.assertEqual(manager.next(), {"WATCHDOG": "1"})
                process.send_signal(signal.SIGSTOP)  # stuck, if ever a loop was
                os.waitid(os.P_PID, process.pid, os.WSTOPPED)
                manager.socket.setblocking(False)
                with contextlib.suppress(BlockingIOError):
                    while True:
                        manager.next()
                manager.socket.settimeout(0.2)
                with self.assertRaises(TimeoutError):
                    manager.next()

    def test_a_manager_that_is_gone_does_no_harm(self):
        with service(NOTIFY_SOCKET="/nowhere/to/be/found") as process:
            self.assertIn("serving", process.stdout.readline())
            self.assertEqual(end(process)[0], 0)


class Units(unittest.TestCase):
    @unittest.skipUnless(shutil.which("systemd-analyze"), "systemd-analyze is not installed")
    def test_they_are_valid(self):
        with tempfile.TemporaryDirectory() as folder:
            for name in ("rondo.socket", "rondo.service"):
                text = (CONTRIB / name).read_text().replace("/usr/local/bin/rondo", PROGRAM)
                pathlib.Path(folder, name).write_text(text)
            done = subprocess.run(["systemd-analyze", "verify", *map(str, pathlib.Path(folder).iterdir())],
                                  capture_output=True, text=True, timeout=DEADLINE, check=False)
            ours = [line for line in done.stderr.splitlines() if "rondo." in line]
            self.assertEqual((ours, done.returncode), ([], 0), done.stderr)


if __name__ == "__main__":
    PROGRAM = os.path.abspath(sys.argv.pop(1))
    unittest.main()
