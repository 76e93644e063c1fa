#!/usr/bin/python3
"""What the policy asks the user about: the dialog on a real desktop, and what becomes of the answers."""
import json
import os
import pathlib
import signal
import subprocess
import sys
import unittest

from Xlib import X

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import tap
from desktop import Desktop, Failed, descendants, holds, wait_until
from notifications import Server, start_session_bus
from screen import GuestWindow, Screen

DONE, FAILED = 0, 1
TITLE = "Oriel: your desktop asks you"
POLICY = "launch @primary @any ask\nfullscreen @any @primary ask\n"
HARMLESS = 0.5  # seconds in which a new dialog takes nothing
BAR_COLOUR = 0x1f2a36
ESCAPE, TAB, RETURN = 9, 23, 36


class Asking(unittest.TestCase):
    window_manager = "openbox"

    @classmethod
    def setUpClass(cls):
        cls.desktop = Desktop(window_manager=cls.window_manager)
        cls.addClassCleanup(cls.desktop.close)
        cls.desktop.write_vm("work")
        cls.desktop.write_vm("vault", label="red")
        directory = cls.desktop.top / "config" / "oriel" / "policy.d"
        directory.mkdir()
        cls.policy = directory / "a.policy"
        cls.policy.write_text(POLICY)
        cls.screen = Screen(cls.desktop.display_name)
        cls.addClassCleanup(cls.screen.close)

    def setUp(self):
        self.runs = []
        # Ends what an earlier test has allowed for ten minutes.
        self.desktop.oriel("policy", "reload")

    def run_oriel(self, *words):
        process = self.desktop.spawn("oriel", "run", *words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(self.end, process)
        self.runs.append(process)
        return process

    def end(self, process):
        if process.poll() is None:
            process.terminate()
        process.communicate()

    def dialogs(self):
        return [xid for xid in self.screen.root_property("_NET_CLIENT_LIST") or ()
                if self.screen.text(xid, "_NET_WM_NAME") == TITLE]

    def dialog(self):
        def drawn():
            for xid in self.dialogs():
                if self.screen.viewable(xid):
                    return xid
            return None
        return wait_until(drawn, lambda: f"the dialog shows; {self.situation()}")

    def situation(self):
        """What may tell why there is no dialog."""
        ended = [(run.args, run.poll(), run.stderr.read()) for run in self.runs if run.poll() is not None]
        windows = [(xid, self.screen.text(xid, "_NET_WM_NAME")) for xid in self.screen.root_property("_NET_CLIENT_LIST") or ()]
        return f"ended: {ended}; windows: {windows}; processes: {descendants(os.getpid())}; log: {self.desktop.stderr()[-4000:]}"

    def armed_dialog(self):
        """One that has shown for long enough."""
        xid = self.dialog()
        holds(lambda: True, HARMLESS * 2)
        return xid

    def unimpressed(self, act):
        """A run whose dialog stays when it is acted on at once.

        Between two steps of a test a busy machine may do other things for so long that the dialog is armed.
        """
        def attempt():
            run = self.run_oriel("--wait", "work", "true")
            act()
            if holds(self.dialogs, HARMLESS * 2):
                return run
            self.end(run)
            self.no_dialog()
            return None
        return wait_until(attempt, "a dialog stays")

    def add_application(self, name, command):
        """In the guest "work"."""
        applications = self.desktop.guest_home("work") / ".local/share/applications"
        applications.mkdir(parents=True, exist_ok=True)
        (applications / f"{name}.desktop").write_text(
            f"[Desktop Entry]\nType=Application\nName={name}\nExec={command}\n")

    def no_dialog(self):
        wait_until(lambda: not self.dialogs(), "the dialog is gone")

    def place(self, xid):
        x, y, width, height = self.screen.geometry(xid)
        return {"allow once": (x + width - 60, y + height - 40), "heading": (x + 120, y + 60)}

    def log(self):
        return [json.loads(line) for line in self.desktop.oriel("log", "--json").splitlines()]

    def process(self, program):
        (found,) = [pid for pid, command in descendants(os.getpid()).items()
                    if command.partition(" ")[0].endswith(program)]
        return found


class Dialog(Asking):
    def test_a_click_allows_once(self):
        run = self.run_oriel("--wait", "work", "true")
        xid = self.armed_dialog()
        self.assertIn("ABOVE", self.screen.states(xid))
        self.screen.click(*self.place(xid)["allow once"])
        self.assertEqual(run.wait(60), DONE)
        self.assertIn(b"waits for your answer", run.stderr.read())
        self.no_dialog()
        self.assertEqual([self.log()[-1][key] for key in ("service", "to", "answer", "outcome")],
                         ["launch", "work", "allow-once", "allow"])
        again = self.run_oriel("work", "true")
        self.dialog()
        self.end(again)

    def test_a_word_that_is_no_command_but_an_application_is_one_question(self):
        self.add_application("note", "true")
        before = len(self.log())
        run = self.run_oriel("--wait", "work", "note")
        self.screen.click(*self.place(self.armed_dialog())["allow once"])
        self.assertEqual(run.wait(60), DONE, run.stderr.read())
        self.no_dialog()
        self.assertEqual([entry["answer"] for entry in self.log()[before:]], ["allow-once"])

    def test_a_file_and_the_application_that_opens_it_are_one_question(self):
        self.policy.write_text(POLICY + "copy @primary work ask\n")
        self.addCleanup(self.policy.write_text, POLICY)
        self.desktop.oriel("policy", "reload")
        self.add_application("cat", "sh -c 'cat \"$1\" >\"$HOME/read\"' cat %f")
        file = self.desktop.top / "file"
        file.write_text("content")
        before = len(self.log())
        run = self.run_oriel("--wait", "work", "cat.desktop", str(file))
        self.screen.click(*self.place(self.armed_dialog())["allow once"])
        self.assertEqual(run.wait(60), DONE, run.stderr.read())
        self.no_dialog()
        self.assertEqual((self.desktop.guest_home("work") / "read").read_text(), "content")
        self.assertEqual([(entry["service"], entry["answer"]) for entry in self.log()[before:]],
                         [("copy", "allow-once"), ("launch", "allow-once")])

    def test_the_question_about_a_file_goes_with_whoever_waits_for_the_answer(self):
        self.policy.write_text(POLICY + "copy @primary work ask\n")
        self.addCleanup(self.policy.write_text, POLICY)
        self.desktop.oriel("policy", "reload")
        file = self.desktop.top / "file"
        file.write_text("content")
        before = len(self.log())
        run = self.run_oriel("work", "cat.desktop", str(file))
        self.dialog()
        run.terminate()
        self.no_dialog()
        wait_until(lambda: [(entry["service"], entry["answer"]) for entry in self.log()[before:]] ==
                   [("copy", "withdrawn"), ("launch", "withdrawn")], "both are withdrawn")

    def test_a_click_in_the_first_half_second_does_nothing(self):
        self.unimpressed(lambda: self.screen.click(*self.place(self.dialog())["allow once"]))

    def test_it_takes_no_focus_and_no_keys_of_who_types(self):
        window = GuestWindow(self.screen, title="an editor")
        self.addCleanup(window.destroy)
        window.map()
        wait_until(lambda: self.screen.managed(window.xid), "the window manager has the window")
        self.screen.activate(window.xid)
        wait_until(lambda: self.screen.active() == window.xid, "the user types there")
        self.run_oriel("work", "true")
        self.dialog()

        def typed_on():
            for key in (TAB, RETURN):
                self.screen.press(key)
            return self.dialogs() and self.screen.active() == window.xid
        self.assertTrue(holds(typed_on, HARMLESS * 2))

    def test_keys_count_once_it_has_had_the_focus_for_a_while(self):
        def act():
            xid = self.armed_dialog()
            self.screen.click(*self.place(xid)["heading"])
            self.screen.press(ESCAPE)
            wait_until(lambda: self.screen.active() == xid or not self.dialogs(), "it has the focus")
        run = self.unimpressed(act)
        for key in (TAB, TAB, RETURN):
            self.screen.press(key)
        self.assertEqual(run.wait(60), DONE)
        self.no_dialog()

    def test_escape_denies(self):
        run = self.run_oriel("vault", "true")
        xid = self.armed_dialog()
        self.screen.click(*self.place(xid)["heading"])
        wait_until(lambda: self.screen.active() == xid, "it has the focus")
        holds(lambda: True, HARMLESS * 2)
        self.screen.press(ESCAPE)
        self.assertEqual(run.wait(60), FAILED)
        self.assertIn(b"you have denied it", run.stderr.read())
        self.assertEqual(self.desktop.vm("vault")["state"], "stopped")
        self.assertEqual(self.log()[-1]["answer"], "deny")

    def test_closing_it_denies(self):
        run = self.run_oriel("vault", "true")
        self.screen.ask_to_close(self.dialog())
        self.assertEqual(run.wait(60), FAILED)
        self.no_dialog()

    def test_ten_minutes_are_not_asked_about_again(self):
        run = self.run_oriel("--wait", "work", "true")
        xid = self.armed_dialog()
        self.screen.click(*self.place(xid)["heading"])
        wait_until(lambda: self.screen.active() == xid, "it has the focus")
        holds(lambda: True, HARMLESS * 2)
        self.screen.press(TAB)
        self.screen.press(RETURN)
        self.assertEqual(run.wait(60), DONE)
        self.desktop.oriel("run", "--wait", "work", "true")
        self.assertEqual(self.log()[-1]["answer"], "allowed-before")

    def test_it_goes_with_whoever_waits_for_the_answer(self):
        run = self.run_oriel("work", "true")
        self.dialog()
        run.terminate()
        self.no_dialog()
        self.assertEqual(self.log()[-1]["answer"], "withdrawn")

    def test_a_lost_desk_denies_and_the_next_one_asks_again(self):
        run = self.run_oriel("work", "true")
        self.dialog()
        os.kill(self.process("oriel-desk"), signal.SIGKILL)
        self.assertEqual(run.wait(60), FAILED)
        self.assertIn(b"no desktop to ask on", run.stderr.read())
        self.no_dialog()

        def asked_again():
            self.run_oriel("work", "true")
            return wait_until(lambda: self.dialogs() or self.log()[-1]["answer"] == "nobody", "it is decided") \
                and self.dialogs()
        wait_until(asked_again, "the desk is there again")

    def test_what_covers_the_dialog_disarms_it(self):
        self.run_oriel("work", "true")
        xid = self.armed_dialog()
        x, y, width, height = self.screen.geometry(xid)
        cover = GuestWindow(self.screen, x=x, y=y, width=width, height=height - 80, override_redirect=True)
        self.addCleanup(cover.destroy)
        cover.map()
        self.screen.click(*self.place(xid)["allow once"])
        self.assertTrue(holds(self.dialogs, HARMLESS))


class Fullscreen(Asking):
    def open(self):
        guest = self.desktop.guest("work")
        self.addCleanup(guest.close)
        window = GuestWindow(guest)
        self.addCleanup(window.destroy)
        window.map()
        return guest, window.xid, self.desktop.window(vm="work", guest_window=window.xid)["toplevel_xid"]

    def test_a_window_stays_as_it_is_until_the_user_has_answered(self):
        self.desktop.oriel("vm", "start", "work")
        guest, window, toplevel = self.open()
        guest.set_state(window, True, "FULLSCREEN")
        xid = self.armed_dialog()
        self.assertNotIn("FULLSCREEN", self.screen.states(toplevel))
        self.screen.click(*self.place(xid)["allow once"])
        wait_until(lambda: "FULLSCREEN" in self.screen.states(toplevel), "it fills the screen")

    def test_the_dialog_shows_above_a_window_that_fills_the_screen(self):
        self.policy.write_text("launch @primary @any ask\n")
        self.addCleanup(self.policy.write_text, POLICY)
        self.desktop.oriel("policy", "reload")
        self.desktop.oriel("vm", "start", "work")
        guest, window, toplevel = self.open()
        guest.set_state(window, True, "FULLSCREEN")
        wait_until(lambda: "FULLSCREEN" in self.screen.states(toplevel), "it fills the screen")
        self.screen.activate(toplevel)
        wait_until(lambda: self.screen.active() == toplevel, "the user is there")
        self.run_oriel("vault", "true")
        x, y, _, _ = self.screen.geometry(self.dialog())
        wait_until(lambda: self.screen.pixel(x + 8, y + 8) == BAR_COLOUR, "the dialog is to be seen")
        self.assertEqual(self.screen.active(), toplevel)

    def test_what_a_lost_view_has_asked_is_withdrawn(self):
        self.desktop.oriel("vm", "start", "work")
        guest, window, _ = self.open()
        guest.set_state(window, True, "ABOVE")
        self.dialog()
        os.kill(self.process("oriel-view"), signal.SIGKILL)
        self.no_dialog()


class AboveGuests(Asking):
    def setUp(self):
        super().setUp()
        self.desktop.oriel("vm", "start", "work")
        guest = self.desktop.guest("work")
        self.addCleanup(guest.close)
        self.window = GuestWindow(guest, x=100, y=100, width=1200, height=700)
        self.addCleanup(self.window.destroy)
        self.window.map()
        toplevel = self.desktop.window(vm="work", guest_window=self.window.xid)["toplevel_xid"]
        wait_until(lambda: self.screen.managed(toplevel), "the window manager has the window")
        self.screen.activate(toplevel)
        wait_until(lambda: self.screen.active() == toplevel, "the user is with the guest")
        self.popup = GuestWindow(guest, width=1600, height=1000, colour=0xff0000, override_redirect=True)
        self.addCleanup(self.popup.destroy)

    def wait_pixel(self, place, colour, what):
        wait_until(lambda: self.screen.picture(self.screen.root.id).pixel(*place) == colour, what)

    def check_uncovered(self, xid):
        x, y, width, height = self.screen.geometry(xid)
        self.wait_pixel((x - 60, y + 8), 0xff0000, "the popup shows beside the dialog")
        for corner in ((x + 8, y + 8), (x + width - 1, y + height - 1)):
            self.wait_pixel(corner, BAR_COLOUR, "the dialog is to be seen")

    def test_no_popup_of_a_guest_covers_the_dialog(self):
        self.popup.map()
        self.wait_pixel((800, 500), 0xff0000, "the popup shows")
        run = self.run_oriel("--wait", "vault", "true")
        xid = self.armed_dialog()
        self.check_uncovered(xid)
        self.popup.window.unmap()
        self.popup.map()
        self.check_uncovered(xid)
        holds(lambda: True, HARMLESS * 2)
        self.screen.click(*self.place(xid)["allow once"])
        self.assertEqual(run.wait(60), DONE, run.stderr.read())
        self.no_dialog()

    def test_a_click_in_the_dialog_is_not_the_guests_below(self):
        run = self.run_oriel("vault", "true")
        xid = self.dialog()
        for _ in range(3):
            self.screen.click(*self.place(xid)["heading"])
        self.end(run)
        self.no_dialog()
        # What the guest has been told comes before what it is told now; and it is told of a click where the dialog
        # was a moment ago if the pointer has been elsewhere since.
        self.screen.move_pointer(0, 0)
        self.screen.click(*self.place_in_guest())
        press = self.window.wait_event(X.ButtonPress, seconds=60)
        self.assertEqual([e.type for e in self.window.read_events() if e.type == X.ButtonPress], [X.ButtonPress])
        self.assertEqual((press.event_x, press.event_y), (20, 30))

    def place_in_guest(self):
        content = self.desktop.window(vm="work", guest_window=self.window.xid)["geometry"]
        return content["x"] + 20, content["y"] + 30


class AboveGuestsOfXfwm4(AboveGuests):
    window_manager = "xfwm4"


class DialogOfXfwm4(Dialog):
    """Window managers differ in what they make of a window that is to be everywhere and takes no focus."""
    window_manager = "xfwm4"


class Notifications(unittest.TestCase):
    def test_a_denial_is_told_with_the_rule(self):
        with Desktop() as desktop:
            start_session_bus(desktop)
            server = Server(desktop, "body")
            desktop.write_vm("work")
            policy = desktop.top / "config" / "oriel" / "policy.d" / "a.policy"
            policy.parent.mkdir()
            policy.write_text("fullscreen work @primary deny\n")
            desktop.oriel("vm", "start", "work")
            with desktop.guest("work") as guest:
                window = GuestWindow(guest).map()
                desktop.window(vm="work", guest_window=window.xid)
                guest.set_state(window.xid, True, "FULLSCREEN")
                shown = server.shown()
            self.assertEqual(shown["title"], "[work] Window over others: work \u2192 this desktop")
            self.assertIn("a.policy:1: fullscreen work @primary deny", shown["body"])


class End(unittest.TestCase):
    def test_it_ends_with_the_broker(self):
        with Desktop() as desktop:
            desktop.write_vm("work")
            desktop.oriel("vm", "start", "work")
            desktop.oriel("quit")
            wait_until(lambda: not desktop.left_behind(), lambda: f"nothing is left: {desktop.left_behind()}")

    def test_without_a_desktop_it_is_denied(self):
        with Desktop(window_manager=None) as desktop:
            desktop.write_vm("work")
            directory = desktop.top / "config" / "oriel" / "policy.d"
            directory.mkdir()
            (directory / "a.policy").write_text("launch @primary @any ask\n")
            desktop.env["DISPLAY"] = ""
            with self.assertRaises(Failed) as failed:
                desktop.oriel("run", "work", "true")
            self.assertIn("no desktop to ask on", failed.exception.stderr)


if __name__ == "__main__":
    tap.main()
