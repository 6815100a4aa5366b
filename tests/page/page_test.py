"""The inspector's page in a real browser: python3 page_test.py PATH/TO/shown PATH/TO/rondo

Each test starts a program with something wrong, and finds it on the page as a person would: by
reading and clicking. RONDO_PICTURES=FOLDER keeps pictures of what is seen, for the documents.
"""

import os
import pathlib
import re
import subprocess
import sys
import unittest

import browser as browsers

SHOWN = RONDO = ""
PICTURES = os.environ.get("RONDO_PICTURES")
CALLS = re.compile(r"timers\s+\S+ %\s+\d[\d,]+")  # of a second, in the table of the phases
WIDE, PHONE = (1280, 800), (390, 800)


class Program:
    def __init__(self, *command):
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.page = ""
        while not self.page:
            line = self.process.stdout.readline()
            if not line:
                raise AssertionError(f"{command} has ended with {self.process.wait()}")
            found = re.search(r"http://127\.0\.0\.1:\d+/\?token=[0-9a-f]{32}", line)
            self.page = found[0] if found else ""

    def end(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class Page(unittest.TestCase):
    """One browser for all, since starting it takes longer than a test."""

    @classmethod
    def setUpClass(cls):
        cls.see = browsers.Browser()

    @classmethod
    def tearDownClass(cls):
        cls.see.close()

    def setUp(self):
        self.see.device(*WIDE)
        self.see.prefer(prefers_color_scheme="light")

    def tearDown(self):
        self.assertEqual(self.see.console(), [])
        self.see.open("about:blank")

    def show(self, *what, tab="loop"):
        program = Program(SHOWN, *what)
        self.addCleanup(program.end)
        self.see.open(f"{program.page}#/{tab}")
        self.see.until_text("live", ".state")
        return program

    def picture(self, name, whole=False):
        if PICTURES:
            self.see.picture(pathlib.Path(PICTURES) / f"inspector-{name}.png", whole)

    def test_names_a_deadlock(self):
        self.show("deadlock")
        self.see.until_text("Deadlock.", ".warnings")
        self.see.click(".warnings a", "Show me")
        self.see.until_text("2 tasks wait for each other", "main")
        graph = self.see.until_text(re.compile(r"Kant[^\0]*Plato|Plato[^\0]*Kant"), ".graph")
        self.assertTrue(graph)
        words = self.see.text(".deadlock")
        self.assertRegex(words, r"Plato.*shown\.cpp:\d+.*waits.*mutex")
        self.assertEqual(self.see.script("return document.querySelectorAll('.edge.cycle').length"), 4)
        self.picture("deadlock")
        self.see.click(".graph a", "Plato")
        self.see.until_text("lock of a mutex", ".detail")
        self.see.until_text("Kant", ".detail")
        self.see.until_text(re.compile(r"Async stack\s+shown\.cpp:\d+\s+dine"), ".detail")

    def test_shows_who_holds_a_worker(self):
        self.show("stall")
        self.see.until_text(re.compile(r"Worker \d is stuck"), ".warnings")
        self.see.until_text("count for ever", ".warnings")
        self.see.click(".workers button", "stuck for")
        self.see.until_text(re.compile(r"stuck for [1-9]"), ".figures")
        self.assertTrue(self.see.script("return !!document.querySelector('.wheel.stuck')"))
        self.picture("stall")
        self.see.click(".warnings a", "count for ever")
        self.see.until_text("polled too long", ".detail")
        self.see.until_text("It has been running for", ".detail")
        # The figures go on, though a worker does not.
        before = self.see.text(".who")
        self.see.until(lambda: self.see.text(".who") != before, "the page stands still")

    def test_shows_what_leaks(self):
        self.show("leak", tab="alive")
        self.see.until_text(re.compile(r"Open sockets\s+8\d"), "main")  # both ends of each
        self.see.until_text("connected", "main")
        self.see.click("nav a", "Tasks")
        self.see.until_text(re.compile(r"Most come from\s+shown\.cpp:\d+ × 40"), ".sites")
        self.see.click(".sites button")
        self.see.until_text("1–40 of 40 tasks", ".pages")
        self.see.click("nav a", "Waits")
        self.see.until_text(re.compile(r"\d\d more"), ".graph")
        self.see.until_text("an event", ".graph")

    def test_is_not_frozen_by_ten_thousand_tasks(self):
        self.show("crowd", tab="tasks")
        self.see.until_text("1–50 of 10.0 k tasks", ".pages")
        for page in range(2, 5):
            self.see.click(".pages button", "later")
            self.see.until_text(f"{page * 50 - 49}–{page * 50} of", ".pages")
        self.see.click(".list th button", "polls")
        self.see.until(lambda: self.see.script("return document.querySelector('[aria-sort]').ariaSort === 'descending'"), "not sorted")
        self.see.type("input[type=search]", "#none#")
        self.see.until_text("None of", ".tasks")
        self.see.type("input[type=search]", "many")
        self.see.until_text("of 10.0 k tasks", ".pages")
        self.see.click(".choice button", "waiting")
        self.see.until_text(re.compile(r"1–50 of"), ".pages")
        rows = self.see.script("return document.querySelectorAll('.list tbody tr').length")
        self.assertLessEqual(rows, 50)
        self.see.click("nav a", "Waits")
        self.see.until_text("of 10.0 k tasks are drawn", "main")
        nodes = self.see.script("return document.querySelectorAll('.node').length")
        self.assertLess(nodes, 150)
        self.see.click("nav a", "Loop")
        self.see.until_text("turns a second", ".figures")

    def test_turns_the_wheel(self):
        self.show("healthy")
        for name in ("timers", "pending", "idle, prepare", "poll", "check", "close", "next ticks", "microtasks"):
            self.see.until_text(name, ".wheel")
        self.see.until_text(CALLS, ".phases")  # calls a second
        hand = "return document.querySelector('.hand').getAttribute('transform')"
        before = self.see.script(hand)
        self.see.until(lambda: self.see.script(hand) != before, "the hand stands still")
        self.see.click(".wheel .sector", "close")
        self.see.until_text("Farewells", ".says")
        self.picture("loop")

    def test_steps_through_the_last_turns(self):
        self.show("healthy")
        self.see.until_text(CALLS, ".phases")
        self.see.click(".pause")
        self.see.until_text(re.compile(r"Event 1,?000|Event \d+ of \d+"), ".steps")
        seen = set()
        for _ in range(60):
            seen.add(self.see.text(".saying"))
            where = self.see.text(".steps .where")
            self.see.press("\ue012")  # the left arrow
            self.see.until(lambda w=where: self.see.text(".steps .where") != w, "it does not step")
        told = "\n".join(seen)
        for wanted in ("goes on", "waits from here on", "the kernel", "callback returns"):
            self.assertIn(wanted, told)
        self.assertRegex(told, "“(producer|consumer|client|echo)”")
        self.picture("steps", whole=True)
        self.see.press("\ue010")  # end
        self.see.until(lambda: self.see.script("return [...document.querySelectorAll('.buttons button')][2].disabled"), "not at the end")
        self.see.click(".pause")
        self.see.until(lambda: not self.see.text(".steps"), "it does not go on")

    def test_fits_on_a_phone(self):
        self.show("healthy")
        self.see.prefer(prefers_color_scheme="dark")
        for width in (360, PHONE[0]):
            self.see.device(width, PHONE[1])
            for tab, wanted in (("loop", "turns a second"), ("tasks", "producer"), ("waits", "An arrow leads"), ("alive", "Timers due next")):
                self.see.click("nav a", tab.capitalize())
                self.see.until_text(wanted, "main")
                self.assertFalse(self.see.scrolls_sideways(), f"{tab} at {width}")
        self.see.click("nav a", "Loop")
        self.see.until_text("turns a second", "main")
        self.picture("phone")
        dark = self.see.script("return getComputedStyle(document.body).backgroundColor")
        self.see.prefer(prefers_color_scheme="light")
        light = self.see.script("return getComputedStyle(document.body).backgroundColor")
        self.assertNotEqual(dark, light)

    def test_stands_still_for_who_wishes_so(self):
        self.see.prefer(prefers_reduced_motion="reduce")
        self.show("healthy")
        self.see.until_text(CALLS, ".phases")
        hand = "return document.querySelector('.hand').getAttribute('transform')"
        before = self.see.script(hand)
        uptime = self.see.text(".who")
        self.see.until(lambda: self.see.text(".who") != uptime, "the page stands still")
        self.assertEqual(self.see.script(hand), before)

    def test_is_reached_by_keys(self):
        self.show("healthy")
        self.see.until_text("turns a second", "main")
        reached = set()
        for _ in range(24):
            self.see.press("\ue004")  # tab
            reached.add(self.see.script("const e = document.activeElement; return e.getAttribute('aria-label') || e.textContent"))
        for wanted in ("Loop", "Waits", "Pause and step"):
            self.assertIn(wanted, reached)
        self.assertTrue(any(r.startswith("timers:") for r in reached), reached)
        unnamed = self.see.script(
            "return [...document.querySelectorAll('button, a, input, [role=button]')]"
            ".filter((e) => !(e.textContent.trim() || e.ariaLabel)).length")
        self.assertEqual(unnamed, 0)

    def test_lets_in_who_has_the_token_only(self):
        program = self.show("healthy")
        self.assertNotIn("token", self.see.script("return location.href"))
        self.see.open(program.page.split("?")[0])  # again, by the cookie
        self.see.until_text("live", ".state")
        self.see.devtools("Network.clearBrowserCookies")
        self.see.open(program.page.split("?")[0])
        self.see.until_text("Open the address that the program has printed")
        self.see.console()  # tells of the 403

    def test_is_offered_by_rondo_serve(self):
        program = Program(RONDO, "serve", "--port", "0", "--inspect")
        self.addCleanup(program.end)
        self.see.open(program.page)
        self.see.until_text("rondo", "h1")
        self.see.click("nav a", "Tasks")
        self.see.until_text("server", ".list")
        self.see.click("nav a", "Alive")
        self.see.until_text("listening", "main")

    def test_has_a_wheel_for_each_worker_of_rondo_serve(self):
        program = Program(RONDO, "serve", "--port", "0", "--workers", "2", "--inspect")
        self.addCleanup(program.end)
        self.see.open(program.page)
        self.see.until_text(re.compile(r"worker 0[^\0]*worker 1"), ".workers")
        self.see.click(".workers button", "worker 1")
        self.see.click("button.pause", "Pause and step")
        chosen = "return document.querySelector('select')?.selectedOptions[0]?.textContent ?? ''"
        self.see.until(lambda: "rondo-serve 1" in self.see.script(chosen), "not that worker's events")

    def test_says_when_the_program_is_gone(self):
        program = self.show("healthy")
        self.see.until_text("turns a second", "main")
        program.end()
        self.see.until_text("does not answer any more", ".state")
        self.see.console()  # tells that nobody answers


if __name__ == "__main__":
    why = browsers.missing()
    if why:
        print(f"skipped: {why}. apt install chromium chromium-driver")
        sys.exit(77)
    SHOWN, RONDO = sys.argv.pop(1), sys.argv.pop(1)
    unittest.main(verbosity=2)
