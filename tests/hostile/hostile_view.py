"""Views of a real orield that a test plays by hand: packet by packet, on the links that orield has opened."""
import os
import pathlib
import re
import select
import shutil
import socket
import struct
import sys
import threading

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parents[1]
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "integration")]
from desktop import PATIENCE, STAGE, Desktop, alive, wait_until
from fields import fields

OPS = {name: int(number, 16) for table in ("link.def", "desk.def")
       for number, name in re.findall(r"M\((0x[0-9a-f]+), (\w+),", (TOP / "host-compositor" / table).read_text())}
NAMES = {number: name for name, number in OPS.items()}
PACKET_MAX = 131072
# What a view answers as soon as it is asked, so that nobody waits for it, and what follows the serial.
ANSWERS = {"WINDOWS_REQUEST": ("WINDOWS_END", b""), "APPLICATIONS_REQUEST": ("APPLICATIONS_END", b""),
           "STATS_REQUEST": ("STATS", bytes(6 * 8 + 4))}


def packet(op, layout="", *values):
    """A message, by its name, or by a number that none has."""
    return struct.pack("<H", OPS.get(op, op)) + fields(layout, *values)


class View:
    """One process that orield takes for the view of a VM."""

    def __init__(self, name, pid, link, control):
        self.name, self.pid, self.link, self.control = name, pid, link, control
        self.seen = []  # (name of the message, its bytes)
        self.descriptors = []
        self.answers = True
        self.news = threading.Condition()
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        while True:
            try:
                data, descriptors, _, _ = socket.recv_fds(self.link, PACKET_MAX, 4)
            except OSError:
                data, descriptors = b"", []
            name = NAMES.get(int.from_bytes(data[:2], "little")) if data else "THE END"
            with self.news:
                self.descriptors += descriptors
                self.seen.append((name, data[2:]))
                self.news.notify_all()
            if not data:
                return
            if self.answers and name in ANSWERS:
                op, rest = ANSWERS[name]
                self.send(packet(op) + data[2:6] + rest)
            elif self.answers and name == "CONNECT":
                self.say("SESSION_READY", "q", 1)

    def send(self, data, descriptors=()):
        try:
            socket.send_fds(self.link, [data], list(descriptors))
        except OSError:  # orield has hung up, which is what many attacks are about
            pass

    def say(self, op, layout="", *values, descriptors=()):
        self.send(packet(op, layout, *values), descriptors)

    def count(self, name):
        with self.news:
            return sum(1 for seen, _ in self.seen if seen == name)

    def expect(self, name, count=1, seconds=60):
        """Waits until orield has said that so often; the bytes of the last."""
        with self.news:
            if not self.news.wait_for(lambda: self.count_now(name) >= count, seconds * PATIENCE):
                raise AssertionError(f"{self.name}: {name} has come {self.count_now(name)} times, not {count}")
            return [data for seen, data in self.seen if seen == name][-1]

    def count_now(self, name):
        return sum(1 for seen, _ in self.seen if seen == name)

    def ready(self, pid=None, connected=0, name=""):
        self.say("READY", "wbs", self.pid if pid is None else pid, connected, name)

    def begin_session(self):
        """As an honest view would; the guest connects at once."""
        self.ready()
        self.expect("CONNECT")

    def complain(self, text):
        """Writes to the standard error."""
        self.control.send(text.encode())

    def let_go(self):
        self.control.close()
        try:
            self.link.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.reader.join()
        self.link.close()
        for descriptor in self.descriptors:
            os.close(descriptor)


class Stage:
    """A desktop whose orield finds the stand-in for oriel-view."""

    def __init__(self):
        self.desktop = Desktop(window_manager="openbox")
        self.views = {}  # VM: its latest View
        programs = self.desktop.top / "bin"
        shutil.copytree(STAGE / "usr" / "local" / "bin", programs)
        (programs / "oriel-view").rename(programs / "honest-view")
        shutil.copy(HERE / "stand-in-view", programs / "oriel-view")
        self.desktop.env["PATH"] = f"{programs}:{self.desktop.env['PATH']}"
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.listener.bind(str(self.desktop.top / "home" / "attack.sock"))
        self.listener.listen(16)

    def close(self):
        for view in self.views.values():
            view.let_go()
        self.listener.close()
        self.desktop.close()

    def take(self):
        """The next view that orield starts."""
        if not select.select([self.listener], [], [], 60 * PATIENCE)[0]:
            raise AssertionError("orield does not start another view")
        control, _ = self.listener.accept()
        words, descriptors, _, _ = socket.recv_fds(control, 4096, 1)
        name, pid = words.decode().split()
        link = socket.socket(fileno=descriptors[0])
        if name in self.views:
            self.views[name].let_go()
        self.views[name] = View(name, int(pid), link, control)
        return self.views[name]

    def take_of(self, name):
        view = self.take()
        while view.name != name:
            view.begin_session()
            view = self.take()
        return view

    def log(self):
        return (self.desktop.top / "state" / "oriel" / "orield.log").read_text(errors="replace")

    def await_end(self, view, reason):
        """orield ends the view, and says why."""
        wait_until(lambda: not alive(view.pid), f"orield ends the view of {view.name}", 60)
        wait_until(lambda: f"{view.name}: its view is gone: {reason}" in self.log(), f"orield says: {reason}", 60)

    def descriptors_of_broker(self):
        return len(os.listdir(f"/proc/{self.desktop.broker()}/fd"))
