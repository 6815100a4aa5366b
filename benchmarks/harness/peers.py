"""The peers: how each is had, built and started. A peer that cannot be had says why."""

import dataclasses
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
RIVALS = ROOT / "benchmarks" / "rivals"
LOAD = ROOT / "benchmarks" / "load"


class Unavailable(Exception):
    """Why a peer cannot be had."""


@dataclasses.dataclass
class Peer:
    """A column of the table: a runtime with one choice of backend."""

    name: str
    version: str = ""
    programs: dict = dataclasses.field(default_factory=dict)  # kind -> command
    options: tuple = ()
    reference: str = "raw_epoll"  # the raw loop that it is compared with
    interpreted: bool = False
    problem: str = ""

    def command(self, kind, *more):
        return [*self.programs[kind], *self.options, *more]


class Workshop:
    """Builds below one directory, and only what has changed."""

    def __init__(self, directory, say, before=None):
        self.before = before  # an older tree's bench_rondo_http, or rondo
        self.directory = pathlib.Path(directory).resolve()
        self.directory.mkdir(parents=True, exist_ok=True)
        self.say = say
        self._c = self._cxx = None

    def run(self, *command, **options):
        """A step of a build; Unavailable with its errors, or else its last words, if it fails."""
        try:
            done = subprocess.run(
                [str(word) for word in command],
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=900,
                **options,
            )
        except (OSError, subprocess.TimeoutExpired) as failure:
            raise Unavailable(f"{command[0]}: {failure}") from None
        if done.returncode != 0:
            lines = done.stdout.strip().splitlines()
            words = [line.strip() for line in lines if "error:" in line][:3] or lines[-4:]
            raise Unavailable(f"`{' '.join(map(str, command))}` failed: " + " / ".join(words))
        return done.stdout

    def packages(self, *names):
        """Installs the Debian packages that are missing."""
        missing = [name for name in names if not self._installed(name)]
        if not missing:
            return
        if shutil.which("apt-get") is None:
            raise Unavailable(f"needs {', '.join(missing)}, and there is no apt-get")
        as_root = [] if os.geteuid() == 0 else ["sudo", "-n"]
        self.say(f"installing {', '.join(missing)}")
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
        install = ["apt-get", "install", "-y", "-q", "--no-install-recommends", *missing]
        try:
            self.run(*as_root, *install, env=environment)
        except Unavailable:  # perhaps only the lists are old
            self.run(*as_root, "apt-get", "update", "-q", env=environment)
            self.run(*as_root, *install, env=environment)

    def _installed(self, name):
        state = subprocess.run(
            ["dpkg-query", "-W", "-f", "${db:Status-Status}", name],
            capture_output=True,
            text=True,
        )
        return state.stdout == "installed"

    def compilers(self):
        """clang-19, as Rondo is built with it; whatever there is where it cannot be had."""
        if self._c is None:
            if shutil.which("clang++-19") is None:
                try:
                    self.packages("clang-19")
                except Unavailable as why:
                    self.say(f"clang-19: {why}")
            clang = shutil.which("clang++-19") is not None
            self._c, self._cxx = ("clang-19", "clang++-19") if clang else ("cc", "c++")
        return self._c, self._cxx

    def compile(self, name, source, flags=(), after=()):
        """The program `name` from one source; skipped if neither it nor its neighbours changed."""
        source = RIVALS / source if not pathlib.Path(source).is_absolute() else pathlib.Path(source)
        c, cxx = self.compilers()
        standard = ["-std=gnu11"] if source.suffix == ".c" else ["-std=c++20"]
        compiler = c if source.suffix == ".c" else cxx
        output = self.directory / name
        command = [compiler, *standard, "-O2", "-DNDEBUG", "-D_GNU_SOURCE", *flags]
        command += [str(source), "-o", str(output), "-pthread", *after]
        digest = hashlib.sha256(" ".join(map(str, command)).encode())
        for file in sorted([*source.parent.iterdir(), *(RIVALS / "common").iterdir()]):
            if file.is_file():
                digest.update(file.read_bytes())
        stamp = output.with_suffix(".stamp")
        fresh = output.exists() and stamp.exists() and stamp.read_text() == digest.hexdigest()
        if not fresh:
            self.run(*command)
            stamp.write_text(digest.hexdigest())
        return [str(output)]


def raw(shop):
    """The limit on readiness and on completion, and the micro rows by hand."""
    programs = {
        "http": shop.compile("raw_epoll_http", "raw/epoll_http.c"),
        "echo": shop.compile("raw_epoll_echo", "raw/epoll_echo.c"),
        "empty": shop.compile("raw_empty", "raw/empty.c"),
        "micro": shop.compile("raw_micro", "raw/micro.cpp"),
        "system": shop.compile("raw_system", "raw/system.cpp"),
    }
    yield Peer("raw_epoll", "by hand", programs)
    programs = {
        "http": shop.compile("raw_uring_http", "raw/uring_http.c"),
        "echo": shop.compile("raw_uring_echo", "raw/uring_echo.c"),
    }
    yield Peer("raw_uring", "by hand", programs)
    programs = {"many_http": shop.compile("raw_epoll_http", "raw/epoll_http.c")}
    yield Peer("raw_threads", "by hand", programs)


def crate_sources(shop, crate):
    """Where cargo has put the newest sources of a crate. They are fetched, not built."""
    home = shop.directory / f"crate_{crate}"
    if not (home / "Cargo.toml").exists():
        shop.run("cargo", "init", "-q", "--lib", "--vcs", "none", "--name", "fetched", home)
    manifest = ["--manifest-path", home / "Cargo.toml"]
    shop.run("cargo", "add", "-q", crate, *manifest)
    shop.run("cargo", "update", "-q", *manifest)
    listed = shop.run("cargo", "metadata", "-q", "--format-version", "1", *manifest)
    for package in json.loads(listed[listed.index("{") :])["packages"]:
        if package["name"] == crate:
            return pathlib.Path(package["manifest_path"]).parent
    raise Unavailable(f"cargo did not fetch {crate}")


def libuv(shop):
    """libuv as the crate libuv-sys2 ships it, which is newer than Debian's; else Debian's."""
    try:
        if shutil.which("cargo") is None:
            raise Unavailable("there is no cargo")
        sources = crate_sources(shop, "libuv-sys2") / "libuv"
        shop.packages("cmake", "ninja-build")
        build = shop.directory / "libuv"
        shop.run(
            *["cmake", "-S", sources, "-B", build, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release"],
            *[f"-DCMAKE_C_COMPILER={shop.compilers()[0]}", "-DBUILD_TESTING=OFF"],
            *["-DLIBUV_BUILD_TESTS=OFF", "-DLIBUV_BUILD_SHARED=OFF"],
        )
        shop.run("ninja", "-C", build)
        include = sources / "include"
        link = [str(next(build.glob("libuv*.a"))), "-ldl", "-lrt"]
        origin = "crate libuv-sys2"
    except Unavailable as why:
        shop.say(f"libuv from crates.io: {why}; taking Debian's")
        shop.packages("libuv1-dev")
        include, link, origin = pathlib.Path("/usr/include"), ["-luv"], "Debian"
    text = (include / "uv" / "version.h").read_text()
    names = ("MAJOR", "MINOR", "PATCH")
    parts = [re.search(rf"UV_VERSION_{name} (\d+)", text)[1] for name in names]
    programs = {
        kind: shop.compile(f"libuv_{kind}", f"libuv/{kind}.c", ["-I", str(include)], link)
        for kind in ("http", "echo", "empty", "micro", "system")
    }
    yield Peer("libuv", f"{'.'.join(parts)} ({origin})", programs)


def asio(shop):
    """Debian's Asio: no registry that comes with the machine ships a newer one."""
    shop.packages("libasio-dev")
    flags = [] if "clang" in shop.compilers()[1] else ["-fcoroutines", "-foptimize-sibling-calls"]
    programs = {
        kind: shop.compile(f"asio_{kind}", f"asio/{kind}.cpp", flags)
        for kind in ("http", "echo", "empty", "micro", "many")
    }
    text = pathlib.Path("/usr/include/asio/version.hpp").read_text()
    number = int(re.search(r"#define ASIO_VERSION (\d+)", text)[1])
    version = f"{number // 100000}.{number // 100 % 1000}.{number % 100}"
    pool = {"many": programs.pop("many"), "many_http": programs["http"]}
    yield Peer("asio", f"{version} (Debian)", programs)
    yield Peer("asio_pool", f"{version} (Debian)", pool, reference="raw_threads")


def tokio(shop):
    """The newest Tokio of crates.io; built from a copy, so that no lock file is left with us."""
    if shutil.which("cargo") is None:
        shop.packages("cargo")
    home = shop.directory / "tokio"
    shutil.copytree(RIVALS / "tokio", home / "crate", dirs_exist_ok=True)
    manifest = ["--manifest-path", home / "crate" / "Cargo.toml"]
    shop.run("cargo", "update", "-q", *manifest)
    shop.run("cargo", "build", "-q", "--release", *manifest, "--target-dir", home / "target")
    lock = (home / "crate" / "Cargo.lock").read_text()
    version = re.search(r'name = "tokio"\nversion = "([^"]+)"', lock)[1]
    programs = {
        kind: [str(home / "target" / "release" / kind)]
        for kind in ("http", "echo", "empty", "micro", "many", "system")
    }
    many = {"many": programs.pop("many"), "many_http": programs["http"]}
    yield Peer("tokio", f"{version} (crates.io)", programs)
    yield Peer("tokio_mt", f"{version} (crates.io)", many, reference="raw_threads")


def go(shop):
    """The Go on the path; Debian's where there is none. By hand on its sockets, and net/http."""
    if shutil.which("go") is None:
        shop.packages("golang-go")
    version = shop.run("go", "version").split()[2].removeprefix("go")
    home = shop.directory / "go"
    home.mkdir(exist_ok=True)
    shop.run("go", "build", "-o", f"{home}/", "./...", cwd=RIVALS / "go")
    programs = {"many": [str(home / "many")], "many_http": [str(home / "http")]}
    yield Peer("go", version, programs, reference="raw_threads")
    programs = {"many_http": [str(home / "nethttp")]}
    yield Peer("go_nethttp", version, programs, reference="raw_threads")


def node(shop):
    """The Node on the path; Debian's where there is none."""
    if shutil.which("node") is None:
        shop.packages("nodejs")
    version = shop.run("node", "--version").strip()
    programs = {
        kind: [shutil.which("node"), str(RIVALS / "node" / f"{kind}.js")]
        for kind in ("http", "echo", "empty", "micro")
    }
    yield Peer("node", version, programs, interpreted=True)


def python_programs(python):
    files = {"http": "http_server", "echo": "echo", "empty": "empty", "micro": "micro"}
    return {kind: [python, str(RIVALS / "python" / f"{file}.py")] for kind, file in files.items()}


def asyncio(shop):
    """asyncio of the Python that runs the driver."""
    version = sys.version.split()[0]
    yield Peer("asyncio", f"Python {version}", python_programs(sys.executable), interpreted=True)


def uvloop(shop):
    """The newest uvloop of PyPI, in an environment of its own."""
    home = shop.directory / "venv"
    python = home / "bin" / "python"
    if not python.exists():
        try:
            shop.run(sys.executable, "-m", "venv", home)
        except Unavailable:
            shop.packages("python3-venv")
            shop.run(sys.executable, "-m", "venv", "--clear", home)
    shop.run(python, "-m", "pip", "install", "-q", "--upgrade", "uvloop")
    version = shop.run(python, "-c", "import uvloop; print(uvloop.__version__)").strip()
    options = ("--backend", "uvloop")
    yield Peer("uvloop", version, python_programs(str(python)), options, interpreted=True)


def nginx(shop):
    """For the rows over TLS and of static files. Debian's, which is not started as a service."""
    shop.packages("nginx-light", "openssl")
    told = subprocess.run(["/usr/sbin/nginx", "-v"], capture_output=True, text=True)
    server = [sys.executable, str(RIVALS / "nginx" / "https.py")]
    programs = {"https": server, "files": server}
    yield Peer("nginx", told.stderr.strip().rpartition("/")[2], programs)


def rondo(shop):
    """Rondo itself, once for the micro rows and once for each backend in the rows of servers."""
    if not list((RIVALS / "rondo").glob("*.cpp")):
        raise Unavailable("benchmarks/rivals/rondo holds no program")
    shop.run("cmake", "--preset", "release", "-DRONDO_BENCHMARKS=ON", cwd=ROOT)
    targets = ["--target", "benchmarks", "rondo_cli"]
    shop.run("cmake", "--build", "--preset", "release", *targets, cwd=ROOT)
    built = {
        kind: [str(ROOT / "build" / "release" / f"bench_rondo_{kind}")]
        for kind in (
            *("http", "echo", "empty", "micro", "system"),
            *("many", "many_http", "shards_http"),
        )
        if (ROOT / "build" / "release" / f"bench_rondo_{kind}").exists()
    }
    alone = {kind: built[kind] for kind in ("empty", "micro", "system") if kind in built}
    yield Peer("rondo", "this tree", alone)
    servers = {kind: built[kind] for kind in ("http", "echo") if kind in built}
    servers["https"] = servers["files"] = [str(ROOT / "build" / "release" / "rondo"), "serve"]
    for backend in ("epoll", "uring", "poll", "select") if servers else ():
        reference = "raw_uring" if backend == "uring" else "raw_epoll"
        options = ("--backend", backend)
        programs = dict(servers)
        if backend == "epoll" and "system" in built:  # on which files go to the pool
            programs["system"] = built["system"]
        yield Peer(f"rondo_{backend}", "this tree", programs, options, reference)
    if "http" in servers:
        options = ("--backend", "epoll", "--record", "1")
        http = {"http": servers["http"]}
        yield Peer("rondo_recorded", "this tree, the flight recorder on", http, options)
    if shop.before is not None:
        program = str(shop.before.resolve())
        is_whole = shop.before.name == "rondo"
        older = {"files": [program, "serve"]} if is_whole else {"http": [program]}
        yield Peer("rondo_before", "an older tree", older, ("--backend", "epoll"))
    for name, kinds in (("mt", ("many", "many_http")), ("shards", ("shards_http",))):
        programs = {kind.replace("shards", "many"): built[kind] for kind in kinds if kind in built}
        yield Peer(f"rondo_{name}", "this tree", programs, reference="raw_threads")


FAMILIES = {
    "raw": raw,
    "libuv": libuv,
    "asio": asio,
    "tokio": tokio,
    "go": go,
    "node": node,
    "asyncio": asyncio,
    "uvloop": uvloop,
    "nginx": nginx,
    "rondo": rondo,
}


def family_of(name):
    """`raw_epoll` belongs to `raw`, `rondo_uring` to `rondo`."""
    return name.split("_")[0]


def gather(shop, wanted):
    """The peers that are wanted (by name or family; none is all), with the reason for each lack."""
    found = []
    for family, build in FAMILIES.items():
        if wanted and not any(family_of(name) == family for name in wanted):
            continue
        shop.say(f"building {family}")
        try:
            found += build(shop)
        except (Unavailable, OSError) as why:
            shop.say(f"{family} could not be had: {why}")
            found.append(Peer(family, problem=str(why)))
    if not wanted:
        return found
    return [peer for peer in found if peer.name in wanted or family_of(peer.name) in wanted]
