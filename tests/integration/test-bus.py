#!/usr/bin/python3
"""The broker on the primary's session bus: introspected and called by gdbus, and listened to."""
import os
import pathlib
import subprocess
import sys
import unittest

from gi.repository import Gio, GLib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import tap
from desktop import Desktop, descendants, wait_until
from notifications import start_session_bus
from screen import Screen

BROKER = ("--dest=io.oriel.Broker1", "--object-path=/io/oriel/Broker1")


class Signals:
    """What the broker tells, from now on: (name, argument, ...) each. gdbus monitor may miss the first ones."""
    def __init__(self, address):
        flags = Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION
        self.bus = Gio.DBusConnection.new_for_address_sync(address, flags, None, None)
        self.told = []
        self.bus.signal_subscribe(None, "io.oriel.Broker1", None, "/io/oriel/Broker1", None,
                                  Gio.DBusSignalFlags.NONE, self.handle)
        # Once the bus has answered, it has the subscription.
        self.settle()

    def settle(self):
        """What the bus has had to tell has come."""
        self.bus.call_sync("org.freedesktop.DBus", "/", "org.freedesktop.DBus", "GetId", None, None,
                           Gio.DBusCallFlags.NONE, -1, None)
        while GLib.MainContext.default().iteration(False):
            pass

    def call(self, method, arguments):
        return self.bus.call_sync(*self.method(method), arguments, None, Gio.DBusCallFlags.NONE, -1, None).unpack()

    def begin(self, method, arguments):
        self.bus.call(*self.method(method), arguments, None, Gio.DBusCallFlags.NONE, -1, None)

    @staticmethod
    def method(name):
        return "io.oriel.Broker1", "/io/oriel/Broker1", "io.oriel.Broker1", name

    def handle(self, _connection, _sender, _path, _interface, name, arguments):
        self.told.append((name, *arguments.unpack()))

    def until(self, *signal):
        def came():
            while GLib.MainContext.default().iteration(False):
                pass
            return signal in self.told
        wait_until(came, lambda: f"the signal {signal}; there came {self.told}")


class SessionBus(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.desktop = desktop = Desktop(window_manager=None)
        cls.addClassCleanup(desktop.close)
        cls.bus = start_session_bus(desktop)
        desktop.write_vm("work")
        desktop.oriel("vm", "list")
        # It takes its name there later than it answers the command line.
        subprocess.run(["gdbus", "wait", "--session", "--timeout=60", "io.oriel.Broker1"], env=desktop.env, check=True)

    def setUp(self):
        """The VM may run, or be about to, for the sake of the test before."""
        self.desktop.oriel("vm", "stop", "work")

    def gdbus(self, command, *arguments, check=True):
        done = subprocess.run(["gdbus", command, "--session", *BROKER, *arguments], env=self.desktop.env,
                              capture_output=True, text=True, timeout=60, check=False)
        if check and done.returncode:
            raise AssertionError(done.stderr)
        return done.stdout if check else done

    def call(self, method, *arguments, **options):
        return self.gdbus("call", f"--method={method}", *arguments, **options)

    def test_it_is_introspectable(self):
        text = self.gdbus("introspect")
        for word in ("interface io.oriel.Broker1", "ListVMs(", "Run(", "VMChanged(", "WindowsChanged(", "Version"):
            self.assertIn(word, text)

    def test_its_version_is_that_of_the_command_line(self):
        version = self.call("org.freedesktop.DBus.Properties.Get", "io.oriel.Broker1", "Version")
        self.assertIn(self.desktop.oriel("--version").split()[-1], version)

    def test_methods_do_what_they_do_for_the_command_line(self):
        self.assertIn("<'work'>", self.call("io.oriel.Broker1.ListVMs"))
        self.call("io.oriel.Broker1.StartVM", "work")
        self.assertEqual(self.desktop.vm("work")["state"], "running")
        self.call("io.oriel.Broker1.StopVM", "work")
        self.assertEqual(self.desktop.vm("work")["state"], "stopped")

    def test_errors_are_sentences(self):
        done = self.call("io.oriel.Broker1.StartVM", "none", check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("io.oriel.Broker1.Error.Failed: there is no VM 'none'", done.stderr)

    def test_changes_of_vms_and_windows_are_told(self):
        signals = self.listen()
        self.desktop.oriel("run", "work", "xclock")
        signals.until("WindowsChanged", "work")
        # Of the stop before, the bus may tell later than the command line.
        self.assertEqual([told for told in signals.told if told[0] == "VMChanged" and told[3] == ""
                          and told[2] not in ("stopping", "stopped")],
                         [("VMChanged", "work", "starting", ""), ("VMChanged", "work", "running", "")])
        signals.told.clear()
        self.desktop.oriel("vm", "stop", "work")
        signals.until("VMChanged", "work", "stopped", "")

    def test_a_caller_that_leaves_gives_its_copies_up(self):
        """Each gdbus is a caller of its own, and leaves with its answer."""
        self.set_policy("copy @primary work allow\n")
        endless = self.desktop.top / "endless"
        with open(endless, "wb") as file:
            file.truncate(1 << 40)
        began = self.call("io.oriel.Broker1.CopyFiles", "@primary", f"[b'{endless}']", "work", "b''")
        copy = began.strip("(),\n").split()[-1]
        done = self.call("io.oriel.Broker1.WaitCopy", copy, check=False)
        self.assertIn(f"has begun no copy {copy}", done.stderr)
        wait_until(lambda: not any("oriel-files" in command for command in descendants(os.getpid()).values()),
                   "nothing packs or unpacks")
        self.assertEqual([path for path in self.desktop.guest_home("work").glob("Incoming/*/*")], [])

    def listen(self):
        signals = Signals(self.desktop.env["DBUS_SESSION_BUS_ADDRESS"])
        self.addCleanup(signals.bus.close_sync, None)
        return signals

    def set_policy(self, text):
        policy = self.desktop.top / "config" / "oriel" / "policy.d"
        policy.mkdir(exist_ok=True)
        (policy / "copy.policy").write_text(text)

    def dialogs(self):
        with Screen(self.desktop.display_name) as screen:
            return [window.id for window in screen.root.query_tree().children
                    if screen.text(window.id, "_NET_WM_NAME") == "Oriel: your desktop asks you"]

    def test_who_waits_for_a_copy_hears_that_the_user_is_asked_and_nobody_else(self):
        self.set_policy("copy @primary work ask\n")
        caller, bystander = self.listen(), self.listen()
        path = self.desktop.top / "asked-about"
        path.write_text("content")
        arguments = GLib.Variant("(saaysay)", ("@primary", [bytes(path) + b"\0"], "work", b"\0"))
        (copy,) = caller.call("CopyFiles", arguments)
        wait_until(self.dialogs, "the user is asked")
        caller.settle()
        self.assertNotIn(("Asked",), caller.told)
        caller.begin("WaitCopy", GLib.Variant("(u)", (copy,)))
        caller.until("Asked")
        bystander.settle()
        self.assertNotIn(("Asked",), bystander.told)
        caller.call("CancelCopy", GLib.Variant("(u)", (copy,)))
        wait_until(lambda: not self.dialogs(), "the dialog is gone")

    def test_the_broker_outlives_the_bus_and_comes_to_the_next(self):
        self.bus.terminate()
        self.bus.wait()
        self.assertEqual(self.desktop.vm("work")["state"], "stopped")
        path = self.desktop.env["DBUS_SESSION_BUS_ADDRESS"].partition(",guid=")[0]
        type(self).bus = self.desktop.spawn("dbus-daemon", "--session", "--nofork", "--nopidfile", f"--address={path}")
        self.desktop.env["DBUS_SESSION_BUS_ADDRESS"] = path

        def is_back():
            self.desktop.oriel("vm", "start", "work")
            return self.gdbus("introspect", check=False).returncode == 0
        wait_until(is_back, "the broker is on the new bus")


if __name__ == "__main__":
    tap.main()
