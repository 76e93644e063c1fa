#!/usr/bin/python3
"""What crosses on the way between applications, agent, view and window manager is not lost.

The window manager is the test's own: it does what the test says when the test says so.
"""
import contextlib
import os
import pathlib
import signal
import sys
import unittest

from Xlib import X, Xatom, Xutil, protocol

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import tap
from desktop import Desktop, process_table, wait_until
from pixels import assert_same_pixels
from screen import GuestWindow, Screen

NET_WM_STATE_ADD = 1
BORDER = 4
FIELD_BITS = 8  # of the first word of _NET_MOVERESIZE_WINDOW


class Manager(Screen):
    """Manages one window: nothing happens to it but by these functions."""
    def __init__(self, name):
        super().__init__(name)
        self.root.change_attributes(event_mask=X.SubstructureRedirectMask | X.SubstructureNotifyMask)
        supported = [self.atom(name) for name in ("_NET_MOVERESIZE_WINDOW", "_NET_WM_STATE", "_NET_WM_STATE_HIDDEN")]
        self.root.change_property(self.atom("_NET_SUPPORTED"), Xatom.ATOM, 32, supported)
        self.display.sync()
        self.frame = None
        self.events = []

    def take(self, kind, condition=lambda event: True):
        """Waits for an event, which is taken out of those that have come."""
        def found():
            while self.display.pending_events():
                self.events.append(self.display.next_event())
            return next((e for e in self.events if e.type == kind and condition(e)), None)
        event = wait_until(found, f"an event of type {kind} for the window manager")
        self.events.remove(event)
        return event

    def take_message(self, name):
        """The words of the next client message of a type."""
        return self.take(X.ClientMessage, lambda e: e.client_type == self.atom(name)).data[1]

    def forget_events(self):
        self.display.sync()
        while self.display.pending_events():
            self.display.next_event()
        self.events.clear()

    def manage(self, xid, x, y):
        """Shows a window in a frame, as window managers do."""
        window = self.window(xid)
        size = window.get_geometry()
        self.frame = self.root.create_window(x, y, size.width, size.height, 0, X.CopyFromParent)
        window.reparent(self.frame, 0, 0)
        window.change_property(self.atom("WM_STATE"), self.atom("WM_STATE"), 32, [Xutil.NormalState, X.NONE])
        window.map()
        self.frame.map()
        self.tell_place(xid)

    def tell_place(self, xid):
        """ICCCM 4.1.5: a frame hides where its window is."""
        window = self.window(xid)
        size, place = window.get_geometry(), self.frame.get_geometry()
        event = protocol.event.ConfigureNotify(
            event=window, window=window, above_sibling=X.NONE, x=place.x, y=place.y, width=size.width,
            height=size.height, border_width=0, override=0)
        window.send_event(event, X.StructureNotifyMask)
        self.display.sync()

    def move(self, xid, x, y):
        self.frame.configure(x=x, y=y)
        self.tell_place(xid)

    def do_as_asked(self, xid):
        """Acts on the next _NET_MOVERESIZE_WINDOW, on the fields that it names alone."""
        words = self.take_message("_NET_MOVERESIZE_WINDOW")
        names = ("x", "y", "width", "height")
        fields = {name: word for i, (name, word) in enumerate(zip(names, words[1:])) if words[0] >> FIELD_BITS + i & 1}
        size = {name: fields[name] for name in names[2:] if name in fields}
        if size:
            self.window(xid).configure(**size)
        if fields:
            self.frame.configure(**fields)
        self.tell_place(xid)


@contextlib.contextmanager
def stopped(pid):
    os.kill(pid, signal.SIGSTOP)
    wait_until(lambda: process_table()[pid][1] == "T", f"process {pid} stops")
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def naps(pid):
    """How often a process has gone to sleep."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("voluntary")).split()[1])


class SlowManager(unittest.TestCase):
    def setUp(self):
        self.desktop = Desktop(window_manager=None)
        self.addCleanup(self.desktop.close)
        self.manager = Manager(self.desktop.display_name)
        self.addCleanup(self.manager.close)
        self.desktop.write_vm("work", border=BORDER)
        self.desktop.oriel("vm", "start", "work")
        self.guest = self.desktop.guest("work")
        self.addCleanup(self.guest.close)
        self.window = GuestWindow(self.guest, "before").map()
        self.shown = self.desktop.window(guest_window=self.window.xid)
        self.toplevel = self.shown["toplevel_xid"]
        self.manager.take(X.MapRequest, lambda e: e.window.id == self.toplevel)

    def manage(self, x=100, y=200):
        self.manager.manage(self.toplevel, x, y)
        self.wait_place(x + BORDER, y + BORDER)
        self.manager.forget_events()

    def wait_place(self, *place):
        """Waits until the guest has the window at this place, or of this place and size."""
        wait_until(lambda: self.guest.geometry(self.window.xid)[:len(place)] == place,
                   f"the guest has the window at {place}")

    def wait_title(self, title):
        """Changes the title: once the primary has it, it has all that the guest has asked before."""
        self.window.set_title(title)
        wait_until(lambda: self.manager.text(self.toplevel, "_NET_WM_NAME") == f"[work] {title}", "the title arrives")

    def test_a_place_that_was_asked_for_before_a_move_does_not_undo_the_move(self):
        self.manage()
        view = self.desktop.vm("work")["pids"]["view"]
        with stopped(view):
            asleep = naps(view)
        # The view asks where the resized window is, and gets no answer before it is stopped.
        self.manager.display.grab_server()
        self.manager.window(self.toplevel).configure(width=400)
        self.manager.display.sync()
        wait_until(lambda: naps(view) > asleep and process_table()[view][1] == "S", "the view has asked")
        with stopped(view):
            self.manager.display.ungrab_server()
            # In the second of its rounds at the latest, the server answers the view as well.
            for _ in range(3):
                self.manager.display.sync()
            self.manager.move(self.toplevel, 500, 300)
        self.wait_place(500 + BORDER, 300 + BORDER)

    def test_a_size_asked_for_while_the_agent_reads_the_windows_properties_is_its_first(self):
        pids = self.desktop.vm("work")["pids"]
        agent, server = pids["agent"], pids["x_server"]
        late = GuestWindow(self.guest, "late", width=1, height=1)
        with contextlib.ExitStack() as server_stopped:
            with stopped(agent):
                late.map()
                asleep = naps(agent)
                server_stopped.enter_context(stopped(server))
            wait_until(lambda: naps(agent) > asleep and process_table()[agent][1] == "S", "the agent has asked")
            with stopped(agent):
                # The agent finds the wish together with the answers.
                server_stopped.close()
                late.window.configure(width=200, height=100)
                for _ in range(3):
                    self.guest.display.sync()
        wait_until(lambda: self.desktop.windows(guest_window=late.xid), "the window is announced")
        place = self.desktop.windows(guest_window=late.xid)[0]["geometry"]
        self.assertEqual((place["width"], place["height"]), (200, 100))

    def test_a_popup_that_is_hidden_and_shown_while_its_pixels_are_read_goes_on_to_show_them(self):
        pids = self.desktop.vm("work")["pids"]
        agent, server = pids["agent"], pids["x_server"]
        self.manage()
        self.manager.window(self.toplevel).set_input_focus(X.RevertToPointerRoot, X.CurrentTime)
        self.manager.display.sync()
        popup = GuestWindow(self.guest, "menu", x=30, y=40, colour=0xeeeecc, override_redirect=True).map()
        shown = self.desktop.window(guest_window=popup.xid)
        gc = popup.window.create_gc(foreground=0xff8800)

        def draw(x):
            popup.window.fill_rectangle(gc, x, 20, 30, 40)
            self.guest.display.sync()

        draw(10)
        assert_same_pixels(self.manager, self.guest, shown)
        with contextlib.ExitStack() as server_stopped:
            with stopped(agent):
                draw(50)
                asleep = naps(agent)
                server_stopped.enter_context(stopped(server))
            wait_until(lambda: naps(agent) > asleep and process_table()[agent][1] == "S", "the agent has asked")
            with stopped(agent):
                # The agent finds the pixels, and that the popup was hidden and shown.
                server_stopped.close()
                for _ in range(3):
                    self.guest.display.sync()
                popup.window.unmap()
                popup.map()
        draw(90)
        assert_same_pixels(self.manager, self.guest, shown)

    def test_a_state_asked_for_before_the_window_is_managed_is_asked_for_then(self):
        self.guest.set_state(self.window.xid, True, "ABOVE")
        self.wait_title("above")
        self.manager.forget_events()
        self.manager.manage(self.toplevel, 100, 200)
        words = self.manager.take_message("_NET_WM_STATE")
        self.assertEqual(list(words[:2]), [NET_WM_STATE_ADD, self.manager.atom("_NET_WM_STATE_ABOVE")])

    def test_a_state_that_is_taken_back_before_it_is_there_is_taken_back(self):
        self.manage()
        self.guest.set_state(self.window.xid, True, "STICKY")
        self.guest.set_state(self.window.xid, False, "STICKY")
        sticky = self.manager.atom("_NET_WM_STATE_STICKY")
        asked = [list(self.manager.take_message("_NET_WM_STATE")[:2]) for _ in range(2)]
        self.assertEqual(asked, [[1, sticky], [0, sticky]])

    def test_a_move_and_a_resize_in_a_row_are_both_done(self):
        self.manage()
        self.window.window.configure(x=40, y=50)
        self.window.window.configure(width=450, height=350)
        self.wait_title("moved and resized")
        for _ in range(2):
            self.manager.do_as_asked(self.toplevel)
        # The application places its frame, of which the border is a part.
        self.wait_place(40 + BORDER, 50 + BORDER, 450, 350)

    def test_a_size_that_is_taken_back_before_it_is_there_is_taken_back(self):
        self.manage()
        self.window.window.configure(width=450)
        self.window.window.configure(width=320)
        self.window.window.configure(height=350)
        self.wait_title("resized and back")
        for _ in range(3):
            self.manager.do_as_asked(self.toplevel)
        self.wait_place(100 + BORDER, 200 + BORDER, 320, 350)


if __name__ == "__main__":
    tap.main()
