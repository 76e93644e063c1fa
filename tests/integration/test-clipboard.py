#!/usr/bin/python3
"""The clipboard: real clients in two VMs and on the primary, as far as the policy lets them."""
import json
import os
import pathlib
import signal
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from Xlib import X

import tap
from clips import PRIMARY, SEAMLESS, TEXT, Clips
from desktop import Desktop, Failed, descendants, holds, wait_until
from notifications import Server, start_session_bus
from screen import GuestWindow, Screen

HERE = pathlib.Path(__file__).resolve().parent
# No paste that gets nothing takes longer: two seconds, and what a busy machine needs for the rest.
REFUSAL_SECONDS = 10


class Clipboard(unittest.TestCase):
    POLICY = SEAMLESS

    @classmethod
    def setUpClass(cls):
        cls.desktop = Desktop()
        cls.addClassCleanup(cls.desktop.close)
        start_session_bus(cls.desktop)
        cls.notifications = Server(cls.desktop, "body")
        cls.desktop.write_vm("work")
        cls.desktop.write_vm("personal", label="green")
        cls.directory = cls.desktop.top / "config" / "oriel" / "policy.d"
        cls.directory.mkdir()
        cls.write_policy(cls.POLICY)
        for vm in ("work", "personal"):
            cls.desktop.oriel("vm", "start", vm)

    @classmethod
    def write_policy(cls, text):
        (cls.directory / "a.policy").write_text(text)
        if cls.desktop.broker():
            cls.desktop.oriel("policy", "reload")

    def setUp(self):
        self.clips = Clips(self.desktop)
        self.addCleanup(self.clips.close)
        for where in ("work", "personal", PRIMARY):
            for selection in ("clipboard", "primary"):
                self.gone(where, selection)

    def gone(self, where, selection="clipboard"):
        """Waits until nothing is to be pasted there."""
        wait_until(lambda: not self.clips.owner(where, selection), f"what was copied before is gone in {where}")

    def audit(self, **wanted):
        """The lines of the audit log with the wanted fields."""
        log = self.desktop.top / "state" / "oriel" / "audit.jsonl"
        lines = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
        return [line for line in lines if all(line[key] == value for key, value in wanted.items())]

    def notified(self, *words):
        """Waits for a notification with all of the words."""
        while True:
            shown = self.notifications.shown()
            if all(word in shown["title"] + shown["body"] for word in words):
                return

    def can_be_taken(self, where):
        wait_until(lambda: self.desktop.oriel("clip", "copy", where, check=False).returncode == 0,
                   "what has been copied can be taken")

    def refused(self, where):
        # For UTF8_STRING xclip would ask twice.
        content, seconds = self.clips.timed_paste(where, "text/plain;charset=utf-8")
        self.assertEqual(content, b"")
        self.assertLess(seconds, REFUSAL_SECONDS)


class Seamless(Clipboard):
    def test_text_passes_between_all_of_them(self):
        places = ["work", "personal", PRIMARY]
        for source in places:
            text = f"from {source}: grüß dich, 世界\n"
            self.clips.copy(source, text)
            for target in places:
                with self.subTest(source=source, target=target):
                    self.clips.arrives(target, text)

    def test_other_types_pass_as_they_are(self):
        for target, content in (("text/html", b"<b>bold</b>"), ("image/png", bytes(range(256)) * 40)):
            self.clips.copy("work", content, target)
            for where in ("personal", PRIMARY):
                self.clips.arrives(where, content, target)
                self.assertNotIn(TEXT, self.clips.targets(where))

    def test_unknown_types_do_not_cross(self):
        self.clips.copy("work", b"for this application alone", "application/x-own")
        self.assertTrue(holds(lambda: "application/x-own" not in self.clips.targets("personal")))

    def test_xsel_copies_and_pastes(self):
        for source, target in (("work", "personal"), ("personal", PRIMARY), (PRIMARY, "work")):
            for selection in ("clipboard", "primary"):
                with self.subTest(source=source, target=target, selection=selection):
                    text = f"by xsel from {source}, {selection}"
                    self.clips.copy(source, text, selection=selection, program="xsel")
                    self.clips.arrives(target, text, selection=selection, program="xsel")

    def test_both_selections_keep_apart(self):
        self.clips.copy("work", "copied")
        self.clips.copy("work", "selected", selection="primary")
        self.clips.arrives("personal", "copied")
        self.clips.arrives("personal", "selected", selection="primary")

    def test_the_last_copy_counts(self):
        self.clips.copy("work", "first")
        self.clips.arrives("personal", "first")
        self.clips.copy("personal", "second")
        self.clips.arrives("work", "second")
        self.clips.arrives(PRIMARY, "second")

    def test_what_its_owner_takes_away_is_gone(self):
        owner = self.clips.copy("work", "short-lived")
        self.clips.arrives("personal", "short-lived")
        owner.kill()
        self.gone("personal")

    def test_bytes_move_when_they_are_pasted_and_are_noted(self):
        before = len(self.audit(service="clipboard"))
        self.clips.copy("work", "counted once")
        wait_until(lambda: self.clips.targets("personal"), "it is offered")
        self.assertEqual(len(self.audit(service="clipboard")), before)
        self.clips.arrives("personal", "counted once")
        (line,) = wait_until(lambda: self.audit(service="clipboard", outcome="allow", size=12), "it is noted")
        self.assertEqual((line["from"], line["to"], line["type"]), ("work", "personal", "text/plain;charset=utf-8"))
        self.assertNotIn("counted", json.dumps(self.audit()))


class Large(Clipboard):
    SIZE = 32 << 20
    POLICY = SEAMLESS

    def test_32_MiB_pass_both_ways(self):
        content = bytes(i * 2654435761 >> 24 & 0xff for i in range(65536)) * (self.SIZE // 65536)
        for source, target in (("work", "personal"), (PRIMARY, "work"), ("personal", PRIMARY)):
            with self.subTest(source=source, target=target):
                self.clips.copy(source, content, "image/png")
                self.clips.arrives(target, content, "image/png", seconds=60)

    def test_what_is_larger_than_allowed_is_not_pasted_in_part(self):
        self.write_policy("clipboard work personal allow mode=seamless max=64K\n")
        self.addCleanup(self.write_policy, self.POLICY)
        self.clips.copy("work", b"x" * 65536)
        self.clips.arrives("personal", b"x" * 65536)
        self.clips.copy("work", b"y" * 65537)
        wait_until(lambda: self.clips.targets("personal"), "it is offered")
        self.refused("personal")
        self.assertTrue(self.audit(to="personal", outcome="deny", reason="size"))
        self.notified("personal", "max=64K")


class Files(Clipboard):
    POLICY = SEAMLESS + "copy @any @any allow\ncopy @any @primary allow\ncopy @primary @any allow\n"

    def home(self, where):
        return pathlib.Path(self.desktop.env["HOME"]) if where == PRIMARY else self.desktop.guest_home(where)

    def pasted_copy(self, where):
        content = self.clips.paste(where, "text/uri-list").decode()
        return content if "/Incoming/" in content else None

    def test_files_are_pasted_as_their_copies(self):
        for source, target in (("work", "personal"), (PRIMARY, "work"), ("personal", PRIMARY)):
            with self.subTest(source=source, target=target):
                name = f"of {source.strip('@')}.txt"
                self.home(source).mkdir(parents=True, exist_ok=True)
                (self.home(source) / name).write_text(f"from {source}")
                uri = f"file://{self.home(source)}/{name}".replace(" ", "%20")
                self.clips.copy(source, uri + "\r\n", "text/uri-list")
                content = wait_until(lambda: self.pasted_copy(target), "its copy is pasted")
                path = pathlib.Path(content.strip().removeprefix("file://").replace("%20", " "))
                self.assertEqual(path.read_text(), f"from {source}")

    def test_files_that_may_not_be_copied_are_not_pasted(self):
        self.write_policy(SEAMLESS + "copy @any @any deny\n")
        self.addCleanup(self.write_policy, self.POLICY)
        self.home("work").mkdir(parents=True, exist_ok=True)
        (self.home("work") / "kept").write_text("kept")
        self.clips.copy("work", f"file://{self.home('work')}/kept\r\n", "text/uri-list")
        wait_until(lambda: "text/uri-list" in self.clips.targets("personal"), "it is offered")
        self.assertEqual(self.clips.paste("personal", "text/uri-list"), b"")
        self.assertTrue(self.audit(service="copy", outcome="deny"))


class Explicit(Clipboard):
    POLICY = "clipboard personal work deny\nclipboard work @any allow\nclipboard work @primary allow\nclipboard @primary work allow\n"

    def setUp(self):
        self.desktop.oriel("clip", "clear")
        super().setUp()
        self.host = Screen(self.desktop.display_name)
        self.addCleanup(self.host.close)

    def clip(self):
        (clip,) = json.loads(self.desktop.oriel("clip", "show", "--json"))
        return clip

    def test_nothing_is_offered_before_it_is_handed_over(self):
        self.clips.copy("work", "kept")
        self.assertTrue(holds(lambda: not self.clips.owner("personal") and not self.clips.owner(PRIMARY)))
        self.refused("personal")

    def test_the_command_line_hands_over(self):
        self.clips.copy("work", "handed over")
        self.can_be_taken("work")
        self.assertEqual(self.clip(), {"from": "work", "types": ["text/plain;charset=utf-8"]})
        for where in ("personal", PRIMARY):
            self.desktop.oriel("clip", "paste", where)
            self.clips.arrives(where, "handed over")
        self.desktop.oriel("clip", "clear")
        self.gone("personal")
        self.gone(PRIMARY)
        self.assertEqual(self.clip()["from"], "")

    def test_what_the_policy_denies_is_said(self):
        self.clips.copy("personal", "secret")
        self.can_be_taken("personal")
        with self.assertRaises(Failed) as denied:
            self.desktop.oriel("clip", "paste", "work")
        self.assertIn("does not allow clipboard from personal to work", denied.exception.stderr)
        self.notified("personal", "a.policy:1: clipboard personal work deny")
        self.assertTrue(self.audit(**{"from": "personal"}, to="work", outcome="deny"))
        self.assertFalse(self.clips.owner("work"))

    def test_wrong_words_are_answered(self):
        for words, expected in ((("paste", "work"), "nothing has been taken"),
                                (("copy", "nobody"), "there is no VM 'nobody'")):
            with self.assertRaises(Failed) as failed:
                self.desktop.oriel("clip", *words)
            self.assertIn(expected, failed.exception.stderr)

    def focus(self, window):
        self.host.activate(window)
        wait_until(lambda: self.host.active() == window, "the window has the focus")

    def press(self, letter):
        self.host.press("super", "shift", letter)

    def test_keys_that_another_program_has_are_told_of(self):
        code = 42  # g
        self.host.root.grab_key(code, X.Mod4Mask, False, X.GrabModeAsync, X.GrabModeAsync)
        self.host.display.sync()
        settings = self.desktop.top / "config" / "oriel" / "oriel.conf"
        settings.write_text("[shortcuts]\ncopy=Super+G\n")
        self.addCleanup(self.desktop.oriel, "vm", "list")
        self.addCleanup(settings.unlink)
        self.desktop.oriel("vm", "list")
        self.notified("Super+G", "another program", "copy=")
        settings.write_text("[shortcuts]\ncopy=G\n")
        listed = self.desktop.oriel("vm", "list", check=False)
        self.assertEqual(listed.returncode, 1)
        self.assertIn("oriel.conf:2: copy:", listed.stderr)

    def test_shortcuts_hand_over_what_the_focused_window_copied(self):
        windows = {}
        for vm in ("work", "personal"):
            self.desktop.run(vm, "xterm", "-T", f"of {vm}")
            windows[vm] = self.desktop.window(vm=vm, title=f"of {vm}")["toplevel_xid"]
        own = GuestWindow(self.host, "of the primary")
        own.map()
        wait_until(lambda: self.host.managed(own.xid), "the window is managed")
        windows[PRIMARY] = own.xid
        for source, target in (("work", "personal"), ("work", PRIMARY), (PRIMARY, "work")):
            with self.subTest(source=source, target=target):
                text = f"by the keys from {source} to {target}"
                owner = self.clips.copy(source, text)
                self.can_be_taken(source)
                self.desktop.oriel("clip", "clear")
                self.focus(windows[source])
                self.press("c")
                wait_until(lambda: self.clip()["from"] == source, "it is taken")
                self.focus(windows[target])
                self.press("v")
                self.clips.arrives(target, text)
                # So that what can be taken next is not this any more.
                owner.kill()
                wait_until(lambda: self.desktop.oriel("clip", "copy", source, check=False).returncode,
                           "nothing can be taken")


class Ask(Clipboard):
    TITLE = "Oriel: your desktop asks you"
    HARMLESS_SECONDS = 1  # a new dialog takes nothing before that
    POLICY = "clipboard work personal ask\nclipboard personal work ask mode=seamless\n"

    def setUp(self):
        # Ends what was allowed or denied for a while.
        self.desktop.oriel("policy", "reload")
        self.desktop.oriel("clip", "clear")
        super().setUp()
        self.host = Screen(self.desktop.display_name)
        self.addCleanup(self.host.close)

    def dialogs(self):
        return [xid for xid in self.host.root_property("_NET_CLIENT_LIST") or ()
                if self.host.text(xid, "_NET_WM_NAME") == self.TITLE and self.host.viewable(xid)]

    def allow_once(self):
        (xid,) = wait_until(self.dialogs, "the user is asked")
        holds(lambda: True, self.HARMLESS_SECONDS)
        x, y, width, height = self.host.geometry(xid)
        self.host.click(x + width - 60, y + height - 40)
        wait_until(lambda: not self.dialogs(), "the dialog is gone")

    def test_what_is_handed_over_is_asked_about_first(self):
        self.clips.copy("work", "agreed to")
        self.can_be_taken("work")
        self.desktop.oriel("clip", "paste", "personal")
        wait_until(self.dialogs, "the user is asked")
        self.assertFalse(self.clips.owner("personal"))
        self.allow_once()
        self.clips.arrives("personal", "agreed to")
        wait_until(lambda: self.audit(service="clipboard", to="personal", answer="allow-once", size=9),
                   "it is noted")

    def test_a_seamless_paste_gets_nothing_until_the_user_has_agreed(self):
        self.clips.copy("personal", "agreed to, late")
        wait_until(lambda: TEXT in self.clips.targets("work"), "it is offered")
        self.refused("work")
        self.allow_once()
        self.clips.arrives("work", "agreed to, late")

    def test_an_answer_does_not_hold_for_what_comes_in_its_place(self):
        self.clips.copy("personal", "harmless")
        wait_until(lambda: TEXT in self.clips.targets("work"), "it is offered")
        self.refused("work")
        wait_until(self.dialogs, "the user is asked")
        self.clips.copy("personal", "harmful")
        wait_until(lambda: not self.dialogs(), "the question is withdrawn")
        self.assertFalse(self.audit(outcome="allow", size=7))


class BadClients(Clipboard):
    def start(self, where, program, *arguments):
        process = self.desktop.spawn(HERE / program, *arguments, env=self.clips.env(where),
                                     stdout=subprocess.PIPE)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def own(self, where, behaviour):
        before = self.clips.owner(where)
        process = self.start(where, "bad-clip-owner.py", behaviour)
        wait_until(lambda: self.clips.owner(where) not in (before, 0), "it owns the clipboard")
        return process

    def others_work(self):
        """What the bad one has no part in goes on."""
        self.clips.copy(PRIMARY, "unharmed")
        self.clips.arrives("personal", "unharmed")

    def test_one_that_never_answers(self):
        self.own("work", "silent")
        wait_until(lambda: TEXT in self.clips.targets("personal"), "it is offered")
        self.refused("personal")
        self.others_work()

    def test_one_that_dies_midway(self):
        self.own("work", "dies")
        wait_until(lambda: TEXT in self.clips.targets("personal"), "it is offered")
        self.refused("personal")
        self.others_work()

    def test_one_that_never_ends(self):
        self.write_policy(self.POLICY.replace("@any allow", "@any allow max=1M"))
        self.addCleanup(self.write_policy, self.POLICY)
        self.own("work", "endless")
        wait_until(lambda: TEXT in self.clips.targets("personal"), "it is offered")
        self.refused("personal")
        self.assertTrue(self.audit(outcome="deny", reason="size"))
        self.others_work()

    def test_one_that_floods(self):
        self.own("work", "floods")
        self.clips.copy(PRIMARY, "through the flood", selection="primary")
        self.clips.arrives("personal", "through the flood", selection="primary")

    def test_readers_that_take_nothing(self):
        self.clips.copy("work", b"x" * (8 << 20))
        wait_until(lambda: TEXT in self.clips.targets("personal"), "it is offered")
        for behaviour in ("waits", "dies"):
            reader = self.start("personal", "bad-clip-reader.py", behaviour)
            self.assertEqual(reader.stdout.readline(), b"answered\n")
            self.clips.arrives("personal", b"x" * (8 << 20))
        self.others_work()

    def test_a_vm_that_stops_midway(self):
        self.own("personal", "endless")
        wait_until(lambda: TEXT in self.clips.targets(PRIMARY), "it is offered")
        paste = self.desktop.spawn("xclip", "-o", "-selection", "clipboard", env=self.clips.env(PRIMARY))
        self.desktop.oriel("vm", "stop", "personal")
        paste.wait(timeout=60)
        self.gone(PRIMARY)
        self.desktop.oriel("vm", "start", "personal")
        self.clips.forget("personal")
        self.others_work()

    def test_a_view_that_is_killed_leaves_the_clipboard_usable(self):
        self.clips.copy("work", "before")
        self.clips.arrives("personal", "before")
        os.kill(self.desktop.vm("work")["pids"]["view"], signal.SIGKILL)
        self.clips.arrives("personal", "before")
        os.kill(self.desktop.vm("personal")["pids"]["view"], signal.SIGKILL)
        self.clips.arrives("personal", "before")

    def test_a_desk_that_is_killed_comes_back(self):
        self.clips.copy("work", "for the primary")
        self.clips.arrives(PRIMARY, "for the primary")
        (desk,) = [pid for pid, command in descendants(os.getpid()).items() if command.split(" ")[0].endswith("oriel-desk")]
        os.kill(desk, signal.SIGKILL)
        self.clips.arrives(PRIMARY, "for the primary")

    def test_a_broker_that_is_killed_is_replaced(self):
        self.clips.copy("work", "survives")
        self.clips.arrives("personal", "survives")
        os.kill(self.desktop.broker(), signal.SIGKILL)
        self.desktop.oriel("vm", "list")
        self.clips.arrives("personal", "survives")


if __name__ == "__main__":
    tap.main()
