#!/usr/bin/env python3
"""gallery_page_test.py PROGRAM [FOLDER]: the tab "Gallery" in a headless browser; pictures go to the folder.

Exits with 77, and says why, where there is no browser.
"""

import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "page"))
import browser  # noqa: E402

PROGRAM = sys.argv[1]
FOLDER = sys.argv[2] if len(sys.argv) > 2 else None
RIGHT, LEFT = "\ue014", "\ue012"


class Gallery(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.program = subprocess.Popen([PROGRAM], stdout=subprocess.PIPE, text=True)
        cls.addClassCleanup(cls.end)
        cls.browser = browser.Browser()
        cls.addClassCleanup(cls.browser.close)
        cls.browser.open(cls.program.stdout.readline().strip())

    @classmethod
    def end(cls):
        cls.program.terminate()
        cls.program.wait()
        cls.program.stdout.close()

    def show(self, name):
        self.browser.script("location.hash = '#/loop'")  # so that it begins anew
        self.browser.until(lambda: not self.browser.text(".gallery"), "the gallery is still seen")
        self.browser.script("location.hash = arguments[0]", f"#/gallery/{name}")
        self.browser.until_text("step 1 of")

    def current(self, of):
        return self.browser.text(f"{of} [aria-current=step]").strip()

    def test_steps_go_forth_and_back(self):
        b = self.browser
        self.show("ticks_before_promises")
        self.assertEqual(self.current(".output"), "tick 1")
        self.assertIn('s.will_say("tick 1"', self.current(".source"))
        self.assertEqual(b.text(".queue"), "microtasks\nmicrotask 1\nmicrotask 2")
        b.click("button", "Next")
        b.until_text("step 2 of 7")
        self.assertEqual(self.current(".output"), "tick of tick 1")
        b.until_text("The queue of ticks is emptied", ".now")
        b.press(RIGHT)
        b.until_text("step 3 of 7")
        self.assertEqual(b.text(".badge"), "microtasks")
        b.press(LEFT)
        b.until_text("step 2 of 7")
        b.click("button", "Back")
        b.until_text("step 1 of 7")

    def test_plays_by_itself_to_the_end(self):
        b = self.browser
        self.show("unref")
        b.script("document.body.dataset.seen = ''")
        b.click("button", "Play")
        b.until_text("step 2 of 4")
        b.click("button", "Pause")
        b.press(RIGHT)
        b.press(RIGHT)
        b.until_text("step 4 of 4")
        b.until_text("was told not to keep the loop alive", ".now")
        self.assertEqual(b.text(".output pre").split("\n"), ["interval", "interval", "timeout"])

    def test_another_program_is_chosen(self):
        b = self.browser
        b.device(1280, 900)
        self.show("start_end")
        b.click(".programs a", "Six phases")
        b.until_text("Who runs in which phase of a turn?")
        self.assertEqual(self.current(".output"), "1. timer")
        self.assertIn("6. close callback", b.text(".queues"))

    def test_every_program_can_be_seen(self):
        b = self.browser
        self.show("start_end")
        names = b.script("return [...document.querySelectorAll('.programs a')].map((a) => a.hash.split('/').pop())")
        self.assertGreater(len(names), 15)
        for name in names:
            self.show(name)
            self.assertNotEqual(self.current(".source") + b.text(".badge"), "", name)
        self.assertEqual(b.console(), [])

    def test_fits_on_a_phone_and_in_the_dark(self):
        b = self.browser
        for width, height in ((1280, 900), (390, 844)):
            for scheme in ("light", "dark"):
                b.device(width, height)
                b.prefer(prefers_color_scheme=scheme)
                self.show("one_of_each")
                b.press(RIGHT)
                b.until_text("step 2 of")
                self.assertFalse(b.scrolls_sideways(), (width, scheme))
                if FOLDER:
                    b.picture(os.path.join(FOLDER, f"gallery-{width}-{scheme}.png"), whole=True)
        b.device(1280, 900)


if __name__ == "__main__":
    why = browser.missing()
    if why:
        print("skipped:", why)
        sys.exit(77)
    unittest.main(argv=sys.argv[:1])
