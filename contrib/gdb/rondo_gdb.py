"""Rondo in gdb: who waits for what, in a live process or in a core.

    (gdb) source contrib/gdb/rondo_gdb.py      or that line in ~/.gdbinit
    (gdb) rondo tasks                          every task, under whoever waits for it
    (gdb) rondo stack 3                        the coroutines of task 3 that await each other
    (gdb) rondo loop                           phase, queues, timers, what keeps it alive

Nothing of the program is called, so a core is as good as a process. The loops are found on the stacks of the threads, and
their tasks through the main task, as the program itself does it (src/task/async_stack.cpp). What the program optimised away,
and what was compiled without debug information, is left out and said to be.
"""

import re

import gdb

MOST_TASKS = 10000
MOST_FRAMES = 200
MOST_JOBS = 100000
NEVER = (1 << 63) - 1

# What a wait is, by the class whose `wait_kind` the line points to. Where there is no text, the awaiter has one in `what_`.
WAITS = {
    "rondo::detail::joiner": "the end of",
    "rondo::detail::parallel_core": "the tasks of a parallel scope",
    "rondo::detail::set_waiter": "the next of a join_set",
    "rondo::detail::offload_waiter": "work on another thread",
    "rondo::sleep_awaiter": "sleep",
    "rondo::yield_now": "its next turn",
    "rondo::slice::awaiter": "its next slice",
    "rondo::detail::promise_waiter": "promise",
    "rondo::waiter": None,
    "rondo::mutex::lock_awaiter": None,
    "rondo::condition::wait_awaiter": None,
    "rondo::io_awaiter": "operation",
    "rondo::task_group": "its children",
}
IN_WAIT_LISTS = {"rondo::waiter", "rondo::mutex::lock_awaiter", "rondo::condition::wait_awaiter"}


class Missing(gdb.GdbError):
    """Something that the debug information does not have."""


def type_of(name):
    try:
        return gdb.lookup_type(name)
    except gdb.error:
        raise Missing(f"rondo: no debug information for {name}: build with -g (clang: and -fstandalone-debug)")


def at(address, type_name):
    return gdb.Value(int(address)).cast(type_of(type_name).pointer()).dereference()


def address_of(value):
    return int(value.address)


def symbol_at(address):
    text = gdb.execute(f"info symbol {int(address)}", to_string=True)
    return None if text.startswith("No symbol") else re.sub(r" \+ \d+$", "", text.split(" in section")[0])


def field(value, name):
    """A member wherever it lies among the bases; None where there is none."""
    for f in value.type.strip_typedefs().fields():
        if f.is_base_class:
            found = field(value[f], name)
            if found is not None:
                return found
        elif f.name == name:
            return value[f]
    return None


def text_at(pointer):
    return pointer.string(errors="replace") if int(pointer) else ""


def atomic(value):
    """What a std::atomic holds."""
    while value.type.strip_typedefs().code == gdb.TYPE_CODE_STRUCT:
        value = next(inner for inner in (field(value, name) for name in ("_M_b", "_M_p", "_M_i")) if inner is not None)
    return value


def enumerator(value):
    return str(value).rsplit("::", 1)[-1]


# Places and times ---------------------------------------------------------------------------------

class Place:
    """A std::source_location."""

    def __init__(self, value):
        impl = value["_M_impl"]
        self.line, self.file, self.function = 0, "", ""
        if int(impl):
            self.line = int(impl["_M_line"])
            self.file = text_at(impl["_M_file_name"]).rsplit("/", 1)[-1]
            self.function = text_at(impl["_M_function_name"])

    def is_glue(self):
        return "rondo::detail::" in self.function

    def __str__(self):
        if self.line == 0 or self.is_glue():
            return ""
        return f" at {self.file}:{self.line} in {self.function}"


def span_text(ns):
    for unit, size in (("h", 3600 * 10**9), ("min", 60 * 10**9), ("s", 10**9), ("ms", 10**6), ("us", 10**3)):
        if abs(ns) >= 0.9995 * size:
            return f"{ns / size:.3f}".rstrip("0").rstrip(".") + " " + unit
    return f"{ns} ns"


# Queues and lists ---------------------------------------------------------------------------------

def jobs_of(queue):
    j = queue["head_"]
    for _ in range(MOST_JOBS):
        if not int(j):
            return
        yield j.dereference()
        j = j["next"]


def elements_of(intrusive, type_name):
    end = intrusive["end_"]
    hook = end["next_"]
    for _ in range(MOST_TASKS):
        if not int(hook) or int(hook) == address_of(end):
            return
        yield hook.cast(type_of(type_name).pointer()).dereference()
        hook = hook.dereference()["next_"]


def vector_of(value):
    impl = value["_M_impl"]
    begin, end = impl["_M_start"], impl["_M_finish"]
    return [(begin + i).dereference() for i in range(int(end - begin))]


# Tasks --------------------------------------------------------------------------------------------

class Wait:
    """What a line waits for: `wait_kind::describe`, read instead of called."""

    def __init__(self, line):
        symbol = symbol_at(line["wait_"]) or "?"
        self.owner = "rondo::task_group" if symbol.endswith("waits_for_children") else symbol.rsplit("::", 1)[0]
        self.what, self.place, self.region, self.core = None, None, None, None
        self.address = int(line["waiter_"])
        try:
            self.read()
        except (gdb.error, Missing):
            pass  # no debug information: then its name has to do
        if self.what is None:
            self.what = re.sub("_(await(er)?|wait(er)?)$", "", self.owner.rsplit("::", 1)[-1]).replace("_", " ")

    def read(self):
        self.what = WAITS.get(self.owner)
        awaiter = at(self.address, "rondo::waiter" if self.owner in IN_WAIT_LISTS else self.owner)
        where = field(awaiter, "where_")
        if where is None:
            where = field(awaiter, "where")
        if where is not None:
            self.place = Place(where)
        if self.owner == "rondo::task_group":
            self.region = awaiter["region_"]
            self.what = "its children" if int(awaiter["children_"]) != 1 else "its child"
        elif self.owner == "rondo::detail::parallel_core":
            self.core = awaiter
        elif self.owner == "rondo::detail::joiner":
            task = awaiter["task_"].cast(type_of("rondo::task_context").pointer())
            self.what = f'the end of "{name_of(task.dereference())}"'
        elif self.owner in IN_WAIT_LISTS:
            self.what = text_at(awaiter["what_"])
            if self.owner == "rondo::mutex::lock_awaiter":
                self.what += held_text(at(self.address, self.owner)["mutex_"].dereference())
        elif field(awaiter, "fd") is not None:
            self.what = f"{enumerator(field(awaiter, 'kind'))} on descriptor {int(field(awaiter, 'fd'))}"


def held_text(mutex):
    if not bool(mutex["held_"]):
        return ", free"
    holder = atomic(mutex["holder_"])
    if not int(holder):
        return ", held by nobody known"
    return f', held by "{name_of(holder.dereference())}"'


def name_of(line):
    name = text_at(line["name_"]["text_"])
    return name or Place(line["where_"]).function or "?"


def frame_at(address):
    """The task_frame in a coroutine's frame: behind its two functions."""
    return at(address + 16, "rondo::task_frame")


class Line:
    """A task with all that it awaits in place."""

    def __init__(self, value, depth):
        self.value, self.depth = value, depth
        self.name = text_at(value["name_"]["text_"])
        self.where = Place(value["where_"])
        self.wait = Wait(value) if int(value["wait_"]) else None

    def origin(self):
        return f'spawned as "{self.name}"' if self.name else "begun"

    def stack(self):
        """As rondo::async_stack says it."""
        if self.wait is None:
            return [f"running, or about to: {self.origin()}{self.where}"]
        frames = self.frames()
        place = self.wait.place
        while place is not None and place.is_glue() and frames:
            place = frames.pop(0)
        lines = [self.wait.what + ("" if place is None else str(place))]
        lines += [f"awaited{p}" for p in frames if str(p)]
        return lines + [self.origin() + str(self.where)]

    def frames(self):
        """Where each coroutine is awaited by the next one, the innermost first."""
        places = []
        leaf = int(self.value["leaf_"]["_M_fr_ptr"])
        while leaf and len(places) < MOST_FRAMES:
            frame = frame_at(leaf)
            leaf = int(frame["continuation_"]["_M_fr_ptr"])
            if leaf:
                places.append(Place(frame["place_"]))
        return places

    def title(self):
        if self.wait is None:
            return "running, or about to"
        place = self.wait.place
        frames = self.frames()
        while place is not None and place.is_glue() and frames:
            place = frames.pop(0)
        return f"waits for {self.wait.what}" + ("" if place is None else str(place).split(" in ")[0])


def lines_below(value, depth, found):
    """The tree of lines, as rondo::task_tree walks it."""
    if len(found) >= MOST_TASKS:
        return
    line = Line(value, depth)
    found.append(line)
    if line.wait is None:
        return
    if line.wait.region is not None:
        for child in elements_of(line.wait.region["tasks_"], "rondo::task_context"):
            lines_below(child, depth + 1, found)
    if line.wait.core is not None:
        for part in vector_of(line.wait.core["parts_"]):
            for child in elements_of(part["lines"], "rondo::task_context"):
                lines_below(child, depth + 1, found)


# Loops, found on the stacks -----------------------------------------------------------------------

PHASES = {  # a function of the loop on the stack, and what it says
    "drain_all": "next ticks and microtasks",
    "run_timers": "1. timers",
    "call_timers": "1. timers",
    "call_shared_timers": "1. timers",
    "run_pending": "2. pending callbacks",
    "run_hooks": "hooks: 3. idle and prepare, or 5. check",
    "call_hooks": "hooks: 3. idle and prepare, or 5. check",
    "wait": "4. poll: waits for I/O",
    "poll": "4. poll",
    "poll_shared": "4. poll",
    "run_immediates": "5. check",
    "run_closing": "6. close callbacks",
}


class FoundLoop:
    def __init__(self, thread):
        self.thread, self.state, self.main, self.phase = thread, None, None, "between two turns"


def pointer_named(frame, name, type_name):
    try:
        value = frame.read_var(name)
        if value.is_optimized_out:
            return None
        kind = value.type.strip_typedefs()
        if kind.code == gdb.TYPE_CODE_REF:
            value, kind = value.referenced_value().address, kind.target().pointer()
        if kind.code == gdb.TYPE_CODE_PTR and str(kind.target().unqualified()) == type_name:
            return value.dereference()
    except (gdb.error, ValueError):
        pass
    return None


def loops_of_thread(thread):
    """The loops that run on a thread, the innermost first."""
    thread.switch()
    found, current, frame, phase = [], None, gdb.newest_frame(), None
    while frame is not None:
        name = frame.name() or ""
        if name.startswith("rondo::loop::"):
            if phase is None:
                phase = PHASES.get(name.rsplit("::", 1)[-1])
            state = pointer_named(frame, "this", "rondo::loop::state")
            if state is None and name == "rondo::loop::run":
                state = pointer_named(frame, "s", "rondo::loop::state")
            if state is not None and (current is None or address_of(current.state) != address_of(state)):
                current = FoundLoop(thread)
                current.state = state
                found.append(current)
            if name == "rondo::loop::run" and current is not None:
                current.phase = phase or current.phase
                phase = None
        elif name == "rondo::detail::main_line::run_to_end" and current is not None:
            current.main = pointer_named(frame, "this", "rondo::detail::main_line")
        frame = frame.older()
    return found


def all_loops():
    before = gdb.selected_thread()
    if before is None:
        raise gdb.GdbError("rondo: there is neither a process nor a core")
    frame = gdb.selected_frame()
    try:
        loops = []
        for thread in sorted(gdb.selected_inferior().threads(), key=lambda t: t.num):
            loops += loops_of_thread(thread)
        return loops
    finally:
        before.switch()
        frame.select()


def all_lines():
    found = []
    for each in all_loops():
        if each.main is not None:
            lines_below(each.main.cast(type_of("rondo::task_context")), 0, found)
    if not found:
        raise gdb.GdbError("rondo: no stack leads to a `rondo::run` (or its frames have no debug information)")
    return found


# Commands -----------------------------------------------------------------------------------------

class Rondo(gdb.Command):
    """Tasks and loops of a program that uses Rondo."""

    def __init__(self):
        super().__init__("rondo", gdb.COMMAND_DATA, prefix=True)


class RondoTasks(gdb.Command):
    """rondo tasks: every task with what it waits for, indented under whoever waits for it."""

    def __init__(self):
        super().__init__("rondo tasks", gdb.COMMAND_STACK)

    def invoke(self, argument, from_tty):
        for number, line in enumerate(all_lines()):
            name = f'"{line.name}"' if line.name else (line.where.function or "?")
            print(f"{number:4} {'  ' * line.depth}{name}: {line.title()}")


class RondoStack(gdb.Command):
    """rondo stack [N]: the coroutines of task N (of `rondo tasks`) that await each other; without N, of all."""

    def __init__(self):
        super().__init__("rondo stack", gdb.COMMAND_STACK)

    def invoke(self, argument, from_tty):
        lines = all_lines()
        if argument.strip():
            number = int(gdb.parse_and_eval(argument))
            if not 0 <= number < len(lines):
                raise gdb.GdbError(f"rondo: there is no task {number}; the last is {len(lines) - 1}")
            chosen = [(number, lines[number])]
        else:
            chosen = list(enumerate(lines))
        for number, line in chosen:
            print(f"task {number}")
            for depth, text in enumerate(line.stack()):
                print(f"  #{depth} {text}")


class RondoLoop(gdb.Command):
    """rondo loop: of each loop its phase, the lengths of its queues, its timers, and what keeps it alive."""

    QUEUES = ["ticks", "microtasks", "pending", "completed", "arrived", "immediates", "after_io", "closing"]

    def __init__(self):
        super().__init__("rondo loop", gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        loops = all_loops()
        if not loops:
            raise gdb.GdbError("rondo: no thread runs a loop (or its frames have no debug information)")
        for each in loops:
            self.describe(each)

    def describe(self, found):
        s = found.state
        print(f"loop at {address_of(s):#x} on thread {found.thread.num}, in {found.phase}")
        lengths = []
        for name in self.QUEUES:
            count = sum(1 for _ in jobs_of(s[name]))
            batch = field(s, name + "_batch")
            if batch is not None:
                count += sum(1 for _ in jobs_of(batch))
            lengths.append(f"{name} {count}")
        print("  queued: " + ", ".join(lengths))
        self.timers(s)
        self.alive(s)

    def timers(self, s):
        now = int(s["now"]["ns_"])
        entries = sorted(vector_of(s["timers"]["entries_"]), key=lambda e: int(e["due"]["ns_"]))
        print(f"  timers: {len(entries)}")
        for e in entries[:10]:
            due = int(e["due"]["ns_"])
            when = "never" if due == NEVER else "in " + span_text(due - now)
            run = symbol_at(e["owner"]["run"]) or "?"
            if run.startswith("rondo::loop::state::fire"):
                node = e["owner"].cast(type_of("rondo::loop::node").pointer())
                print(f"    {when}: {enumerator(node['kind'])}{Place(node['where'])}")
            elif run.startswith("rondo::sleep_awaiter::"):
                sleeper = e["owner"].cast(type_of("rondo::sleep_awaiter").pointer())
                print(f"    {when}: sleep of \"{name_of(sleeper['context_'].dereference())}\"")
            else:
                print(f"    {when}: {run.split('(')[0]}")

    def alive(self, s):
        print(f"  alive: {int(s['holding'])} handles and timers, {int(s['operations'])} operations")
        nodes = type_of("rondo::loop::node")
        for chunk in vector_of(s["node_chunks"]):
            for i in range(64):  # loop::state::nodes_per_chunk
                node = (chunk.cast(nodes.pointer()) + i).dereference()
                if bool(node["in_use"]) and bool(node["active"]):
                    does_not = "" if bool(node["referenced"]) else " (unref)"
                    print(f"    {enumerator(node['kind'])}{Place(node['where'])}{does_not}")


# Printers -----------------------------------------------------------------------------------------

def printer(function):
    class Printer:
        def __init__(self, value):
            self.value = value

        def to_string(self):
            return function(self.value)

    return Printer


@printer
def print_task(task):
    frame = int(task["handle_"]["_M_fr_ptr"])
    if not frame:
        return "empty task"
    f = frame_at(frame)
    if not int(f["context_"]):
        return f"task, not started: {Place(f['place_']).function}"
    return f'task of "{name_of(f["context_"].dereference())}"'


@printer
def print_context(line):
    seen = Line(line, 0)
    return f'task "{name_of(line)}": {seen.title()}'


@printer
def print_handle(handle):
    if not int(handle["node_"]):
        return "no handle"
    node = at(int(handle["node_"]), "rondo::loop::node")
    if not bool(node["in_use"]) or int(node["generation"]) != int(handle["generation_"]):
        return "handle of something that is gone"
    return f"{'active' if bool(node['active']) else 'inactive'} {enumerator(node['kind'])}{Place(node['where'])}"


@printer
def print_channel(channel):
    queued = int(field(channel, "store_")["size_"])
    capacity = int(field(channel, "capacity_"))
    waiting = [sum(1 for _ in elements_of(field(channel, side)["waiting_"], "rondo::waiter"))
               for side in ("senders_", "receivers_")]
    closed = ", closed" if bool(field(channel, "closed_")) else ""
    return f"{queued} of {capacity} queued, {waiting[0]} senders and {waiting[1]} receivers wait{closed}"


def instant_text(value):
    ns = int(value["ns_"])
    return "never" if ns == NEVER else span_text(ns)


PRINTERS = [
    ("duration", r"^rondo::duration$", printer(lambda v: "for ever" if int(v["ns_"]) == NEVER else span_text(int(v["ns_"])))),
    ("instant", r"^rondo::instant$", printer(instant_text)),
    ("label", r"^rondo::label$", printer(lambda v: f'"{text_at(v["text_"])}"')),
    ("job_queue", r"^rondo::job_queue$", printer(lambda v: f"{sum(1 for _ in jobs_of(v))} jobs")),
    ("handle_id", r"^rondo::handle_id$", print_handle),
    ("mutex", r"^rondo::mutex$", printer(lambda v: "mutex" + held_text(v))),
    ("channel", r"^rondo::channel<.*>$", print_channel),
    ("task", r"^rondo::task<.*>$", print_task),
    ("task_context", r"^rondo::task_context$", print_context),
]


def register():
    from gdb import printing
    collection = printing.RegexpCollectionPrettyPrinter("rondo")
    for name, pattern, how in PRINTERS:
        collection.add_printer(name, pattern, how)
    printing.register_pretty_printer(None, collection, replace=True)
    for command in (Rondo, RondoTasks, RondoStack, RondoLoop):
        command()


register()
