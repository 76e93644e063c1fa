#!/usr/bin/python3
"""A view that runs is in its sandbox: a debugger has it try what a guest that took it over would."""
import os
import pathlib
import re
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import tap
from desktop import Desktop, alive, wait_until

REFUSED = 13  # EACCES


class Sandbox(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.desktop = Desktop()
        cls.addClassCleanup(cls.desktop.close)
        cls.desktop.write_vm("work", isolation="none")
        cls.desktop.run("work", "xcalc")
        cls.desktop.window(vm="work")

    def view(self):
        """The process id of a view that shows the window."""
        self.desktop.window(vm="work", state=lambda states: "away" not in states)
        return self.desktop.vm("work")["pids"]["view"]

    def attempt(self, call):
        """What becomes of the view, or what it gets, when it makes a call: None if it is killed."""
        pid = self.view()
        result = subprocess.run(
            ["gdb", "-nx", "-batch", "-p", str(pid), "-ex", f"print (long){call}",
             "-ex", "print *(int *)(((void *(*)(void))__errno_location)())"],
            text=True, capture_output=True, timeout=60)
        if "terminated with signal SIGSYS" in result.stdout:
            wait_until(lambda: not alive(pid), "the view is gone")
            return None
        values = re.findall(r"^\$\d+ = (-?\d+)$", result.stdout, re.MULTILINE)
        self.assertEqual(len(values), 2, result.stdout + result.stderr)
        return int(values[0]), int(values[1])

    def assert_refused(self, call):
        self.assertEqual(self.attempt(call), (-1, REFUSED), call)

    def assert_killed(self, call):
        self.assertIsNone(self.attempt(call), call)

    def status(self):
        text = pathlib.Path(f"/proc/{self.view()}/status").read_text()
        return dict(line.split(":\t", 1) for line in text.splitlines())

    def test_it_has_no_privileges_and_a_filter(self):
        status = self.status()
        self.assertEqual(status["NoNewPrivs"], "1")
        self.assertEqual(status["Seccomp"], "2")
        self.assertEqual(int(status["CapEff"], 16), 0)
        self.assertEqual(int(status["CapPrm"], 16), 0)
        limits = pathlib.Path(f"/proc/{self.view()}/limits").read_text()
        self.assertRegex(limits, r"Max core file size\s+0\s+0")
        self.assertNotRegex(limits, r"Max address space\s+unlimited")

    def test_it_knows_nothing_of_the_users_environment(self):
        os.environ["SECRET"] = "of the user"
        self.addCleanup(os.environ.pop, "SECRET")
        names = {entry.split(b"=", 1)[0].decode() for entry in
                 pathlib.Path(f"/proc/{self.view()}/environ").read_bytes().split(b"\0") if entry}
        self.assertLessEqual(names, {"DISPLAY", "XAUTHORITY", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "LC_MESSAGES",
                                     "XDG_RUNTIME_DIR", "FONTCONFIG_FILE", "FONTCONFIG_PATH",
                                     "G_MESSAGES_DEBUG", "ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS"})

    def test_it_opens_no_file(self):
        cookie = pathlib.Path(self.desktop.env["XDG_RUNTIME_DIR"]) / "oriel" / "work" / "Xauthority"
        self.assertTrue(cookie.exists())
        for path in (cookie, pathlib.Path.home(), "/etc/passwd", f"/proc/{os.getpid()}/mem"):
            self.assert_refused(f'open("{path}", 0)')

    def test_it_makes_no_connection(self):
        self.assert_refused("socket(1, 1, 0)")
        self.assert_refused("socket(2, 1, 0)")

    def test_it_is_killed_for_running_a_program(self):
        self.assert_killed('execl("/bin/true", "true", (char *)0)')

    def test_it_is_killed_for_starting_a_process(self):
        self.assert_killed("fork()")

    def test_it_is_killed_for_tracing_another(self):
        self.assert_killed(f"ptrace(16, {self.desktop.broker()}, 0, 0)")

    def test_it_is_killed_for_signalling_another(self):
        self.assert_killed(f"kill({self.desktop.broker()}, 9)")
        self.assertTrue(alive(self.desktop.broker()))


if __name__ == "__main__":
    tap.main()
