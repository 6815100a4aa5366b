#!/usr/bin/env python3
"""Lets a program crash in every way there is, and asks each time: did it end by the signal it would have
ended by, is there a trace of mode 0600, is it whole, and does it show who crashed?

Usage: crashes.py CRASHING_PROGRAM [sanitized]
"""

import json
import os
import pathlib
import re
import signal
import stat
import subprocess
import sys
import tempfile

import validate

SECONDS = 60

# How it crashes: the signal, and the track on which the mark has to be (None: no recorded thread).
CRASHES = {
    "segv": ("SIGSEGV", "worker 0"),
    "sent": ("SIGSEGV", "worker 0"),
    "bus": ("SIGBUS", "worker 0"),
    "fpe": ("SIGFPE", "worker 0"),
    "ill": ("SIGILL", "worker 0"),
    "abort": ("SIGABRT", "worker 0"),
    "assert": ("SIGABRT", "worker 0"),
    "terminate": ("SIGABRT", None),
    "malloc": ("SIGABRT", "worker 0"),
    "overflow": ("SIGSEGV", "worker 0"),
    "worker": ("SIGSEGV", "worker"),
    "worker_overflow": ("SIGSEGV", "worker"),
    "recording": ("SIGSEGV", "worker"),
    "pool": ("SIGSEGV", "pool"),
}
# A sanitizer has its own opinion of a heap that is broken, and of a stack that overflows.
NOT_SANITIZED = ("malloc", "overflow", "worker_overflow")


def no_core():
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def run(program, how, folder):
    return subprocess.run([program, how, str(folder)], capture_output=True, text=True,
                          timeout=SECONDS, preexec_fn=no_core)


def mistakes_of(path, told, wanted_signal, wanted_track):
    if stat.S_IMODE(path.stat().st_mode) != 0o600:
        yield f"others may read it: {oct(path.stat().st_mode)}"
    if str(path) not in told:
        yield f"standard error does not say where the trace is: {told!r}"
    events = json.loads(path.read_text())
    tracks = validate.slices_of(events)
    yield from validate.check_nesting(tracks)
    yield from validate.check_arrows(events, tracks)
    names = {validate.track_of(e): e["args"]["name"] for e in events
             if e["ph"] == "M" and e["name"] == "thread_name"}
    if not any("main" in name for name in names.values()):
        yield f"no track of the main task: {sorted(names.values())}"
    marks = [e for e in events if e["ph"] == "i"]
    if [m["name"] for m in marks] != [wanted_signal]:
        yield f"marked as {marks}"
    elif wanted_track is not None:
        on = names.get(validate.track_of(marks[0]), "")
        if not on.startswith(wanted_track):
            yield f"marked on {on!r}"
        still = [e for e in events if e["ph"] == "X" and "open" in e.get("args", {})
                 and validate.track_of(e) == validate.track_of(marks[0])]
        if not still:
            yield "nothing is under way on the thread that crashed"


def check_crash(program, how, sanitized):
    wanted, track = CRASHES[how]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name).resolve()
        done = run(program, how, folder)
        if not sanitized and done.returncode != -signal.Signals[wanted]:
            yield f"ended with {done.returncode} and not by {wanted}: {done.stderr}"
        if sanitized and done.returncode == 0:
            yield "ended as if nothing had happened"
        traces = list(folder.glob("rondo-crash-*.json"))
        if len(traces) != 1:
            yield f"{len(traces)} traces; {done.stderr}"
            return
        yield from mistakes_of(traces[0], done.stderr, wanted, track)


def check_full_disk(program, sanitized):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name).resolve()
        done = run(program, "full", folder)
        if not sanitized and done.returncode != -signal.SIGSEGV:
            yield f"ended with {done.returncode}: {done.stderr}"
        if "the trace is cut off: File too large" not in done.stderr:
            yield f"does not say that it is cut off: {done.stderr!r}"
        (trace,) = folder.glob("rondo-crash-*.json")
        text = trace.read_text()
        # What the format allows: an array without an end. The last event may be half one.
        json.loads(text[: text.rindex("},\n") + 1] + "]")


def check_no_folder(program, sanitized):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name).resolve() / "gone"
        folder.mkdir()
        done = run(program, "gone", folder)
        if not sanitized and done.returncode != -signal.SIGSEGV:
            yield f"ended with {done.returncode}: {done.stderr}"
        if "no trace" not in done.stderr or "No such file or directory" not in done.stderr:
            yield f"does not say why there is no trace: {done.stderr!r}"


def check_child(program, sanitized):
    """A fork that crashes is on its own, and its parent goes on."""
    with tempfile.TemporaryDirectory() as name:
        done = run(program, "child", pathlib.Path(name))
        if done.returncode != 0 or list(pathlib.Path(name).iterdir()):
            yield f"{done.returncode} {list(pathlib.Path(name).iterdir())} {done.stderr!r}"


def check_signal(program, sanitized):
    """SIGUSR2 while the loop is stuck, twice: two traces, and the program goes on."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name).resolve()
        child = subprocess.Popen([program, "wait", str(folder)], stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, text=True)
        try:
            child.stdout.readline()
            paths = []
            for _ in range(2):
                os.kill(child.pid, signal.SIGUSR2)
                told = child.stderr.readline()
                found = re.fullmatch(r"rondo: SIGUSR2: the flight recorder is in (.*)\n", told)
                if not found:
                    yield f"said {told!r}"
                    return
                paths.append(pathlib.Path(found[1]))
            if paths[0] == paths[1] or f"-{child.pid}-" not in paths[0].name:
                yield f"called {paths}"
            for path in paths:
                if stat.S_IMODE(path.stat().st_mode) != 0o600:
                    yield "others may read it"
                events = json.loads(path.read_text())["traceEvents"]
                tracks = validate.slices_of(events)
                yield from validate.check_nesting(tracks)
                yield from validate.check_arrows(events, tracks)
            if len(list(folder.iterdir())) != 2:
                yield f"left behind {list(folder.iterdir())}"
            if child.poll() is not None:
                yield "has ended"
        finally:
            child.kill()
            child.communicate()


def main():
    program, sanitized = sys.argv[1], len(sys.argv) > 2
    checks = {how: lambda how=how: check_crash(program, how, sanitized) for how in CRASHES
              if not (sanitized and how in NOT_SANITIZED)}
    checks |= {"a full disk": lambda: check_full_disk(program, sanitized),
               "no folder": lambda: check_no_folder(program, sanitized),
               "a forked child": lambda: check_child(program, sanitized),
               "a signal": lambda: check_signal(program, sanitized)}
    failed = False
    for name, check in checks.items():
        wrong = list(check())
        print(f"{name}: {len(wrong)} mistakes")
        for sentence in wrong[:5]:
            print(f"  {sentence}")
        failed = failed or bool(wrong)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
