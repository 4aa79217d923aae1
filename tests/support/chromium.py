"""A headless Chromium for tests, driven through chromedriver's own protocol: no package needed."""

from __future__ import annotations

import base64
import json
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
DRIVER = shutil.which("chromedriver")
KEYS = {"right": "\ue014", "left": "\ue012", "home": "\ue011", "end": "\ue010", "enter": "\ue007",
        "escape": "\ue00c", "tab": "\ue004", "space": " "}  # fmt: skip


class Browser:
    """One page at a time: open, click, type, run script, take a picture."""

    def __init__(self, width: int = 1400, height: int = 860) -> None:
        assert CHROMIUM is not None
        assert DRIVER is not None
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            port = s.getsockname()[1]
        self.folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self.driver = subprocess.Popen(
            [DRIVER, f"--port={port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self.base = f"http://127.0.0.1:{port}"
        flags = [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            "--disable-dev-shm-usage", "--hide-scrollbars", f"--window-size={width},{height}",
            f"--user-data-dir={self.folder.name}",
        ]  # fmt: skip
        options = {
            "browserName": "chrome",
            "goog:chromeOptions": {"binary": CHROMIUM, "args": flags},
            "goog:loggingPrefs": {"browser": "ALL"},
        }
        try:
            self._wait()
            made = self._call("POST", "/session", {"capabilities": {"alwaysMatch": options}})
            self.session = f"/session/{made['sessionId']}"
        except BaseException:
            self.close()
            raise

    def _wait(self) -> None:
        for _ in range(100):
            try:
                if self._call("GET", "/status")["ready"]:
                    return
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.1)
        raise TimeoutError("chromedriver did not answer within 10 seconds")

    def _call(self, verb: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data, method=verb)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=60) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            why = json.load(error)["value"]["message"].split("\n")[0]
            raise AssertionError(f"{verb} {path}: {why}") from None

    def open(self, path: Path, fragment: str = "") -> None:
        """Show a file."""
        self.call("POST", "/url", {"url": "about:blank"})
        self.call("POST", "/url", {"url": path.resolve().as_uri() + fragment})

    def call(self, verb: str, path: str, body: Any = None) -> Any:
        """Send a command of the WebDriver protocol; return the answer."""
        return self._call(verb, self.session + path, body)

    def run(self, script: str, *args: Any) -> Any:
        """Run a piece of JavaScript; return its result."""
        return self.call("POST", "/execute/sync", {"script": script, "args": list(args)})

    def element(self, css: str) -> str:
        """Return the id of the first element that a selector finds."""
        found = self.call("POST", "/element", {"using": "css selector", "value": css})
        return str(next(iter(found.values())))

    def click(self, css: str) -> None:
        """Click in the middle of an element; fail if something lies over it."""
        self.call("POST", f"/element/{self.element(css)}/click", {})

    def text(self, css: str) -> str:
        """Return the text that can be seen in an element."""
        return str(self.call("GET", f"/element/{self.element(css)}/text"))

    def press(self, *keys: str, shift: bool = False) -> None:
        """Press keys, as a person does: names of KEYS, or single characters."""
        strokes = []
        for key in keys:
            value = KEYS.get(key, key)
            strokes += [{"type": "keyDown", "value": value}, {"type": "keyUp", "value": value}]
        actions = [{"type": "key", "id": "keyboard", "actions": strokes}]
        self.call("POST", "/actions", {"actions": actions})

    def hover(self, css: str) -> None:
        """Move the mouse over an element."""
        origin = {"element-6066-11e4-a52e-4f735466cecf": self.element(css)}
        move = {"type": "pointerMove", "duration": 0, "x": 0, "y": 0, "origin": origin}
        mouse = {"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}}
        self.call("POST", "/actions", {"actions": [mouse | {"actions": [move]}]})

    def drag(self, x: int, y: int, dx: int, dy: int) -> None:
        """Drag from a point of the window."""
        steps = [
            {"type": "pointerMove", "duration": 0, "x": x, "y": y, "origin": "viewport"},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerMove", "duration": 50, "x": x + dx, "y": y + dy, "origin": "viewport"},
            {"type": "pointerUp", "button": 0},
        ]
        mouse = {"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}}
        self.call("POST", "/actions", {"actions": [mouse | {"actions": steps}]})

    def picture(self, path: Path) -> None:
        """Write a screenshot."""
        path.write_bytes(base64.b64decode(self.call("GET", "/screenshot")))

    def complaints(self) -> list[str]:
        """Return the lines of the browser's console since the last call."""
        log = self.call("POST", "/se/log", {"type": "browser"})
        return [entry["message"] for entry in log]

    def resize(self, width: int, height: int) -> None:
        """Another size of window."""
        self.call("POST", "/window/rect", {"width": width, "height": height})

    def close(self) -> None:
        """End the browser and the driver that this object started."""
        try:
            if hasattr(self, "session"):
                self._call("DELETE", self.session)
        finally:
            self.driver.terminate()
            self.driver.wait(10)
            self.folder.cleanup()
