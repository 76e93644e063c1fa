#!/usr/bin/python3
"""What is typed on the primary arrives in the applications of a VM."""
import pathlib
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import tap
from desktop import Desktop, wait_until
from editors import FEATHERPAD, MOUSEPAD, SWING, TK, XTERM, current, focus, settle, start_chromium
from screen import Screen

SHARP_S, DEAD_ACUTE, E, EURO_WITH_ALTGR = "-", "=", "e", "e"


class Typing(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.desktop = Desktop()
        cls.addClassCleanup(cls.desktop.close)
        subprocess.run(["setxkbmap", "-layout", "de,ru", "-option", "grp:menu_toggle"], check=True,
                       env=cls.desktop.env)
        cls.desktop.write_vm("work")
        cls.desktop.oriel("vm", "start", "work")
        cls.host = Screen(cls.desktop.display_name)
        cls.addClassCleanup(cls.host.close)

    def type_all(self):
        """abß, é by the dead key, € by AltGr, then Russian in the second layout, and back."""
        self.host.type("ab" + SHARP_S)
        self.host.press(DEAD_ACUTE)
        self.host.press(E)
        self.host.press("altgr", EURO_WITH_ALTGR)
        self.host.press("shift", "c")
        self.host.press("menu")
        self.host.type("ghbdtn")
        self.host.press("menu")
        self.host.type("x\n")

    def check(self, editor, expected="abßé€Cприветx\n", save=("ctrl", "s"), arranged=str, prepare=None, how=None):
        window, file = editor.start(self.desktop, "work")
        focus(self.desktop, self.host, window)
        if prepare is not None:
            prepare(file)
        (how or self.type_all)()
        self.host.press(*save)
        try:
            wait_until(lambda: arranged(file.read_text()) == arranged(expected), "the text is in the file")
        except AssertionError:
            self.assertEqual(file.read_text(), expected)
        self.desktop.oriel("vm", "stop", "work")

    def test_typing_arrives_in_a_gtk_editor(self):
        self.check(MOUSEPAD)

    def test_what_is_put_on_a_key_for_a_moment_arrives(self):
        """As emoji pickers and password managers type what is on no key.

        For half of the delay, as xdotool does it: no application learns what was on the key if it looks later.
        """
        text = "a→ñzž"
        self.check(MOUSEPAD, expected=text, how=lambda: subprocess.run(
            ["xdotool", "type", "--delay", "1000", text], env=self.desktop.env, check=True))

    def test_typing_arrives_in_a_qt_editor(self):
        # FeatherPad puts a composed character before what was just typed, on any X server.
        self.check(FEATHERPAD, arranged=sorted)

    def test_typing_arrives_in_a_tk_editor(self):
        self.check(TK)

    def wake_swing(self, file):
        """Swing drops dead keys until it has handled its first focus, on any X server."""
        self.host.press("q")
        self.host.press("ctrl", "s")
        wait_until(lambda: file.read_text() == "q", "Swing handles keys")
        self.host.press("backspace")

    def test_typing_arrives_in_a_swing_editor(self):
        self.check(SWING, prepare=self.wake_swing)

    def test_typing_arrives_in_a_terminal(self):
        self.check(XTERM, save=("ctrl", "d"))

    def test_typing_arrives_in_a_page_of_chromium(self):
        window = start_chromium(self.desktop, "work")
        wait_until(lambda: self.host.managed(window["toplevel_xid"]), "the window is placed")
        self.host.activate(window["toplevel_xid"])
        wait_until(lambda: "focused" in current(self.desktop, window)["state"], "Chromium is focused")
        settle(self.desktop, window)
        self.type_all()
        self.desktop.window(vm="work", title=lambda title: title.startswith("typed abßé€Cприветx"))
        self.desktop.oriel("vm", "stop", "work")


if __name__ == "__main__":
    tap.main()
