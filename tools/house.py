"""What the checks of this folder share: the source tree, its includes and the table of floors."""

import pathlib
import re
import tomllib

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)
CPP = (".hpp", ".cpp")


class Problems:
    """Collects what is wrong; `report()` prints it and says how the program should exit."""

    def __init__(self, root):
        self.root = root
        self.errors = []
        self.warnings = []

    def _format(self, path, line, text):
        return f"{path.relative_to(self.root)}:{line}: {text}"

    def error(self, path, line, text):
        self.errors.append(self._format(path, line, text))

    def warn(self, path, line, text):
        self.warnings.append(self._format(path, line, text))

    def report(self, checked):
        for text in self.warnings:
            print(f"warning: {text}")
        for text in self.errors:
            print(f"error: {text}")
        print(f"{checked}: {len(self.errors)} errors, {len(self.warnings)} warnings")
        return 1 if self.errors else 0


class Floors:
    """tools/floors.toml, and which room a file belongs to."""

    def __init__(self, root):
        self.path = root / "tools" / "floors.toml"
        table = tomllib.loads(self.path.read_text())
        self.root = root
        self.rooms = table["rooms"]
        self.open = set(table["open"])
        self.errno = set(table["errno"])
        self.light_floors = set(table["light_floors"])
        self.umbrella = set(table["umbrella"])

    def room_of(self, path):
        """The room of a file below include/rondo/ or src/, None for a file elsewhere."""
        for folder in (self.root / "include" / "rondo", self.root / "src"):
            if path.is_relative_to(folder):
                inside = path.relative_to(folder).parts
                return inside[0] if len(inside) > 1 else None
        return None

    def floor(self, room):
        return self.rooms[room]["floor"]

    def may_include(self, room, other):
        allowed = self.rooms[room]["includes"]
        return other == room or other in self.open or allowed == "anything" or other in allowed


def files(root, *folders, suffixes=CPP):
    """Every file below the folders with one of the suffixes, in a stable order."""
    found = []
    for folder in folders:
        for path in (root / folder).rglob("*"):
            if path.suffix in suffixes and path.is_file() and "node_modules" not in path.parts:
                found.append(path)
    return sorted(found)


def includes(path):
    """(line, name, is_quoted) of every include of a file."""
    text = path.read_text()
    for match in INCLUDE.finditer(text):
        line = text.count("\n", 0, match.start(2)) + 1
        yield line, match.group(2), match.group(1) == '"'


def resolve(root, path, name):
    """The file of the house that an include names, None for one from outside."""
    for folder in (path.parent, root / "include", root / "src", root / "tests"):
        target = (folder / name).resolve()
        if target.is_file() and target.is_relative_to(root):
            return target
    return None
