"""What the figures were measured on."""

import os
import platform
import subprocess


def first_line(*command):
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    except OSError:
        return None
    lines = done.stdout.strip().splitlines()
    return lines[0] if lines else None


def cpu_model():
    with open("/proc/cpuinfo") as lines:
        for line in lines:
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.machine()


def facts(compiler):
    with open("/proc/meminfo") as lines:
        memory_kib = int(next(lines).split()[1])
    return {
        "kernel": platform.release(),
        "cpu": cpu_model(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_mib": memory_kib // 1024,
        "compiler": first_line(compiler, "--version"),
        "wrk": first_line("wrk", "--version"),
        "valgrind": first_line("valgrind", "--version"),
        "revision": first_line("git", "-C", os.path.dirname(__file__), "rev-parse", "HEAD"),
    }


def load_average():
    return round(os.getloadavg()[0], 2)
