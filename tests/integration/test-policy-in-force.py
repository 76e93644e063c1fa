#!/usr/bin/python3
"""The policy: what its files say is told, and holds."""
import json
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import tap
from desktop import STAGE, Desktop

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


if __name__ == "__main__":
    tap.main()
