"""A session bus of a desktop's own, and a notification server on it that the test plays."""
import json
import os
import pathlib
import subprocess

from desktop import Lines

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
        self.lines = Lines(self.process)
        assert "name" in self.next()

    def next(self):
        """The next notification, or closing of one."""
        return json.loads(self.lines.next())

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
