#!/usr/bin/python3
"""The demonstration: on a desktop of its own and on the user's, kept and interrupted."""
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import tap
from desktop import TOP, Desktop, alive, descendants, holds, wait_until

DEMO = TOP / "tests" / "demo" / "demo"
INTERRUPTED = 128 + signal.SIGINT
READY = "Ctrl-C here ends it."


class Demo(unittest.TestCase):
    def setUp(self):
        self.desktop = Desktop()
        self.addCleanup(self.desktop.close)
        self.tmp = self.desktop.top / "tmp"
        self.tmp.mkdir()
        self.env = {**self.desktop.env, "TMPDIR": str(self.tmp)}
        self.own_display = {k: v for k, v in self.env.items() if k != "DISPLAY"}
        self.output = self.desktop.top / "output"
        self.bystander = self.desktop.spawn("xclock")

    def start(self, *arguments, env=None):
        """The demonstration as the foreground job of a terminal: the leader of a process group of its own."""
        with self.output.open("wb") as output:
            return self.desktop.spawn(DEMO, *arguments, env=env or self.env, stdout=output)

    def says(self, text):
        return text in self.output.read_text()

    def wait_for(self, demo, text):
        wait_until(lambda: self.says(text) or demo.poll() is not None, f"the demonstration says: {text}")
        self.assertTrue(self.says(text), self.output.read_text() + self.desktop.stderr())

    def interrupt(self, demo):
        """Ctrl-C: the terminal sends it to the whole foreground job."""
        os.killpg(demo.pid, signal.SIGINT)

    def check_end(self, demo, status):
        self.assertEqual(demo.wait(60), status, self.desktop.stderr())

        def left():
            links = [link for link in pathlib.Path("/tmp/.X11-unix").iterdir()
                     if link.is_symlink() and os.readlink(link).startswith(str(self.tmp))]
            return self.desktop.left_behind() + [*map(str, self.tmp.iterdir())] + [*map(str, links)]
        wait_until(lambda: not left(), lambda: f"nothing is left of it: {left()}")
        for process in (self.desktop.x_server, self.desktop.window_manager, self.bystander):
            self.assertIsNone(process.poll(), f"{process.args} goes on")

    def exports(self):
        """The environment that it tells people to use."""
        exports = dict(re.findall(r"(\w+)=(\S+)", " ".join(
            line for line in self.output.read_text().splitlines() if line.strip().startswith("export"))))
        path = exports.pop("PATH").replace("$PATH", self.env["PATH"])
        return {**self.own_display, **exports, "PATH": path}

    def oriel(self, *arguments):
        return self.desktop.oriel(*arguments, env=self.exports())

    def check_windows(self):
        vms = {w["vm"] for w in json.loads(self.oriel("windows", "--json")) if w["frames"]}
        self.assertEqual(vms, {"work", "personal"})

    def test_kept_on_the_users_display_it_goes_on_until_it_is_interrupted(self):
        demo = self.start("--keep")
        self.wait_for(demo, READY)
        self.assertEqual(self.exports()["DISPLAY"], self.desktop.display_name)
        self.check_windows()
        self.assertTrue(holds(lambda: alive(demo.pid)))
        self.interrupt(demo)
        self.check_end(demo, INTERRUPTED)

    def test_kept_on_a_desktop_of_its_own_it_can_be_used_from_another_terminal(self):
        demo = self.start("--keep", env=self.own_display)
        self.wait_for(demo, READY)
        self.assertNotEqual(self.exports()["DISPLAY"], self.desktop.display_name)
        self.check_windows()
        self.assertGreater(int(self.oriel("run", "work", "xterm")), 0)
        wait_until(lambda: "XTerm" in self.oriel("windows"), "the new window")
        self.interrupt(demo)
        self.check_end(demo, INTERRUPTED)

    def test_it_takes_a_picture_on_a_desktop_of_its_own_and_ends(self):
        picture = self.desktop.top / "demo.png"
        demo = self.start("--output", picture)
        self.assertEqual(demo.wait(60), 0, self.desktop.stderr())
        self.assertEqual(picture.read_bytes()[:8], b"\x89PNG\r\n\x1a\n")
        self.check_end(demo, 0)

    def test_interrupted_while_it_starts_it_ends_what_it_has_started(self):
        for program in ("oriel run", "orield", "oriel-agent --session", "mousepad"):
            with self.subTest(program):
                demo = self.start()
                wait_until(lambda: any(program in command for command in descendants(demo.pid).values())
                           or any(program in command for command in descendants(os.getpid()).values()),
                           f"{program} runs")
                self.interrupt(demo)
                self.check_end(demo, INTERRUPTED)

    def test_a_second_interruption_does_not_keep_it_from_ending_all(self):
        demo = self.start("--keep")
        self.wait_for(demo, READY)
        self.interrupt(demo)
        wait_until(lambda: any("oriel quit" in c for c in descendants(demo.pid).values())
                   or demo.poll() is not None, "it ends")
        if demo.poll() is None:
            self.interrupt(demo)
        self.check_end(demo, INTERRUPTED)

    def test_told_to_end_it_ends_all(self):
        demo = self.start("--keep")
        self.wait_for(demo, READY)
        demo.terminate()
        self.check_end(demo, 128 + signal.SIGTERM)

    def test_a_wrong_option_is_a_usage_error(self):
        done = subprocess.run([DEMO, "--stay"], env=self.env, capture_output=True, text=True, check=False)
        usage = "usage: ./run demo [--keep] [--output FILE.png [--ask FILE.png] [--menu FILE.png]]\n"
        self.assertEqual((done.returncode, done.stderr), (2, usage))


if __name__ == "__main__":
    tap.main()
