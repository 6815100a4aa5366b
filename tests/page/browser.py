"""A headless Chromium, driven over WebDriver (https://www.w3.org/TR/webdriver2/) by its chromedriver.

What is used of the protocol is a dozen requests of JSON, so no library stands between: this runs with
any Python.
"""

import base64
import json
import re
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # the key that the standard gives a reference
LIMIT = 30  # seconds, for any condition


def missing():
    """Why there is no browser here, or None."""
    if not (shutil.which("chromium") or shutil.which("google-chrome")):
        return "no chromium"
    return None if shutil.which("chromedriver") else "no chromedriver"


class Failure(AssertionError):
    pass


def start_driver():
    """chromedriver's process and its port."""
    said = ""
    # It takes a free port of IPv4 and then wants the same of IPv6, which somebody may have.
    for _ in range(5):
        driver = subprocess.Popen(
            ["chromedriver", "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for line in driver.stdout:
            said += line
            if found := re.search(r"started successfully on port (\d+)", line):
                return driver, found[1]
        driver.stdout.close()
        driver.wait()
    raise Failure(f"chromedriver did not start: {said}")


class Browser:
    """One window. `width` and `height` are those of the page, as on a device."""

    def __init__(self):
        self.profile = tempfile.TemporaryDirectory(prefix="rondo-browser-", ignore_cleanup_errors=True)
        self.driver, port = start_driver()
        self.base = f"http://127.0.0.1:{port}"
        # A container has no namespaces to make a sandbox of, and a small /dev/shm.
        arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                     "--hide-scrollbars", "--no-first-run", "--disable-extensions",
                     "--disable-background-networking", f"--user-data-dir={self.profile.name}"]
        options = {"args": arguments}
        binary = shutil.which("chromium") or shutil.which("google-chrome")
        options["binary"] = binary
        wanted = {"browserName": "chrome", "goog:chromeOptions": options,
                  "goog:loggingPrefs": {"browser": "ALL"}}
        made = self.request("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
        self.base += f"/session/{made['sessionId']}"

    def request(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        asked = urllib.request.Request(self.base + path, data=data, method=method,
                                       headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(asked, timeout=60) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as refused:
            raise Failure(json.load(refused)["value"]["message"]) from None

    def close(self):
        try:
            self.request("DELETE", "")
        finally:
            self.driver.terminate()
            self.driver.wait()
            self.driver.stdout.close()
            self.profile.cleanup()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # What a person does.

    def open(self, url):
        self.request("POST", "/url", {"url": url})

    def click(self, css, text=""):
        """On the first visible element of that selector which holds the text."""
        def found():
            return self.script(
                "const [css, text] = arguments;"
                "return [...document.querySelectorAll(css)].find("
                "  (e) => e.getClientRects().length && e.textContent.includes(text)) ?? null", css, text)
        element = self.until(found, f"nothing to click on: {css} {text!r}")
        self.script("arguments[0].scrollIntoView({block: 'center'})", element)
        self.request("POST", f"/element/{element[ELEMENT]}/click", {})

    def type(self, css, text):
        """Over what is written there."""
        element = self.request("POST", "/element", {"using": "css selector", "value": css})
        self.script("arguments[0].focus(); arguments[0].select()", element)
        self.request("POST", f"/element/{element[ELEMENT]}/value", {"text": text})

    def press(self, key):
        """A key by its WebDriver code, "\\ue014" for the right arrow, on whatever has the focus."""
        keys = [{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]
        self.request("POST", "/actions", {"actions": [{"type": "key", "id": "keys", "actions": keys}]})

    # What it sees.

    def script(self, code, *arguments):
        return self.request("POST", "/execute/sync", {"script": code, "args": list(arguments)})

    def text(self, css="body"):
        return self.script("const e = document.querySelector(arguments[0]);"
                           "return e?.innerText ?? e?.textContent ?? ''", css)

    def until(self, condition, why):
        """Asks until the answer is true, and gives it."""
        end = time.monotonic() + LIMIT
        while True:
            value = condition()
            if value:
                return value
            if time.monotonic() > end:
                raise Failure(why)
            time.sleep(0.05)

    def until_text(self, wanted, css="body"):
        """Waits for a text (or a pattern of `re`) to be read."""
        pattern = wanted if isinstance(wanted, re.Pattern) else re.compile(re.escape(wanted))
        try:
            return self.until(lambda: pattern.search(self.text(css)), "")
        except Failure:
            raise Failure(f"{pattern.pattern!r} is not in {css}:\n{self.text(css)}") from None

    def console(self):
        """What went wrong in the page since the last call."""
        return [f"{e['level']}: {e['message']}" for e in self.request("POST", "/se/log", {"type": "browser"})
                if e["level"] in ("SEVERE", "WARNING")]

    # How it sees it.

    def devtools(self, command, **parameters):
        return self.request("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def device(self, width, height):
        self.devtools("Emulation.setDeviceMetricsOverride", width=width, height=height,
                      deviceScaleFactor=1, mobile=width < 600)

    def prefer(self, **features):
        """prefers_color_scheme="dark", prefers_reduced_motion="reduce"."""
        wanted = [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]
        self.devtools("Emulation.setEmulatedMedia", features=wanted)

    def scrolls_sideways(self):
        return self.script("return document.documentElement.scrollWidth > innerWidth")

    def picture(self, path, whole=False):
        """A PNG of what is seen, or of the whole page."""
        size = self.devtools("Page.getLayoutMetrics")["cssContentSize"]
        more = {"clip": {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1},
                "captureBeyondViewport": True} if whole else {}
        data = self.devtools("Page.captureScreenshot", format="png", **more)["data"]
        with open(path, "wb") as file:
            file.write(base64.b64decode(data))
