"""Small houses in temporary folders, for checks to find fault with."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

TOOLS = pathlib.Path(__file__).parent.parent
FLOORS = """
open = ["base"]
errno = ["low"]
light_floors = [0, 1]
umbrella = ["base", "low"]
[rooms]
base = { floor = 0, includes = [] }
low = { floor = 1, includes = [] }
side = { floor = 1, includes = [] }
high = { floor = 2, includes = ["low"] }
top = { floor = 9, includes = "anything" }
"""


class House(unittest.TestCase):
    """A test that builds a house file by file and runs a tool on it."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        self.write("tools/floors.toml", FLOORS)
        self.write("src/base/README.md", "# base\n")

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def run_tool(self, name, *arguments):
        command = [sys.executable, TOOLS / name, "--root", self.root, *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    def assert_clean(self, tool, *arguments):
        done = self.run_tool(tool, *arguments)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def assert_caught(self, tool, message, *arguments):
        done = self.run_tool(tool, *arguments)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn(message, done.stdout)
