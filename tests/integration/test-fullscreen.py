#!/usr/bin/python3
"""A guest's window that fills the screen: the primary says whose it is, and the user gets out of it."""
import pathlib
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import tap
from Xlib import X
from desktop import Desktop, holds, wait_until
from screen import GuestWindow, Screen

WIDTH, HEIGHT = 1600, 1000
BLUE = 0x3465a4
CONTROL, SHIFT, ALT, PAUSE, KEY_A = 37, 50, 64, 127, 38
BAR = (WIDTH // 2 - 312, 16)  # left of its text
SHOWN = 3


class Fullscreen(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.desktop = Desktop(size=f"{WIDTH}x{HEIGHT}")
        cls.addClassCleanup(cls.desktop.close)
        cls.desktop.write_vm("work")
        cls.desktop.oriel("vm", "start", "work")
        cls.host = Screen(cls.desktop.display_name)
        cls.guest = cls.desktop.guest("work")
        cls.addClassCleanup(cls.host.close)
        cls.addClassCleanup(cls.guest.close)

    def setUp(self):
        self.host.move_pointer(WIDTH // 2, HEIGHT // 2)
        self.window = GuestWindow(self.guest, title="A film", colour=0x336633)
        self.addCleanup(self.window.destroy)
        self.window.map()
        self.toplevel = self.desktop.window(vm="work", guest_window=self.window.xid)["toplevel_xid"]
        wait_until(lambda: self.host.managed(self.toplevel), "the window manager has it")
        self.host.activate(self.toplevel)
        wait_until(lambda: self.host.active() == self.toplevel, "the user is there")

    def fill(self):
        self.guest.set_state(self.window.xid, True, "FULLSCREEN")
        wait_until(self.filled, "it fills the screen")
        wait_until(self.bar, "the view has seen it, too")

    def filled(self):
        return "FULLSCREEN" in self.host.states(self.toplevel)

    def bar(self):
        return self.host.pixel(*BAR) == BLUE

    def no_bar(self):
        wait_until(lambda: not self.bar(), "the bar is gone")

    def leave(self):
        # Afterwards no window of the guest gets there for a while.
        self.addCleanup(holds, lambda: True, SHOWN)
        self.host.press(CONTROL, ALT, PAUSE)

    def test_it_says_for_a_while_whose_window_it_is(self):
        self.no_bar()
        began = time.monotonic()
        self.fill()
        self.no_bar()
        self.assertGreaterEqual(time.monotonic() - began, SHOWN)

    def test_it_says_so_at_the_top_edge_as_long_as_the_pointer_is_there(self):
        self.fill()
        self.no_bar()
        self.host.move_pointer(WIDTH // 3, 0)
        wait_until(self.bar, "the bar shows")
        self.assertTrue(holds(self.bar, SHOWN * 1.5))
        self.host.move_pointer(WIDTH // 3, HEIGHT // 2)
        self.no_bar()

    def test_it_takes_no_clicks_of_the_guest(self):
        self.fill()
        # A window that has come under the pointer gets no click for a moment.
        def clicked():
            self.host.click(*BAR)
            return any(event.type == X.ButtonPress for event in self.window.read_events())
        wait_until(clicked, "the guest's window is clicked")

    def test_popups_of_the_guest_do_not_cover_it(self):
        self.host.move_pointer(WIDTH // 3, 0)  # which keeps it there
        self.fill()
        popup = GuestWindow(self.guest, x=WIDTH // 2 - 400, y=0, width=800, height=200, colour=0xff0000,
                            override_redirect=True)
        self.addCleanup(popup.destroy)
        popup.map()
        below = (BAR[0], 100)
        wait_until(lambda: self.host.pixel(*below) == 0xff0000, "the popup shows")
        self.assertTrue(self.bar())

    def test_the_chord_leaves_and_the_guest_does_not_hear_of_it(self):
        self.fill()
        self.leave()
        wait_until(lambda: not self.filled(), "it is a window again")
        self.no_bar()
        self.host.press(KEY_A)
        keys = [event.detail for event in self.wait_keys(KEY_A)]
        self.assertNotIn(PAUSE, keys)

    def wait_keys(self, last):
        """What the guest gets up to that."""
        self.window.wait_event(X.KeyPress, lambda event: event.detail == last)
        return [event for event in self.window.events if event.type == X.KeyPress]

    def test_the_guest_does_not_undo_it_at_once(self):
        self.fill()
        self.leave()
        wait_until(lambda: not self.filled(), "it is a window again")
        self.guest.set_state(self.window.xid, False, "FULLSCREEN")
        self.guest.set_state(self.window.xid, True, "FULLSCREEN")
        self.assertTrue(holds(lambda: not self.filled(), 1))

    def test_the_user_can_choose_other_keys(self):
        settings = self.desktop.top / "config" / "oriel" / "oriel.conf"
        settings.write_text("[shortcuts]\nleave-fullscreen=Ctrl+Shift+a\n")
        self.addCleanup(self.desktop.oriel, "vm", "list")
        self.addCleanup(settings.unlink)
        self.desktop.oriel("vm", "list")
        self.fill()
        self.leave()
        self.assertTrue(holds(self.filled))
        self.host.press(CONTROL, SHIFT, KEY_A)
        wait_until(lambda: not self.filled(), "it is a window again")

    def test_elsewhere_the_chord_is_the_guests(self):
        self.leave()
        self.assertEqual([event.detail for event in self.wait_keys(PAUSE)][-1], PAUSE)

    def test_the_bar_goes_with_the_focus_and_comes_back_with_it(self):
        self.fill()
        self.no_bar()
        other = GuestWindow(self.host, title="Another one", y=300)
        self.addCleanup(other.destroy)
        other.map()
        wait_until(lambda: self.host.managed(other.xid), "the window manager has it")
        self.host.activate(other.xid)
        wait_until(lambda: self.host.active() == other.xid, "the user is elsewhere")
        self.host.activate(self.toplevel)
        wait_until(self.bar, "the bar shows")


if __name__ == "__main__":
    tap.main()
