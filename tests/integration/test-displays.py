#!/usr/bin/python3
"""The clipboard of several displays of a VM: real clients on two of them, in another VM and on the primary."""
import itertools
import json
import os
import pathlib
import signal
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import tap
from clips import PRIMARY, SEAMLESS, TEXT, Clips
from desktop import PATIENCE, STAGE, Desktop, descendants, holds, wait_until

SECOND = "work's second display"
# Nobody else's X server has it, and it tells this one from all others.
SECOND_SIZE = "77x55x24"
SOCKETS = pathlib.Path("/tmp/.X11-unix")
FIRST_FREE = 700  # no X server looks so far for a number
ONE_WAY = "clipboard work personal allow mode=seamless max=64K notify=no\n"


def published(socket):
    """A name of a display for programs outside the VM whose socket that is, until it is unlinked."""
    for number in itertools.count(FIRST_FREE):
        try:
            os.symlink(socket, SOCKETS / f"X{number}")
            return number
        except FileExistsError:
            continue


class Displays(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.desktop = Desktop(window_manager=None)
        cls.addClassCleanup(cls.desktop.close)
        cls.policy = cls.desktop.top / "config" / "oriel" / "policy.d" / "a.policy"
        cls.policy.parent.mkdir()
        cls.write_policy(SEAMLESS)
        for vm, label in (("work", "blue"), ("personal", "green")):
            cls.desktop.write_vm(vm, label=label)
            cls.desktop.oriel("vm", "start", vm)

    @classmethod
    def write_policy(cls, text):
        cls.policy.write_text(text)
        if cls.desktop.broker():
            cls.desktop.oriel("policy", "reload")

    def setUp(self):
        self.clips = Clips(self.desktop)
        self.addCleanup(self.clips.close)
        self.start_display()
        self.join()
        for where in ("work", "personal", PRIMARY, SECOND):
            for selection in ("clipboard", "primary"):
                wait_until(lambda w=where, s=selection: not self.clips.owner(w, s),
                           f"what was copied before is gone in {where}")

    def processes(self, words):
        return [pid for pid, command in descendants(os.getpid()).items() if words in command]

    def kill(self, words):
        for pid in self.processes(words):
            os.kill(pid, signal.SIGTERM)
        wait_until(lambda: not self.processes(words), f"{words} has ended")

    def start_display(self):
        """The second X server, as a user of the VM would start one."""
        number = self.desktop.guest_home("work") / "number"
        number.unlink(missing_ok=True)
        self.desktop.run("work", "sh", "-c", f"exec Xvfb -displayfd 3 -screen 0 {SECOND_SIZE} -noreset "
                                             '-nolisten tcp 3>"$HOME/number"')
        self.addCleanup(self.kill, SECOND_SIZE)
        self.inner = ":" + wait_until(lambda: number.exists() and number.read_text().endswith("\n")
                                      and number.read_text().strip(), "the second display runs")
        socket = pathlib.Path(self.desktop.vm("work")["xauthority"]).parent / "x11" / f"X{self.inner[1:]}"
        self.outer = self.inner
        if socket.exists():
            self.outer = f":{published(socket)}"
            self.addCleanup(os.unlink, SOCKETS / f"X{self.outer[1:]}")
        self.clips.displays[SECOND] = self.outer

    def join(self):
        """Returns when the second display has been joined."""
        self.desktop.run("work", "oriel-clipboard", self.inner)
        self.addCleanup(self.kill, "oriel-clipboard " + self.inner)
        screen = self.clips.screen(SECOND)
        mark = screen.display.intern_atom("_ORIEL_CLIPBOARD_JOINED")
        wait_until(lambda: screen.display.get_selection_owner(mark), "the second display is joined")

    def clipboard(self, *arguments, display=None):
        """Runs oriel-clipboard, which is to fail; what it says."""
        env = self.clips.env("work")
        if display is not None:
            env["DISPLAY"] = display
        done = subprocess.run([STAGE / "usr/local/bin/oriel-clipboard", *arguments], env=env, text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=60 * PATIENCE, check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertEqual(done.stdout, "")
        return done.stderr

    def audit(self, **wanted):
        log = self.desktop.top / "state" / "oriel" / "audit.jsonl"
        lines = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
        return [line for line in lines if all(line[key] == value for key, value in wanted.items())]

    def test_text_passes_between_all_of_them(self):
        places = ["work", "personal", PRIMARY, SECOND]
        for program, selection in (("xclip", "clipboard"), ("xsel", "primary")):
            for source in places:
                text = f"by {program} from {source}: grüß dich, 世界"
                self.clips.copy(source, text, selection=selection, program=program)
                for target in places:
                    with self.subTest(source=source, target=target, program=program):
                        self.clips.arrives(target, text, selection=selection, program=program)

    def test_the_last_copy_counts_wherever_it_was_made(self):
        for turn, source in enumerate(("work", SECOND, SECOND, "personal", SECOND, "work", PRIMARY, SECOND)):
            self.clips.copy(source, f"copy {turn}")
            for target in (SECOND, "work", "personal", PRIMARY):
                with self.subTest(turn=turn, target=target):
                    self.clips.arrives(target, f"copy {turn}")

    def test_what_is_taken_over_is_not_offered_back(self):
        owner = self.clips.copy(SECOND, "copied once")
        self.clips.arrives("personal", "copied once")
        window = self.clips.owner(SECOND)
        joined = self.clips.owner("work")
        self.assertTrue(holds(lambda: (self.clips.owner(SECOND), self.clips.owner("work")) == (window, joined)))
        self.assertIsNone(owner.poll())

    def test_images_and_large_content_pass_both_ways(self):
        content = bytes(i * 2654435761 >> 24 & 0xff for i in range(65536)) * 128
        for source, target in ((SECOND, "work"), ("work", SECOND), (SECOND, "personal"), (PRIMARY, SECOND)):
            with self.subTest(source=source, target=target):
                self.clips.copy(source, content, "image/png")
                self.clips.arrives(target, content, "image/png", seconds=60)

    def test_the_policy_decides_as_for_the_vm(self):
        self.write_policy(ONE_WAY)
        self.addCleanup(self.write_policy, SEAMLESS)
        self.clips.copy(SECOND, "from the second display")
        self.clips.arrives("personal", "from the second display")
        (line,) = wait_until(lambda: self.audit(size=23, outcome="allow"), "it is noted")
        self.assertEqual((line["from"], line["to"]), ("work", "personal"))
        self.clips.copy(SECOND, b"x" * 65537)
        self.clips.arrives("work", b"x" * 65537)
        wait_until(lambda: self.clips.targets("personal"), "it is offered")
        self.assertEqual(self.clips.paste("personal"), b"")
        self.clips.copy("personal", "kept")
        self.assertTrue(holds(lambda: self.clips.paste(SECOND) != b"kept"))

    def test_what_its_owner_takes_away_is_gone(self):
        owner = self.clips.copy(SECOND, "short-lived")
        self.clips.arrives("personal", "short-lived")
        owner.kill()
        for where in ("work", "personal", PRIMARY):
            wait_until(lambda w=where: not self.clips.owner(w), f"it is gone in {where}")

    def test_a_display_that_dies_takes_its_copies_along(self):
        self.clips.copy(SECOND, "mortal")
        self.clips.arrives("personal", "mortal")
        self.clips.forget(SECOND)
        self.kill(SECOND_SIZE)
        for where in ("work", "personal", PRIMARY):
            wait_until(lambda w=where: not self.clips.owner(w), f"it is gone in {where}")
        wait_until(lambda: not self.processes("oriel-clipboard"), "what joined it has ended")
        self.clips.copy("work", "unharmed")
        self.clips.arrives("personal", "unharmed")
        self.start_display()
        self.join()
        self.clips.arrives(SECOND, "unharmed")

    def test_a_paste_from_a_display_that_dies_ends(self):
        wait_until(lambda: not self.clips.owner("work"), "nothing is copied")
        bad = self.desktop.spawn(pathlib.Path(__file__).resolve().parent / "bad-clip-owner.py", "silent",
                                 env=self.clips.env(SECOND))
        wait_until(lambda: TEXT in self.clips.targets("work"), "it is offered")
        paste = self.desktop.spawn("xclip", "-o", "-selection", "clipboard", "-t", TEXT, env=self.clips.env("work"))
        self.assertTrue(holds(lambda: paste.poll() is None))
        self.clips.forget(SECOND)
        self.kill(SECOND_SIZE)
        paste.wait(timeout=60 * PATIENCE)
        bad.wait(timeout=60 * PATIENCE)

    def test_what_joins_them_can_be_ended_and_begun_again(self):
        self.clips.copy(SECOND, "kept where it was copied")
        self.clips.arrives("work", "kept where it was copied")
        (pid,) = self.processes("oriel-clipboard " + self.inner)
        os.kill(pid, signal.SIGTERM)
        wait_until(lambda: not self.processes("oriel-clipboard"), "it has ended")
        self.assertEqual(self.clips.owner("work"), 0)
        self.clips.arrives(SECOND, "kept where it was copied")
        self.join()
        self.clips.arrives("work", "kept where it was copied")

    def test_displays_that_cannot_be_joined_are_told_apart(self):
        work = self.clips.env("work")["DISPLAY"]
        personal = self.clips.env("personal")["DISPLAY"]
        self.assertIn("joined already", self.clipboard(self.outer))
        self.assertIn("joined already", self.clipboard(work, display=self.outer))
        self.assertIn("both served", self.clipboard(work))
        self.assertIn("neither", self.clipboard(self.outer, display=self.desktop.display_name))
        self.assertIn("cannot be reached", self.clipboard(":65000"))
        self.assertIn("name one display", self.clipboard())
        self.assertIn("name one display", self.clipboard(self.outer, personal))
        self.assertIn("$DISPLAY", self.clipboard(self.outer, display=""))


if __name__ == "__main__":
    tap.main()
