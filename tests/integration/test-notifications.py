#!/usr/bin/python3
"""Notifications of guests on the primary's desktop."""
import json
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import tap
from desktop import Desktop, wait_until
from notifications import Server, start_session_bus

DISMISSED = 2


class Notifications(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.desktop = desktop = Desktop(window_manager=None)
        cls.addClassCleanup(desktop.close)
        start_session_bus(desktop)
        desktop.write_vm("work", label="#3465a4")
        desktop.write_vm("vault", label="red")
        cls.policy = desktop.top / "config" / "oriel" / "policy.d" / "a.policy"
        cls.policy.parent.mkdir()
        cls.server = Server(desktop, "body", "body-markup", "actions")

    def allow(self, *rules):
        self.policy.write_text("".join(f"notify {rule}\n" for rule in rules))
        self.desktop.oriel("policy", "reload")

    def guest(self, *command, vm="work"):
        """Runs a command in a guest to its end; what it has printed."""
        script = 'exec "$@" >"$HOME/words" 2>&1'
        self.desktop.oriel("run", "--wait", vm, "--", "sh", "-c", script, "sh", *command)
        return (self.desktop.guest_home(vm) / "words").read_text()

    def test_one_carries_the_vms_label_and_no_markup(self):
        self.allow()
        self.guest("notify-send", "--app-name=Mail", "--urgency=critical", "New message", "From <b>me</b> & you\nHello")
        shown = self.server.shown()
        self.assertEqual((shown["title"], shown["body"]),
                         ("[work] Mail: New message", "From &lt;b&gt;me&lt;/b&gt; &amp; you\nHello"))
        self.assertEqual((shown["application"], shown["colour"], shown["urgency"], shown["actions"]),
                         ("Oriel", "#3465a4", 2, []))

    def test_one_is_replaced_and_taken_away(self):
        self.allow()
        number = self.guest("notify-send", "--print-id", "one").strip()
        first = self.server.shown()
        self.assertEqual(self.guest("notify-send", "--print-id", f"--replace-id={number}", "two").strip(), number)
        second = self.server.shown()
        self.assertEqual((second["replaces"], second["title"]), (first["id"], "[work] notify-send: two"))
        self.guest("gdbus", "call", "--session", "--dest=org.freedesktop.Notifications",
                   "--object-path=/org/freedesktop/Notifications",
                   "--method=org.freedesktop.Notifications.CloseNotification", number)
        self.server.wait_for_closing(first["id"])

    def test_buttons_are_there_if_the_policy_says_so(self):
        self.allow("vault @primary allow mode=seamless")
        self.desktop.oriel("vm", "stop", "vault")
        self.assertIn("'actions'", self.capabilities("vault"))
        self.assertNotIn("actions", self.capabilities("work"))
        self.desktop.oriel("run", "vault", "--", "sh", "-c", 'notify-send --action=yes=Yes question >"$HOME/answer"')
        shown = self.server.shown()
        self.assertEqual(shown["actions"], ["yes", "Yes"])
        self.server.do("action", shown["id"], "yes")
        answer = self.desktop.guest_home("vault") / "answer"
        wait_until(lambda: answer.read_text() == "yes\n", "the application hears of it")

    def capabilities(self, vm):
        return self.guest("gdbus", "call", "--session", "--dest=org.freedesktop.Notifications",
                          "--object-path=/org/freedesktop/Notifications",
                          "--method=org.freedesktop.Notifications.GetCapabilities", vm=vm)

    def test_an_application_hears_that_the_user_has_dismissed_it(self):
        self.allow()
        self.desktop.oriel("run", "work", "--", "sh", "-c", 'notify-send --wait waiting && touch "$HOME/heard"')
        shown = self.server.shown()
        self.server.do("closed", shown["id"], DISMISSED)
        wait_until((self.desktop.guest_home("work") / "heard").exists, "the application hears of it")

    def test_what_the_policy_denies_is_not_shown(self):
        self.allow("vault @primary deny")
        self.guest("notify-send", "secret", vm="vault")
        self.guest("notify-send", "shown")
        self.assertEqual(self.server.shown()["title"], "[work] notify-send: shown")
        log = (self.desktop.top / "state" / "oriel" / "audit.jsonl").read_text()
        noted = [json.loads(line) for line in log.splitlines() if '"notify"' in line][-2:]
        self.assertEqual([(n["from"], n["outcome"]) for n in noted], [("vault", "deny"), ("work", "allow")])
        self.assertNotIn("secret", log)

    def test_a_flood_is_merged(self):
        self.allow()
        self.desktop.oriel("vm", "stop", "vault")
        self.guest("sh", "-c", "for i in $(seq 60); do notify-send flood $i; done", vm="vault")
        shown = [self.server.shown()["body"]]
        while "too fast" not in shown[-1]:
            shown.append(self.server.shown()["body"])
        self.assertLess(len(shown), 15)
        self.guest("notify-send", "of another")
        self.assertEqual(self.server.shown()["title"], "[work] notify-send: of another")

    def test_those_of_a_vm_that_stops_go(self):
        self.allow()
        self.guest("notify-send", "gone soon")
        shown = self.server.shown()
        self.desktop.oriel("vm", "stop", "work")
        self.server.wait_for_closing(shown["id"])


if __name__ == "__main__":
    tap.main()
