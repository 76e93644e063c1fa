#!/usr/bin/python3
"""The policy: what its files say is told, and holds."""
import json
import os
import pathlib
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import tap
from desktop import STAGE, Desktop, holds, wait_until
from screen import GuestWindow, Screen

DONE, FAILED = 0, 1


class Check(unittest.TestCase):
    def setUp(self):
        self.desktop = Desktop(window_manager=None)
        self.addCleanup(self.desktop.close)
        self.desktop.write_vm("work")
        self.directory = self.desktop.top / "config" / "oriel" / "policy.d"
        self.directory.mkdir()

    def check(self, *arguments):
        done = self.desktop.oriel("policy", "check", *arguments, check=False)
        return done.returncode, done.stdout

    def test_without_files_there_is_nothing_to_say(self):
        self.assertEqual(self.check(), (DONE, ""))
        self.assertEqual(json.loads(self.check("--json")[1]), [])

    def test_errors_have_file_line_and_column(self):
        file = self.directory / "a.policy"
        file.write_text("# mine\nlaunch @primary work allow\nfullscreen work @primary maybe\nclipboard\n")
        status, words = self.check()
        self.assertEqual(status, FAILED)
        self.assertIn(f"{file}:3:26: \"maybe\" is no action", words)
        self.assertIn(f"{file}:4:1: ", words)
        self.assertEqual(len(words.splitlines()), 2)
        self.assertEqual([(p["file"], p["line"], p["column"], p["warning"])
                          for p in json.loads(self.check("--json")[1])],
                         [(str(file), 3, 26, False), (str(file), 4, 1, False)])

    def test_rules_that_never_decide_are_warned_of(self):
        file = self.directory / "a.policy"
        file.write_text("launch @primary @any deny\nlaunch @primary work allow\nlaunch @primary wrok deny\n")
        status, words = self.check()
        self.assertEqual(status, DONE)
        self.assertIn(f"{file}:2: warning: is shadowed: {file}:1", words)
        self.assertIn(f"{file}:3: warning: never matches: there is no VM \"wrok\"", words)

    def test_given_files_are_checked_alone(self):
        (self.directory / "a.policy").write_text("wrong\n")
        file = self.desktop.top / "new.policy"
        file.write_text("launch @primary work allow\n")
        self.assertEqual(self.check(file), (DONE, ""))
        self.assertEqual(self.check(self.desktop.top / "none.policy")[0], FAILED)

    def test_the_installed_default_policy_is_right(self):
        (default,) = STAGE.glob("usr/**/doc/oriel/examples/default.policy")
        self.assertEqual(self.check(default), (DONE, ""))
        self.assertTrue(list(STAGE.glob("usr/**/man5/oriel-policy.5*")))


class InForce(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.desktop = Desktop()
        cls.addClassCleanup(cls.desktop.close)
        cls.desktop.write_vm("work")
        cls.desktop.write_vm("vault", label="red")
        cls.directory = cls.desktop.top / "config" / "oriel" / "policy.d"
        cls.directory.mkdir()
        cls.file = cls.directory / "a.policy"
        cls.audit_log = cls.desktop.top / "state" / "oriel" / "audit.jsonl"

    def write(self, text):
        self.file.write_text(text)
        return self.desktop.oriel("policy", "reload", check=False)

    def explain(self, *words):
        (explanation,) = json.loads(self.desktop.oriel("policy", "explain", *words, "--json"))
        return explanation

    def decisions(self):
        files = [self.audit_log.with_suffix(".jsonl.1"), self.audit_log]
        return [json.loads(line) for file in files if file.exists() for line in file.read_text().splitlines()
                if line.strip()]

    def test_a_denied_launch_says_which_rule_and_starts_nothing(self):
        self.write("launch @primary @label:red deny\n")
        done = self.desktop.oriel("run", "vault", "xclock", check=False)
        self.assertEqual(done.returncode, FAILED)
        self.assertIn(f"{self.file}:1: launch @primary @label:red deny", done.stderr)
        self.assertEqual(len(done.stderr.splitlines()), 1)
        self.assertEqual(self.desktop.vm("vault")["state"], "stopped")

    def test_every_launch_is_noted(self):
        self.write("launch @primary vault deny\n")
        self.desktop.oriel("run", "--wait", "work", "true")
        self.desktop.oriel("run", "vault", "no-such-program", check=False)
        allowed, denied = self.decisions()[-2:]
        self.assertEqual([allowed[k] for k in ("service", "from", "to", "outcome", "reason")],
                         ["launch", "@primary", "work", "allow", "rule"])
        self.assertIn("built-in policy:", allowed["rule"])
        self.assertEqual([denied[k] for k in ("to", "outcome", "rule")],
                         ["vault", "deny", f"{self.file}:1: launch @primary vault deny"])
        self.assertNotIn("true", json.dumps(allowed))
        self.assertNotIn("no-such-program", self.audit_log.read_text())

    def test_a_written_file_counts_without_being_asked_for(self):
        self.write("")
        self.assertEqual(self.explain("launch", "@primary", "work")["outcome"], "allow")
        self.file.write_text("launch @primary work deny\n")
        wait_until(lambda: self.explain("launch", "@primary", "work")["outcome"] == "deny", "the file counts")
        self.file.unlink()
        wait_until(lambda: self.explain("launch", "@primary", "work")["outcome"] == "allow", "it counts no longer")

    def test_a_broken_file_changes_nothing_and_is_told_of(self):
        self.write("launch @primary work deny\n")
        done = self.write("launch @primary work allow\nlaunch @primary\n")
        self.assertEqual(done.returncode, FAILED)
        self.assertIn(f"{self.file}:2:1: ", done.stderr)
        self.assertIn("the last good policy stays in force", done.stderr)
        self.assertEqual(self.explain("launch", "@primary", "work")["outcome"], "deny")
        log = (self.desktop.top / "state" / "oriel" / "orield.log").read_text()
        self.assertIn(f"{self.file}:2:1: ", log)
        self.assertEqual(self.write("").returncode, DONE)

    def test_the_log_is_shown_by_vm_and_service(self):
        self.write("launch @primary vault deny\n")
        self.desktop.oriel("run", "--wait", "work", "true")
        self.desktop.oriel("run", "vault", "xclock", check=False)
        shown = self.desktop.oriel("log", "--vm", "vault")
        self.assertIn("deny  launch, @primary to vault: ", shown)
        self.assertNotIn("work", shown)
        lines = self.desktop.oriel("log", "--service", "launch", "--json").splitlines()
        self.assertEqual([json.loads(line) for line in lines], self.decisions())
        self.assertEqual(self.desktop.oriel("log", "--service", "clipboard"), "")

    def test_the_log_is_followed_and_across_files_put_aside(self):
        self.write("")
        log = self.desktop.spawn("oriel", "log", "-f", "--vm", "work", stdout=subprocess.PIPE)
        os.set_blocking(log.stdout.fileno(), False)
        seen = b""

        def lines():
            nonlocal seen
            seen += log.stdout.read() or b""
            return seen.count(b"\n")
        self.desktop.oriel("run", "--wait", "work", "true")
        noted = sum(line["to"] == "work" for line in self.decisions())
        wait_until(lambda: lines() == noted, "all launches are shown")
        with open(self.audit_log, "a") as file:
            file.write(" " * (1 << 20) + "\n")
        self.desktop.oriel("run", "--wait", "work", "true")
        wait_until(lambda: lines() == noted + 1, "the next launch is shown")
        self.assertTrue(self.audit_log.with_suffix(".jsonl.1").exists())
        log.terminate()

    def test_explain_names_the_rule_and_why(self):
        self.write("launch @primary work deny\n")
        explanation = self.explain("launch", "@primary", "work")
        self.assertEqual([explanation[k] for k in ("outcome", "reason", "rule", "file", "line")],
                         ["deny", "rule", "launch @primary work deny", str(self.file), 1])
        words = self.desktop.oriel("policy", "explain", "drag", "work", "vault", "type=text/plain", "size=64K")
        self.assertEqual(words, "deny: no rule of the administrator's is about it, and what no rule allows is denied\n")

    def test_explain_refuses_what_is_not_there(self):
        for words, told in ((("telepathy", "work", "vault"), "there is no service 'telepathy'"),
                            (("launch", "@primary", "missing"), "there is no VM 'missing'"),
                            (("clipboard", "work", "vault", "colour=red"), "'colour=red' is neither")):
            done = self.desktop.oriel("policy", "explain", *words, check=False)
            self.assertEqual(done.returncode, FAILED)
            self.assertIn(told, done.stderr)


class Covering(unittest.TestCase):
    """Windows that ask to fill the screen, or to stay above others."""

    @classmethod
    def setUpClass(cls):
        cls.desktop = Desktop()
        cls.addClassCleanup(cls.desktop.close)
        cls.desktop.write_vm("work")
        cls.desktop.oriel("vm", "start", "work")
        cls.host = Screen(cls.desktop.display_name)
        cls.guest = cls.desktop.guest("work")
        cls.addClassCleanup(cls.host.close)
        cls.addClassCleanup(cls.guest.close)
        cls.directory = cls.desktop.top / "config" / "oriel" / "policy.d"
        cls.directory.mkdir()

    def write(self, text):
        (self.directory / "a.policy").write_text(text)
        self.desktop.oriel("policy", "reload")

    def open(self):
        window = GuestWindow(self.guest)
        self.addCleanup(window.destroy)
        window.map()
        return window, self.desktop.window(vm="work", guest_window=window.xid)["toplevel_xid"]

    def outcomes(self):
        lines = self.desktop.oriel("log", "--service", "fullscreen", "--vm", "work", "--json").splitlines()
        return [json.loads(line)["outcome"] for line in lines]

    def ask(self, window, state):
        """The guest asks, and the broker has decided: how."""
        before = len(self.outcomes())
        self.guest.set_state(window.xid, True, state)
        wait_until(lambda: len(self.outcomes()) > before, "it is decided")
        return self.outcomes()[before:]

    def test_a_denied_window_stays_as_it_is(self):
        self.write("fullscreen @label:blue @primary deny\n")
        window, toplevel = self.open()
        for state in ("FULLSCREEN", "ABOVE"):
            self.assertEqual(self.ask(window, state), ["deny"])
            self.assertTrue(holds(lambda: state not in self.host.states(toplevel)))
        self.guest.set_state(window.xid, True, "SKIP_TASKBAR")
        wait_until(lambda: "SKIP_TASKBAR" in self.host.states(toplevel), "other states are not held up")

    def test_an_allowed_window_covers_others(self):
        self.write("")
        window, toplevel = self.open()
        for state in ("FULLSCREEN", "ABOVE"):
            self.assertEqual(self.ask(window, state), ["allow"])
            wait_until(lambda: state in self.host.states(toplevel), f"it is {state}")

    def test_a_window_that_comes_with_the_wish_is_asked_about_too(self):
        for text, outcome in (("fullscreen work @primary deny\n", "deny"), ("", "allow")):
            self.write(text)
            before = len(self.outcomes())
            window = GuestWindow(self.guest)
            self.addCleanup(window.destroy)
            window.set_atoms("_NET_WM_STATE", "_NET_WM_STATE_FULLSCREEN")
            window.map()
            toplevel = self.desktop.window(vm="work", guest_window=window.xid)["toplevel_xid"]
            wait_until(lambda: len(self.outcomes()) > before, "it is decided")
            self.assertEqual(self.outcomes()[before:], [outcome])
            if outcome == "allow":
                wait_until(lambda: "FULLSCREEN" in self.host.states(toplevel), "it fills the screen")
            else:
                self.assertTrue(holds(lambda: "FULLSCREEN" not in self.host.states(toplevel)))


if __name__ == "__main__":
    tap.main()
