"""A session bus of a desktop's own, and a notification server on it that the test plays."""
import json
import os
import pathlib
import queue
import subprocess
import threading

BUILD = pathlib.Path(os.environ["ORIEL_STAGE"]).parent if "ORIEL_STAGE" in os.environ else \
    pathlib.Path(__file__).resolve().parents[2] / "build"


def start_session_bus(desktop):
    """The bus's process; what the desktop starts from now on is on it."""
    bus = desktop.spawn("dbus-daemon", "--session", "--nofork", "--nopidfile", "--print-address=1",
                        stdout=subprocess.PIPE, text=True)
    desktop.env["DBUS_SESSION_BUS_ADDRESS"] = bus.stdout.readline().strip()
    return bus


class Server:
    """tests/fake/fake-notification-server.c"""
    def __init__(self, desktop, *capabilities):
        self.process = subprocess.Popen([BUILD / "tests/fake/fake-notification-server", *capabilities],
                                        env=desktop.env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        desktop.processes.append(self.process)
        self.lines = queue.Queue()
        threading.Thread(target=self.read, daemon=True).start()
        assert "name" in self.next()

    def read(self):
        for line in self.process.stdout:
            self.lines.put(json.loads(line))

    def next(self, seconds=20):
        """The next notification, or closing of one."""
        return self.lines.get(timeout=seconds)

    def shown(self):
        """The next notification."""
        while "title" not in (line := self.next()):
            pass
        return line

    def wait_for_closing(self, number):
        while self.next() != {"closed": number}:
            pass

    def do(self, *words):
        """closed ID REASON, or action ID KEY: as a user would."""
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()
