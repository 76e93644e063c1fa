#!/usr/bin/python3
"""Launching: what the user sees of it while it is on its way, and where it ends."""
import os
import pathlib
import pty
import subprocess
import sys
import unittest

from Xlib import X, Xatom

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import tap
from desktop import Desktop, wait_until
from notifications import Server, start_session_bus
from screen import GuestWindow, Screen

ID = 'menu "1"-2_TIME'


class StartupMessages:
    """What is broadcast about startups (Startup Notification Protocol), as any panel hears it."""
    def __init__(self, display_name):
        self.screen = Screen(display_name)
        self.screen.root.change_attributes(event_mask=X.PropertyChangeMask)
        self.screen.display.sync()
        self.parts = {}
        self.messages = []

    def wait_for(self, message, startup):
        """Those about other startups may come from launches of the tests before."""
        quoted = startup.replace('"', '\\"').replace(" ", "\\ ")
        wait_until(lambda: f"{message}: ID={quoted}" in self.read(), f"{message}, said of {startup}")

    def read(self):
        begin = self.screen.atom("_NET_STARTUP_INFO_BEGIN")
        more = self.screen.atom("_NET_STARTUP_INFO")
        while self.screen.display.pending_events():
            event = self.screen.display.next_event()
            if event.type != X.ClientMessage or event.client_type not in (begin, more):
                continue
            old = b"" if event.client_type == begin else self.parts[event.window.id]
            text, end, _ = (old + bytes(event.data[1])).partition(b"\0")
            self.parts[event.window.id] = text
            if end:
                self.messages.append(text.decode())
        return self.messages


class Launching(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.desktop = desktop = Desktop()
        cls.addClassCleanup(desktop.close)
        start_session_bus(desktop)
        desktop.write_vm("work", label="#3465a4")
        cls.server = Server(desktop, "body")
        cls.host = Screen(desktop.display_name)
        cls.addClassCleanup(cls.host.close)
        cls.startups = StartupMessages(desktop.display_name)
        cls.addClassCleanup(cls.startups.screen.close)

    def setUp(self):
        self.desktop.oriel("vm", "stop", "work")

    def from_menu(self, *command):
        """As a menu launches it, now; the id of that."""
        with Screen(self.desktop.display_name) as screen:
            window = GuestWindow(screen)
            window.set("_ORIEL_TEST", Xatom.CARDINAL, [1])
            event = screen.display.next_event()
            startup = f"{ID}{event.time}"
            window.destroy()
        self.desktop.oriel("run", "work", *command, check=False,
                           env={**self.desktop.env, "DESKTOP_STARTUP_ID": startup})
        return startup

    def connections(self):
        """How many sockets the broker has open."""
        directory = f"/proc/{self.desktop.broker()}/fd"
        names = (os.readlink(f"{directory}/{name}") for name in os.listdir(directory))
        return sum(name.startswith("socket:") for name in names)

    def test_the_broker_keeps_no_connection_of_commands_that_have_ended(self):
        def run():
            self.desktop.run("work", "sleep", "1000")
            return self.connections()
        self.desktop.oriel("vm", "start", "work")
        before = run()
        wait_until(lambda: run() <= before, "one application more is not one descriptor more")

    def test_steps_are_told_if_asked_for(self):
        done = self.desktop.oriel("run", "--verbose", "work", "xclock", check=False)
        self.assertEqual(done.stderr.splitlines(),
                         ["oriel: work: starting", "oriel: work: connecting", "oriel: work: launching xclock"])
        done = self.desktop.oriel("run", "--verbose", "work", "xclock", check=False)
        self.assertEqual(done.stderr, "")

    def test_without_a_terminal_nothing_is_said(self):
        self.assertEqual(self.desktop.oriel("run", "work", "xclock", check=False).stderr, "")

    def test_on_a_terminal_a_line_tells_and_goes(self):
        ours, theirs = pty.openpty()
        subprocess.run(["oriel", "run", "work", "xclock"], env=self.desktop.env, stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, stderr=theirs, timeout=60, check=True)
        os.close(theirs)
        with open(ours, "rb", buffering=0) as terminal:
            text = b"".join(iter(lambda: self.read_on(terminal), b"")).decode()
        self.assertIn("oriel: work: starting...", text)
        self.assertIn("oriel: work: launching xclock...", text)
        self.assertTrue(text.endswith("\r\x1b[K"), text)
        self.assertNotIn("\n", text)

    @staticmethod
    def read_on(terminal):
        """What comes next from a terminal that nobody writes to any more."""
        try:
            return terminal.read(4096)
        except OSError:
            return b""

    def test_from_a_menu_one_notification_tells_and_goes(self):
        self.from_menu("xclock")
        while (first := self.server.shown())["title"] != "[work] Starting xclock":
            pass
        self.assertEqual((first["title"], first["body"], first["colour"]),
                         ("[work] Starting xclock", "The VM is being started.", "#3465a4"))
        while "closed" not in (line := self.server.next()):
            self.assertEqual((line["replaces"], line["title"]), (first["id"], first["title"]))
        self.assertEqual(line, {"closed": first["id"]})

    def test_from_a_menu_a_failure_is_told(self):
        self.from_menu("no-such-application.desktop")
        while not (shown := self.server.shown())["title"].startswith("[work] Cannot start"):
            pass
        self.assertIn("no application 'no-such-application.desktop'", shown["body"])

    def test_the_window_that_comes_ends_the_menus_waiting(self):
        startup = self.from_menu("xterm")
        shown = self.desktop.window(vm="work", app_id="XTerm")
        self.startups.wait_for("remove", startup)
        self.assertEqual(self.host.text(shown["toplevel_xid"], "_NET_STARTUP_ID"), startup)
        wait_until(lambda: self.host.active() == shown["toplevel_xid"], "it has the focus")

    def test_a_launch_that_fails_ends_the_menus_waiting(self):
        self.startups.wait_for("remove", self.from_menu("no-such-application.desktop"))

    def test_a_second_launch_raises_the_window_that_is_there(self):
        self.desktop.oriel("run", "work", "xterm")
        shown = self.desktop.window(vm="work", app_id="XTerm")
        other = GuestWindow(self.host, "the user's")
        self.addCleanup(other.destroy)
        other.map()
        self.host.activate(other.xid)
        wait_until(lambda: self.host.active() == other.xid, "the user is elsewhere")
        # What the second process of a single-instance application has the first do.
        startup = self.from_menu("xdotool", "search", "--class", "XTerm", "windowactivate")
        wait_until(lambda: self.host.active() == shown["toplevel_xid"], "it has the focus")
        self.startups.wait_for("remove", startup)


if __name__ == "__main__":
    tap.main()
