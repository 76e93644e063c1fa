#!/usr/bin/python3
"""What crashes is reported, without anything of what it has shown, and comes back."""
import json
import os
import pathlib
import signal
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import tap
from desktop import Desktop, alive, wait_until

TITLE = "a title that nobody else may read"


class Crashes(unittest.TestCase):
    def setUp(self):
        self.desktop = Desktop()
        self.addCleanup(self.desktop.close)
        self.desktop.write_vm("work", isolation="none")
        self.desktop.run("work", "xterm", "-T", TITLE)
        self.desktop.window(vm="work", title=TITLE, seconds=60)

    def crashes(self):
        return json.loads(self.desktop.oriel("crashes", "--json"))

    def crash(self, pid, number=signal.SIGSEGV):
        os.kill(pid, number)
        wait_until(lambda: not alive(pid), "it is gone", 60)

    def report(self, program):
        """The text of the one report there is, of that program."""
        crash, = wait_until(self.crashes, "there is a report", 60)
        self.assertTrue(crash["program"].startswith(program + " "), crash)
        text = self.desktop.oriel("crashes", "show", crash["id"])
        self.assertEqual(text, pathlib.Path(crash["file"]).read_text())
        self.assertEqual(os.stat(crash["file"]).st_mode & 0o777, 0o600)
        for word in ("nobody", "xterm"):
            self.assertNotIn(word, text)
        return crash, text

    def test_a_view_that_crashes_leaves_a_report_and_comes_back(self):
        self.assertEqual(self.desktop.oriel("crashes"), "Nothing has crashed.\n")
        pid = self.desktop.vm("work")["pids"]["view"]
        self.crash(pid)
        crash, text = self.report("oriel-view")
        self.assertEqual((crash["vm"], crash["signal"]), ("work", signal.SIGSEGV))
        self.assertIn(f"pid {pid}\n", text)
        self.assertRegex(text, r"(?m)^frame oriel-view\+0x[0-9a-f]+$")
        self.assertRegex(text, r"(?m)^build oriel-view [0-9a-f]{40}$")
        self.desktop.window(vm="work", title=TITLE, seconds=60, state=lambda states: "away" not in states)
        log = (pathlib.Path(self.desktop.env["XDG_STATE_HOME"]) / "oriel" / "orield.log").read_text()
        self.assertEqual(log.count(crash["file"]), 1, log)
        self.assertIn(crash["id"], self.desktop.oriel("crashes"))

    def test_a_view_is_reported_by_the_next_broker_too(self):
        self.crash(self.desktop.broker(), signal.SIGKILL)
        self.crash(self.desktop.vm("work")["pids"]["view"], signal.SIGABRT)
        text = self.report("oriel-view")[1]
        self.assertIn("signal 6\n", text)
        self.assertRegex(text, r"(?m)^frame oriel-view\+0x[0-9a-f]+$")

    def test_a_view_that_is_killed_or_ended_is_no_crash(self):
        self.crash(self.desktop.vm("work")["pids"]["view"], signal.SIGKILL)
        self.desktop.window(vm="work", title=TITLE, seconds=60, state=lambda states: "away" not in states)
        self.desktop.oriel("quit")
        self.assertEqual(self.crashes(), [])

    def test_a_view_that_its_sandbox_ends_is_reported(self):
        self.crash(self.desktop.vm("work")["pids"]["view"], signal.SIGSYS)
        text = self.report("oriel-view")[1]
        self.assertIn(f"signal {int(signal.SIGSYS)}\n", text)
        self.assertIn("cause its sandbox forbids a system call", text)

    def test_a_broker_that_crashes_leaves_a_report(self):
        pid = self.desktop.broker()
        self.crash(pid)
        crash, text = self.report("orield")
        self.assertEqual(crash["vm"], "")
        self.assertRegex(text, r"(?m)^frame orield\+0x[0-9a-f]+$")
        self.desktop.window(vm="work", title=TITLE, seconds=60)
        self.assertNotEqual(self.desktop.broker(), pid)

    def test_an_agent_that_crashes_leaves_a_report_in_its_guest(self):
        pid = self.desktop.vm("work")["pids"]["agent"]
        self.crash(pid)
        reports = self.desktop.guest_home("work") / ".local" / "state" / "oriel" / "crashes"
        text, = wait_until(lambda: [path.read_text() for path in reports.glob("oriel-agent-*.txt")], "there is a report", 60)
        self.assertRegex(text, r"(?m)^frame oriel-agent\+0x[0-9a-f]+$")
        self.assertNotIn(TITLE, text)
        self.assertEqual(self.crashes(), [])
        self.desktop.window(vm="work", title=TITLE, seconds=60, state=lambda states: "away" not in states)

    def test_an_unknown_report_is_no_path(self):
        result = self.desktop.oriel("crashes", "show", "../../../etc/passwd", check=False)
        self.assertEqual(result.returncode, 1)
        self.assertIn("'oriel crashes' lists them", result.stderr)

    def test_few_reports_are_kept(self):
        directory = pathlib.Path(self.desktop.env["XDG_STATE_HOME"]) / "oriel" / "crashes"
        directory.mkdir(exist_ok=True)
        for number in range(40):
            path = directory / f"oriel-view-20200101T000000-{number}.txt"
            path.write_text("program oriel-view 0\nsignal 11\n")
            os.utime(path, (number, number))
        self.crash(self.desktop.vm("work")["pids"]["view"])
        wait_until(lambda: len(self.crashes()) == 32, "the eldest are gone", 60)
        self.assertEqual(self.crashes()[0]["vm"], "work")


if __name__ == "__main__":
    tap.main()
