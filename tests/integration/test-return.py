#!/usr/bin/python3
"""Windows whose agent is gone stay, dimmed, and are as they were once it is back."""
import os
import pathlib
import signal
import subprocess
import sys
import time
import unittest

from Xlib import X

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import tap
from desktop import Desktop, alive, process_table, wait_until
from notifications import Server, start_session_bus
from pixels import assert_same_pixels, wait_settled
from screen import KEYS, GuestWindow, Screen

PLACES = ((60, 60), (180, 140), (300, 220))
COLOURS = (0x336699, 0x996633, 0x669933)


class Away(unittest.TestCase):
    """A VM with a window or more, whose agent is kept from coming back as long as the test wants."""
    keys = {}

    def setUp(self):
        self.desktop = Desktop()
        self.addCleanup(self.desktop.close)
        self.prepare()
        self.desktop.write_vm("work", **self.keys)
        self.desktop.oriel("vm", "start", "work")
        self.host = Screen(self.desktop.display_name)
        self.addCleanup(self.host.close)
        self.guest = self.desktop.guest("work")
        self.addCleanup(self.guest.close)

    def prepare(self):
        """What is to be there before Oriel is."""

    def show(self, title, colour, x, y):
        """A window with something in it, at a place of the primary's screen."""
        window = GuestWindow(self.guest, title, width=300, height=200, colour=colour).map()
        shown = self.desktop.window(guest_window=window.xid)
        wait_settled(self.host, self.guest, shown)
        gc = window.window.create_gc(foreground=0xffffff)
        window.window.fill_rectangle(gc, 20, 20, 60, 40)
        self.guest.display.sync()
        _, _, width, height = self.host.geometry(shown["toplevel_xid"])
        self.host.move_resize(shown["toplevel_xid"], x, y, width, height)
        wait_until(lambda: self.host.geometry(shown["toplevel_xid"])[:2] == (x, y), "the window is in its place")
        wait_settled(self.host, self.guest, shown)
        assert_same_pixels(self.host, self.guest, shown)
        return window, shown

    def focus(self, window, shown):
        self.host.activate(shown["toplevel_xid"])
        wait_until(lambda: self.host.active() == shown["toplevel_xid"], "the window is active")
        wait_until(lambda: self.guest.display.get_input_focus().focus == window.window,
                   "the guest's window has the focus")

    def title(self, shown):
        return self.host.text(shown["toplevel_xid"], "_NET_WM_NAME")

    def kill_agent(self):
        """The session, which would start the next one, is stopped before.

        The system closes a killed process's descriptors one by one, and takes its time; until it comes to the
        connection with the X server, that takes the process for the window manager.
        """
        pids = self.desktop.vm("work")["pids"]
        manager = self.guest.root_property("_NET_SUPPORTING_WM_CHECK")[0]
        self.session, agent = pids["session"], pids["agent"]
        os.kill(self.session, signal.SIGSTOP)
        wait_until(lambda: process_table()[self.session][1] == "T", "the session stops")
        os.kill(agent, signal.SIGKILL)
        wait_until(lambda: not alive(agent), "the agent is gone")
        wait_until(lambda: not self.guest.viewable(manager), "the guest's X server has no window manager any more")

    def let_return(self):
        os.kill(self.session, signal.SIGCONT)

    def wait_dimmed(self, shown):
        wait_until(lambda: self.title(shown).startswith("[work, reconnecting] "), "the label says so")

    def wait_live(self, shown):
        wait_until(lambda: self.title(shown).startswith("[work] "), "the label says that it is back")


class Return(Away):
    def setUp(self):
        super().setUp()
        self.windows = [self.show(f"window {i}", colour, x, y)
                        for i, (colour, (x, y)) in enumerate(zip(COLOURS, PLACES))]
        # In another order than that in which they came.
        for i in (2, 0, 1):
            self.focus(*self.windows[i])
        self.before = self.arrangement()
        self.picture = self.host.picture(self.host.root.id)
        for _, shown in self.windows:
            self.host.window(shown["toplevel_xid"]).change_attributes(event_mask=X.StructureNotifyMask)
        self.host.display.sync()

    def arrangement(self):
        """What the user sees of the windows, from the lowest to the highest, and who has the focus."""
        ours = {shown["toplevel_xid"] for _, shown in self.windows}
        stack = [xid for xid in self.host.root_property("_NET_CLIENT_LIST_STACKING") if xid in ours]
        return ([(xid, self.host.geometry(xid), self.host.viewable(xid)) for xid in stack], self.host.active())

    def changes(self):
        """How windows have been hidden, shown, moved and resized."""
        kinds = (X.MapNotify, X.UnmapNotify, X.ConfigureNotify)
        events = [self.host.display.next_event() for _ in range(self.host.display.pending_events())]
        return [event for event in events if event.type in kinds]

    def typed(self):
        kinds = (X.KeyPress, X.ButtonPress)
        return [event for window, _ in self.windows for event in window.read_events() if event.type in kinds]

    def test_windows_are_dimmed_and_then_live_again_as_they_were(self):
        self.kill_agent()
        for _, shown in self.windows:
            self.wait_dimmed(shown)
        wait_until(lambda: self.host.picture(self.host.root.id) != self.picture, "the windows are dimmed")
        self.assertFalse(self.desktop.vm("work")["connected"])
        self.assertEqual(self.arrangement(), self.before)
        self.let_return()
        begun = time.monotonic()
        for _, shown in self.windows:
            self.wait_live(shown)
        print(f"# live again {1000 * (time.monotonic() - begun):.0f} ms after the session went on")
        wait_until(lambda: self.host.picture(self.host.root.id) == self.picture, "the screen is as before")
        assert_same_pixels(self.host, self.guest, self.windows[1][1])
        wait_until(lambda: self.guest.display.get_input_focus().focus == self.windows[1][0].window,
                   "the guest's focus is as before")
        wait_until(lambda: self.desktop.vm("work")["connected"], "the VM is connected")
        self.assertEqual(self.arrangement(), self.before)
        self.assertEqual(self.changes(), [])

    def test_what_is_typed_and_clicked_meanwhile_arrives_nowhere(self):
        window, shown = self.windows[1]
        x, y, _, _ = self.host.geometry(shown["content_xid"])
        self.kill_agent()
        self.wait_dimmed(shown)
        # The window manager passes a click on in its own time, which the view notes when it comes.
        before = self.host.property(shown["toplevel_xid"], "_NET_WM_USER_TIME")
        self.host.click(x + 5, y + 190)
        wait_until(lambda: self.host.property(shown["toplevel_xid"], "_NET_WM_USER_TIME") != before, "the click has come")
        self.host.type("lost")
        self.host.key("shift", True)
        self.host.key("k", True)
        self.addCleanup(self.host.key, "k", False)
        self.addCleanup(self.host.key, "shift", False)
        self.let_return()
        self.wait_live(shown)
        # Whatever had been kept would come before this.
        self.host.press("j")
        event = window.wait_event(X.KeyPress, lambda event: event.detail != KEYS["shift"])
        self.assertEqual(event.detail, KEYS["j"])
        self.assertTrue(event.state & X.ShiftMask, "Shift is held, as on the primary")
        self.assertEqual({event.detail for event in self.typed()} - {KEYS["shift"]}, {KEYS["j"]})
        self.host.key("k", False)
        self.host.key("shift", False)
        self.host.press("k")
        window.wait_event(X.KeyPress, lambda event: event.detail == KEYS["k"] and not event.state & X.ShiftMask)

    def test_a_key_that_was_held_when_the_agent_went_is_released_and_does_not_repeat(self):
        window, shown = self.windows[1]
        subprocess.run(["xset", "r", "on"], env=self.desktop.env, check=True)
        self.host.key("k", True)
        self.addCleanup(self.host.key, "k", False)
        window.wait_event(X.KeyPress, lambda event: event.detail == KEYS["k"])
        self.kill_agent()
        self.wait_dimmed(shown)
        window.read_events()
        window.events.clear()
        self.let_return()
        self.wait_live(shown)
        self.host.press("j")
        window.wait_event(X.KeyPress, lambda event: event.detail == KEYS["j"])
        window.wait_event(X.KeyRelease, lambda event: event.detail == KEYS["k"])
        self.assertEqual([event.detail for event in self.typed()], [KEYS["j"]])
        held = self.guest.display.query_keymap()
        self.assertFalse(held[KEYS["k"] // 8] >> KEYS["k"] % 8 & 1, "the key is up in the guest")

    def test_a_window_that_is_moved_while_its_agent_is_away_stays_where_it_was_put(self):
        window, shown = self.windows[1]
        self.kill_agent()
        self.wait_dimmed(shown)
        _, _, width, height = self.host.geometry(shown["toplevel_xid"])
        self.host.move_resize(shown["toplevel_xid"], 700, 500, width, height)
        wait_until(lambda: self.host.geometry(shown["toplevel_xid"])[:2] == (700, 500), "the window is moved")
        self.let_return()
        self.wait_live(shown)
        wait_until(lambda: self.guest.geometry(window.xid) == self.host.geometry(shown["content_xid"]),
                   "the guest has it there")
        self.assertEqual(self.host.geometry(shown["toplevel_xid"])[:2], (700, 500))

    def test_a_window_that_went_meanwhile_goes_and_one_that_came_comes(self):
        gone, shown = self.windows[0]
        self.kill_agent()
        self.wait_dimmed(shown)
        gone.destroy()
        late = GuestWindow(self.guest, "late", colour=0x999999).map()
        self.addCleanup(late.destroy)
        self.let_return()
        wait_until(lambda: not self.host.viewable(shown["toplevel_xid"]), "the window is gone")
        self.desktop.window(guest_window=late.xid)

    def test_a_window_that_is_mapped_while_the_agent_returns_comes(self):
        self.kill_agent()
        late = GuestWindow(self.guest, "late", colour=0x999999)
        self.addCleanup(late.destroy)
        self.let_return()
        late.map()
        self.desktop.window(guest_window=late.xid)

    def test_a_window_that_an_agent_still_has_to_map_when_it_is_ended_comes(self):
        agent = self.desktop.vm("work")["pids"]["agent"]
        os.kill(agent, signal.SIGSTOP)
        wait_until(lambda: process_table()[agent][1] == "T", "the agent stops")
        late = GuestWindow(self.guest, "late", colour=0x999999).map()
        self.addCleanup(late.destroy)
        os.kill(agent, signal.SIGTERM)
        os.kill(agent, signal.SIGCONT)
        wait_until(lambda: not alive(agent), "the agent ends")
        self.desktop.window(guest_window=late.xid)


class Expiry(Away):
    keys = {"session_ttl": "1"}

    def prepare(self):
        start_session_bus(self.desktop)
        self.notifications = Server(self.desktop, "body")

    def test_windows_go_after_their_time_and_the_user_is_told(self):
        _, shown = self.show("short-lived", 0x336699, 60, 60)
        self.assertEqual(self.desktop.vm("work")["session_ttl"], 1)
        self.kill_agent()
        wait_until(lambda: self.host.picture(shown["toplevel_xid"]) is None, "the window goes")
        self.assertEqual(self.notifications.next()["title"], "[work] A window has been closed")
        self.let_return()
        back = self.desktop.window(guest_window=shown["guest_window"])
        self.assertNotEqual(back["toplevel_xid"], shown["toplevel_xid"])
        assert_same_pixels(self.host, self.guest, back)


class Stop(Away):
    def test_windows_of_a_vm_that_the_user_stops_go_at_once(self):
        _, shown = self.show("stopped", 0x336699, 60, 60)
        self.desktop.oriel("vm", "stop", "work")
        self.assertIsNone(self.host.picture(shown["toplevel_xid"]))


if __name__ == "__main__":
    tap.main()
