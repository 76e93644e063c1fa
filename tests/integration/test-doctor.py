#!/usr/bin/python3
"""oriel doctor: what it finds on a machine where all is well, and where one thing after the other is not."""
import json
import os
import pathlib
import pty
import shutil
import signal
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import tap
from desktop import PATIENCE, STAGE, Desktop


class Doctor(unittest.TestCase):
    def setUp(self):
        self.desktop = Desktop()
        self.addCleanup(self.desktop.close)
        self.desktop.write_vm("work", isolation="none")

    def findings(self, *words, **environment):
        """What is found, as (level, text), and the exit status; a variable that is None is not set."""
        env = {**self.desktop.env, **environment}
        done = self.desktop.oriel("doctor", "--json", *words, check=False,
                                  env={k: str(v) for k, v in env.items() if v is not None})
        rows = json.loads(done.stdout)
        self.assertTrue(all(row["fine"] == (row["level"] == "fine") for row in rows))
        return [(row["level"], row["text"]) for row in rows], done.returncode

    def assert_found(self, level, words, *arguments, **environment):
        found, status = self.findings(*arguments, **environment)
        self.assertTrue(any(l == level and words in text for l, text in found), (words, found))
        self.assertEqual(status, 1 if any(l == "wrong" for l, _ in found) else 0)

    def test_where_all_is_well_nothing_is_wrong(self):
        found, status = self.findings()
        self.assertEqual([text for level, text in found if level == "wrong"], [])
        self.assertEqual(status, 0)
        for words in ("orield 0.1", "no broker runs", "MIT-SHM 1.", "window manager is Openbox", "seccomp",
                      "state directory", "its files can be used"):
            self.assertTrue(any(words in text for _, text in found), words)
        self.assertFalse((pathlib.Path(self.desktop.env["XDG_RUNTIME_DIR"]) / "oriel").exists(), "no broker was started")

    def test_the_broker_and_the_desk_are_looked_for(self):
        self.desktop.run("work", "xcalc")
        self.desktop.window(vm="work")
        self.assert_found("fine", "programs: the broker runs, and is ")
        self.assert_found("fine", "programs: the desk runs")

    def test_a_program_of_another_version_is_wrong(self):
        programs = self.desktop.top / "programs"
        programs.mkdir()
        for name in ("oriel", "orield", "oriel-desk", "oriel-files"):
            shutil.copy(STAGE / "usr/local/bin" / name, programs)
        (programs / "oriel-view").write_text("#!/bin/sh\necho oriel-view 0.0.1\n")
        (programs / "oriel-view").chmod(0o755)
        self.assert_found("wrong", "oriel-view is oriel-view 0.0.1, and this is oriel ",
                          PATH=f"{programs}:{self.desktop.env['PATH']}")

    def test_a_display_that_is_missing_or_hangs_is_wrong(self):
        self.assert_found("wrong", "display: a display, which DISPLAY would name, cannot be reached", DISPLAY=None)
        self.assert_found("wrong", "display: the display :987 cannot be reached", DISPLAY=":987")
        self.desktop.x_server.send_signal(signal.SIGSTOP)
        try:
            self.assert_found("wrong", "display: the X server does not answer")
        finally:
            self.desktop.x_server.send_signal(signal.SIGCONT)

    def test_a_desktop_without_window_manager_is_wrong(self):
        self.desktop.window_manager.kill()
        self.desktop.window_manager.wait()
        self.assert_found("wrong", "no window manager that keeps to EWMH runs")

    def test_wayland_is_warned_of(self):
        self.assert_found("warning", "this is a session of Wayland", WAYLAND_DISPLAY="wayland-0")
        self.assert_found("warning", "this is a session of Wayland", XDG_SESSION_TYPE="wayland")

    def test_a_session_without_bus_is_warned_of(self):
        self.assert_found("warning", "session: there is no session bus", DBUS_SESSION_BUS_ADDRESS=None)

    def test_a_wrong_policy_is_told_by_file_and_line(self):
        directory = pathlib.Path(self.desktop.env["XDG_CONFIG_HOME"]) / "oriel" / "policy.d"
        directory.mkdir(parents=True)
        (directory / "50.policy").write_text("# mine\nclipboard work\n")
        self.assert_found("wrong", "50.policy:2:")

    def test_directories_that_are_others_or_open_are_wrong(self):
        runtime = pathlib.Path(self.desktop.env["XDG_RUNTIME_DIR"]) / "oriel"
        runtime.mkdir(mode=0o700)
        runtime.chmod(0o755)
        self.assert_found("wrong", "has mode 755, and others may get in: chmod 700 it")
        self.assert_found("wrong", "is too long for a socket", XDG_RUNTIME_DIR=self.desktop.top / ("x" * 100))
        self.assert_found("wrong", "the state directory, /dev/null/oriel, cannot be written", XDG_STATE_HOME="/dev/null")

    def test_crashes_are_told_of(self):
        directory = pathlib.Path(self.desktop.env["XDG_STATE_HOME"]) / "oriel" / "crashes"
        directory.mkdir(parents=True)
        (directory / "oriel-view-20260101T000000-1.txt").write_text("program oriel-view 0\nsignal 11\n")
        self.assert_found("warning", "something has crashed (1 reports): 'oriel crashes' lists them")

    def test_one_vm_is_looked_into(self):
        self.desktop.write_vm("other", backend="xen", isolation=None, kernel="/nonexistent")
        self.assert_found("wrong", "other: /nonexistent cannot be read")
        found, status = self.findings("work")
        self.assertEqual(status, 0, found)
        self.desktop.run("work", "xcalc")
        self.desktop.window(vm="work")
        self.assert_found("fine", "work: oriel-agent --doctor finds nothing wrong in it", "work")
        result = self.desktop.oriel("doctor", "nobody", check=False)
        self.assertEqual(result.returncode, 1)
        self.assertIn("there is no VM 'nobody'", result.stderr)

    def test_colours_are_for_terminals(self):
        self.assertNotIn("\033", self.desktop.oriel("doctor"))
        self.assertIn("\033[32mfine", self.on_terminal())
        self.assertNotIn("\033", self.on_terminal(NO_COLOR="1"))

    def on_terminal(self, **environment):
        controller, terminal = pty.openpty()
        with subprocess.Popen(["oriel", "doctor"], env={**self.desktop.env, **environment}, stdin=subprocess.DEVNULL,
                              stdout=terminal) as process:
            os.close(terminal)
            text = b""
            while True:
                try:
                    part = os.read(controller, 65536)
                except OSError:  # how a terminal ends
                    break
                if not part:
                    break
                text += part
            process.wait(60 * PATIENCE)
        os.close(controller)
        return text.decode()

    def test_the_desk_is_in_top(self):
        self.desktop.run("work", "xcalc")
        self.desktop.window(vm="work")
        rows = {row["name"]: row for row in json.loads(self.desktop.oriel("top", "--json"))}
        self.assertGreater(rows["(desk)"]["memory"], 0)
        self.assertIn("(desk)", self.desktop.oriel("top", "--once"))


if __name__ == "__main__":
    tap.main()
