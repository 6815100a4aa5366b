"""Programs under measurement: started on a core, accounted for, and always ended."""

import atexit
import ctypes
import json
import os
import re
import select
import signal
import subprocess
import time

SERVER_CORE, LOAD_CORE = 0, 1
PR_SET_PDEATHSIG = 1
NO_SUCH_ROW = 64  # a program's exit status for a row that it does not have

_libc = ctypes.CDLL(None)
_running = set()


class Failed(Exception):
    """A program did not do what it was asked to; the text says which and how."""


def _prepare(cores):
    """What a child does before it runs: it keeps to its cores and dies with the driver."""

    def prepare():
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        os.sched_setaffinity(0, cores)

    return prepare


def cores_of(*wanted):
    """The wanted cores, or all where the machine lacks one of them."""
    allowed = os.sched_getaffinity(0)
    return set(wanted) if set(wanted) <= allowed else allowed


def end_all():
    for server in list(_running):
        server.stop()


atexit.register(end_all)


# All that a round can meet: the peer is left out of it, and the run goes on.
ROUND_FAILURES = (Failed, OSError, ValueError, KeyError)


class Server:
    """A running server. It has printed its port, and can be asked what it has used."""

    def __init__(self, command, log_path, patience=60, env=None, cores=None):
        self._log = open(log_path, "wb")
        self._process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=self._log,
            stdin=subprocess.DEVNULL,
            env=env,
            preexec_fn=_prepare(cores or cores_of(SERVER_CORE)),
        )
        self.pid = self._process.pid
        _running.add(self)
        try:
            self.port = self._await_port(patience)
        except Failed as failure:
            self.stop()
            raise Failed(f"{failure} ({' '.join(command)}; see {log_path})") from None

    def _await_port(self, patience):
        deadline = time.monotonic() + patience
        seen = b""
        while time.monotonic() < deadline:
            if not select.select([self._process.stdout], [], [], 0.2)[0]:
                continue
            piece = os.read(self._process.stdout.fileno(), 4096)
            if not piece:
                raise Failed("the server ended before it listened")
            seen += piece
            found = re.search(rb"(?:listening |serving https?://\S+:)(\d+)\s", seen)
            if found:
                return int(found[1])
        raise Failed("the server did not say where it listens")

    def alive(self):
        return self._process.poll() is None

    def cpu_ns(self):
        """CPU of all threads, by the scheduler's account; in ticks of 10 ms where there is none."""
        try:
            total = 0
            for thread in os.listdir(f"/proc/{self.pid}/task"):
                with open(f"/proc/{self.pid}/task/{thread}/schedstat") as account:
                    total += int(account.read().split()[0])
            return total
        except FileNotFoundError:
            with open(f"/proc/{self.pid}/stat") as account:
                fields = account.read().rpartition(")")[2].split()
            return (int(fields[11]) + int(fields[12])) * 1_000_000_000 // os.sysconf("SC_CLK_TCK")

    def resident_kib(self):
        return self._field("status", "VmRSS")

    def private_kib(self):
        """Pages that only this process has and has written to: what its connections cost it."""
        return self._field("smaps_rollup", "Private_Dirty")

    def _field(self, file, name):
        with open(f"/proc/{self.pid}/{file}") as lines:
            for line in lines:
                if line.startswith(name + ":"):
                    return int(line.split()[1])
        raise Failed(f"{file} of the server has no {name}")

    def stop(self, patience=10):
        """Asks it to end, and ends it if it will not."""
        _running.discard(self)
        if self.alive():
            self._process.terminate()
            try:
                self._process.wait(patience)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._process.stdout.close()
        self._log.close()


def run(command, cores, patience=180, env=None):
    """A program's standard output; Failed if it fails. None if it says that it has no such row."""
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=patience,
            env=env,
            preexec_fn=_prepare(cores),
        )
    except subprocess.TimeoutExpired:
        raise Failed(f"{' '.join(command)} took over {patience} s") from None
    if done.returncode == NO_SUCH_ROW:
        return None
    if done.returncode != 0:
        words = done.stderr.strip().splitlines()
        raise Failed(f"{' '.join(command)}: status {done.returncode} {words[-1] if words else ''}")
    return done.stdout


def last_json(text, what):
    """The last line of a program's output, which is JSON."""
    lines = (text or "").strip().splitlines()
    try:
        return json.loads(lines[-1])
    except (IndexError, json.JSONDecodeError):
        raise Failed(f"{what} printed no JSON") from None


class Conversation:
    """The load generator in `idle` mode: a command, then an answer."""

    def __init__(self, command):
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            stderr=subprocess.DEVNULL,
            preexec_fn=_prepare(cores_of(LOAD_CORE)),
        )

    def ask(self, verb, number, patience=120):
        try:
            self._process.stdin.write(f"{verb} {number}\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise Failed(f"the load generator ended before `{verb} {number}`") from None
        if not select.select([self._process.stdout], [], [], patience)[0]:
            raise Failed(f"no answer to `{verb} {number}` in {patience} s")
        line = self._process.stdout.readline()
        if not line:
            raise Failed(f"`{verb} {number}` failed")
        return json.loads(line)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()
        self._process.stdin.close()
        self._process.stdout.close()
