#!/usr/bin/python3
"""What a VM cannot take by itself: the focus, a place above others, the pointer and the keyboard."""
import pathlib
import sys
import unittest

from Xlib import X

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import tap
from desktop import holds, wait_until
from one_guest import OneGuest
from screen import GuestWindow

GRIP_MOVE = 8
FROM_APPLICATION = 1


class Cases(OneGuest):
    """The tests; a class below for each window manager. The user is at an editor of the primary's."""

    def setUp(self):
        self.editor = GuestWindow(self.host, title="an editor", x=900, y=500)
        self.addCleanup(self.editor.destroy)
        # Else the focus would go to a window of the guest's that is about to go, and from that to the next test's.
        self.addCleanup(self.desktop.no_window, vm="work")
        self.editor.map()
        wait_until(lambda: self.host.managed(self.editor.xid), "the window manager has the editor")
        self.place(self.editor.xid, 1100, 600)
        self.give_focus(self.editor.xid)

    def place(self, xid, x, y):
        """Out of the others' way."""
        self.host.move_resize(xid, x, y, 320, 240)

        def near():
            left, top, _, _ = self.host.geometry(xid)
            return abs(left - x) + abs(top - y) < 60
        wait_until(near, "the window has its place")

    def give_focus(self, xid):
        self.host.activate(xid)
        wait_until(lambda: self.host.active() == xid, "it has the focus")

    def open(self):
        """A window of the guest's, and what the window manager has of it."""
        window = GuestWindow(self.guest, x=100, y=100)
        self.addCleanup(window.destroy)
        window.map()
        toplevel = self.desktop.window(vm="work", guest_window=window.xid)["toplevel_xid"]
        wait_until(lambda: self.host.managed(toplevel), "the window manager has the window")
        return window, toplevel

    def place_in_editor(self):
        x, y, width, height = self.host.geometry(self.editor.xid)
        return x + width - 20, y + height - 20

    def check_editor_keeps_focus(self):
        self.assertTrue(holds(lambda: self.host.active() == self.editor.xid, 0.5))

    def wait_demand(self, toplevel):
        wait_until(lambda: "DEMANDS_ATTENTION" in self.host.states(toplevel), "the window asks for attention")

    def test_a_new_window_takes_no_focus_and_no_keys(self):
        window, _ = self.open()
        self.check_editor_keeps_focus()
        self.host.press("a")
        self.editor.wait_event(X.KeyPress, seconds=60)
        self.assertFalse([e for e in window.read_events() if e.type == X.KeyPress])

    def test_a_window_that_wants_to_be_active_asks_for_attention(self):
        window, toplevel = self.open()
        self.guest.activate(window.xid)
        self.wait_demand(toplevel)
        self.check_editor_keeps_focus()

    def test_nor_does_it_help_to_have_had_the_focus(self):
        window, toplevel = self.open()
        self.give_focus(toplevel)
        self.host.press("a")
        window.wait_event(X.KeyPress, seconds=60)
        self.give_focus(self.editor.xid)
        other, _ = self.open()
        self.guest.activate(window.xid)
        self.wait_demand(toplevel)
        self.check_editor_keeps_focus()

    def test_a_window_that_is_raised_asks_for_attention(self):
        window, toplevel = self.open()
        self.place(toplevel, 1000, 500)
        window.window.configure(stack_mode=X.Above)
        self.guest.display.sync()
        self.wait_demand(toplevel)
        self.check_editor_keeps_focus()

    def test_a_minimised_window_does_not_come_back_by_itself(self):
        window, toplevel = self.open()
        self.host.minimise(toplevel)
        wait_until(lambda: "HIDDEN" in self.guest.states(window.xid), "the guest knows that it is minimised")
        window.map()
        self.guest.activate(window.xid)
        self.check_editor_keeps_focus()

    def test_grabs_and_warps_of_the_guest_stay_in_the_guest(self):
        window, toplevel = self.open()
        self.place(toplevel, 100, 100)
        here = self.place_in_editor()
        self.host.move_pointer(*here)
        window.window.grab_pointer(True, X.ButtonPressMask, X.GrabModeAsync, X.GrabModeAsync, X.NONE, X.NONE, X.CurrentTime)
        window.window.grab_keyboard(True, X.GrabModeAsync, X.GrabModeAsync, X.CurrentTime)
        self.guest.root.warp_pointer(10, 10)
        self.guest.display.sync()
        self.addCleanup(self.guest.display.sync)
        self.addCleanup(self.guest.display.ungrab_keyboard, X.CurrentTime)
        self.addCleanup(self.guest.display.ungrab_pointer, X.CurrentTime)

        def where():
            place = self.host.root.query_pointer()
            return place.root_x, place.root_y
        self.assertTrue(holds(lambda: where() == here, 0.5))
        self.host.click(*here)
        self.editor.wait_event(X.ButtonPress, seconds=60)
        self.host.press("a")
        self.editor.wait_event(X.KeyPress, seconds=60)
        self.assertFalse([e for e in window.read_events() if e.type in (X.KeyPress, X.ButtonPress)])

    def test_a_guest_does_not_have_the_window_manager_grab_the_pointer(self):
        window, toplevel = self.open()
        self.place(toplevel, 100, 100)
        self.guest.tell_root(window.xid, "_NET_WM_MOVERESIZE", 120, 120, GRIP_MOVE, 1, FROM_APPLICATION)
        # Told after it, and so done after it.
        self.guest.activate(window.xid)
        self.wait_demand(toplevel)
        before = self.host.geometry(toplevel)
        for step in range(5):
            self.host.move_pointer(200 + 20 * step, 300)
        self.assertTrue(holds(lambda: self.host.geometry(toplevel) == before))
        self.host.click(*self.place_in_editor())
        self.editor.wait_event(X.ButtonPress, seconds=60)

    def test_no_window_stands_above_others_by_its_type(self):
        for kind in ("DOCK", "NOTIFICATION", "TOOLTIP", "DESKTOP"):
            window = GuestWindow(self.guest, x=100, y=100)
            self.addCleanup(window.destroy)
            window.set_atoms("_NET_WM_WINDOW_TYPE", "_NET_WM_WINDOW_TYPE_" + kind)
            window.map()
            toplevel = self.desktop.window(vm="work", guest_window=window.xid)["toplevel_xid"]
            wait_until(lambda: self.host.atoms(toplevel, "_NET_WM_WINDOW_TYPE") == ["_NET_WM_WINDOW_TYPE_NORMAL"],
                       f"a window of type {kind} is an ordinary one")


class Openbox(Cases, unittest.TestCase):
    window_manager = "openbox"


class Xfwm4(Cases, unittest.TestCase):
    window_manager = "xfwm4"


if __name__ == "__main__":
    tap.main()
