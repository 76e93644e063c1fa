#!/usr/bin/python3
"""Windows of a VM behave as windows of the primary's window manager, under openbox and xfwm4."""
import pathlib
import sys
import unittest

from Xlib import X, Xatom, Xutil

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import tap
from desktop import holds, wait_until
from one_guest import OneGuest
from pixels import assert_same_pixels, wait_settled
from screen import GuestWindow

BLUE = 0x3465a4
BORDER = 4


class Cases(OneGuest):
    """The tests; a class below for each window manager."""
    vm_keys = {"label": f"#{BLUE:06x}", "border": BORDER}

    def open(self, title="a window", **options):
        """A guest window that the primary's window manager has placed, and what the primary has of it."""
        guest_window = GuestWindow(self.guest, title, **options)
        self.addCleanup(guest_window.destroy)
        guest_window.map()
        return guest_window, self.settled(guest_window)

    def shown(self, guest_window):
        return self.desktop.window(vm="work", guest_window=guest_window.xid)

    def settled(self, guest_window):
        window = self.shown(guest_window)
        wait_settled(self.host, self.guest, window)
        return window

    def guest_size(self, guest_window):
        geometry = guest_window.window.get_geometry()
        return geometry.width, geometry.height

    def content_size(self, window):
        return self.host.geometry(window["content_xid"])[2:]

    def test_a_window_has_the_vms_border_outside_its_content(self):
        guest_window, window = self.open(colour=0x808080)
        self.host.activate(window["toplevel_xid"])
        picture = wait_until(lambda: self.host.picture(window["toplevel_xid"]), "a picture")
        width, height = self.content_size(window)
        self.assertEqual((picture.width, picture.height), (width + 2 * BORDER, height + 2 * BORDER))

        def bordered():
            drawn = self.host.picture(window["toplevel_xid"])
            return (drawn and all(drawn.pixel(x, y) == BLUE for x, y in ((0, 0), (width // 2, 0), (0, height // 2),
                                                                         (drawn.width - 1, drawn.height - 1)))
                    and drawn.pixel(BORDER, BORDER) == 0x808080)
        wait_until(bordered, "the border is blue and the content grey")

    def test_title_and_class_carry_the_label(self):
        guest_window, window = self.open("plain title")
        self.assertEqual(window["title"], "plain title")
        wait_until(lambda: self.host.text(window["toplevel_xid"], "_NET_WM_NAME") == "[work] plain title",
                   "the title carries the label")
        wm_class = self.host.property(window["toplevel_xid"], "WM_CLASS")
        self.assertIn(b"work:Probe", wm_class if isinstance(wm_class, bytes) else wm_class.encode())
        guest_window.set_title("ein anderer, schöner Titel")
        wait_until(lambda: self.host.text(window["toplevel_xid"], "_NET_WM_NAME")
                   == "[work] ein anderer, schöner Titel", "the new title arrives")

    def test_a_resize_on_the_primary_reaches_the_guest(self):
        guest_window, window = self.open()
        self.host.move_resize(window["toplevel_xid"], 200, 150, 500, 400)
        wait_until(lambda: self.content_size(window) != (320, 240), "the content is resized")
        wait_until(lambda: self.guest_size(guest_window) == self.content_size(window),
                   "both sizes are equal")

    def test_a_move_on_the_primary_moves_the_guests_window_to_the_same_place(self):
        guest_window, window = self.open()
        self.host.move_resize(window["toplevel_xid"], 300, 250, 328, 248)
        wait_until(lambda: self.host.geometry(window["content_xid"])[:2] == self.guest.geometry(
            guest_window.xid)[:2] and self.guest.geometry(guest_window.xid)[0] > 250,
            "both places are equal")

    def test_a_resize_by_the_application_reaches_the_primary(self):
        guest_window, window = self.open()
        guest_window.window.configure(width=450, height=350)
        self.guest.display.sync()
        wait_until(lambda: self.content_size(window) == (450, 350), "the content has the new size")
        wait_until(lambda: self.guest_size(guest_window) == (450, 350), "the guest has it, too")

    def test_maximise_and_back(self):
        guest_window, window = self.open()
        self.host.set_state(window["toplevel_xid"], True, "MAXIMIZED_VERT", "MAXIMIZED_HORZ")
        wait_until(lambda: {"MAXIMIZED_VERT", "MAXIMIZED_HORZ"} <= self.guest.states(guest_window.xid),
                   "the guest knows that it is maximised")
        wait_until(lambda: self.guest_size(guest_window) == self.content_size(window)
                   and self.guest_size(guest_window)[0] > 1000, "it is large")
        self.host.set_state(window["toplevel_xid"], False, "MAXIMIZED_VERT", "MAXIMIZED_HORZ")
        wait_until(lambda: self.guest_size(guest_window) == (320, 240), "it is small again")
        wait_until(lambda: not self.guest.states(guest_window.xid) & {"MAXIMIZED_VERT", "MAXIMIZED_HORZ"},
                   "the guest knows that it is not maximised any more")

    def test_the_application_asks_for_fullscreen_and_back(self):
        guest_window, window = self.open()
        self.guest.set_state(guest_window.xid, True, "FULLSCREEN")
        wait_until(lambda: "FULLSCREEN" in self.host.states(window["toplevel_xid"]),
                   "the primary's window is fullscreen")
        wait_until(lambda: self.guest_size(guest_window) == self.content_size(window)
                   and self.guest_size(guest_window)[0] >= 1600 - 2 * BORDER, "it fills the screen")
        self.guest.set_state(guest_window.xid, False, "FULLSCREEN")
        wait_until(lambda: self.guest_size(guest_window) == (320, 240), "it is small again")

    def test_minimise_and_back(self):
        guest_window, window = self.open()
        self.host.minimise(window["toplevel_xid"])
        wait_until(lambda: "minimized" in self.shown(guest_window)["state"], "it is minimised")
        wait_until(lambda: "HIDDEN" in self.guest.states(guest_window.xid), "the guest knows")
        self.host.activate(window["toplevel_xid"])
        wait_until(lambda: "minimized" not in self.shown(guest_window)["state"], "it is back")
        wait_until(lambda: self.host.viewable(window["content_xid"]), "it shows")

    def test_closing_asks_the_application(self):
        guest_window, window = self.open()
        self.host.ask_to_close(window["toplevel_xid"])
        event = guest_window.wait_event(X.ClientMessage)
        self.assertEqual(event.data[1][0], self.guest.atom("WM_DELETE_WINDOW"))
        self.assertTrue(self.desktop.windows(guest_window=guest_window.xid))
        guest_window.window.unmap()
        self.guest.display.sync()
        wait_until(lambda: not self.host.viewable(window["content_xid"]), "it has gone")

    def test_the_application_of_a_window_that_hangs_is_ended_by_keyboard(self):
        with self.desktop.guest("work") as application:
            hanging = GuestWindow(application, "hanging")
            hanging.window.set_wm_protocols([application.atom("WM_DELETE_WINDOW"),
                                             application.atom("_NET_WM_PING")])
            window = self.shown(hanging.map())
            self.host.activate(window["toplevel_xid"])
            wait_until(lambda: self.host.text(window["toplevel_xid"], "_NET_WM_NAME")
                       == "[work] hanging (not responding)", "the title tells that it hangs")
            self.host.ask_to_close(window["toplevel_xid"])

            def dialog():
                return next((xid for xid in self.host.root_property("_NET_CLIENT_LIST") or []
                             if self.host.text(xid, "_NET_WM_NAME") == "[work] not responding"), None)
            asking = wait_until(dialog, "the dialog opens")
            wait_until(lambda: self.host.active() == asking, "the dialog has the keyboard")
            x, y, width, height = self.host.geometry(window["toplevel_xid"])
            left, top, over_width, over_height = self.host.geometry(asking)
            self.assertLess(abs(2 * left + over_width - 2 * x - width), 30)
            self.assertLess(abs(2 * top + over_height - 2 * y - height), 60)
            self.host.press("\t")
            self.host.press("return")
            self.desktop.no_window(guest_window=hanging.xid)

    def test_a_destroyed_window_goes(self):
        guest_window, window = self.open()
        guest_window.destroy()
        self.desktop.no_window(guest_window=guest_window.xid)
        wait_until(lambda: self.host.picture(window["toplevel_xid"]) is None, "it is destroyed")

    def test_a_dialog_belongs_to_its_owner(self):
        owner, owner_shown = self.open("owner")
        dialog = GuestWindow(self.guest, "dialog", width=200, height=100)
        self.addCleanup(dialog.destroy)
        dialog.set("WM_TRANSIENT_FOR", Xatom.WINDOW, [owner.xid])
        dialog.set_atoms("_NET_WM_WINDOW_TYPE", "_NET_WM_WINDOW_TYPE_DIALOG")
        dialog.set_atoms("_NET_WM_STATE", "_NET_WM_STATE_MODAL")
        shown = self.settled(dialog.map())
        self.assertEqual(list(self.host.property(shown["toplevel_xid"], "WM_TRANSIENT_FOR")),
                         [owner_shown["toplevel_xid"]])
        self.assertEqual(self.host.atoms(shown["toplevel_xid"], "_NET_WM_WINDOW_TYPE")[0],
                         "_NET_WM_WINDOW_TYPE_DIALOG")
        wait_until(lambda: "MODAL" in self.host.states(shown["toplevel_xid"]), "it is modal")

    def test_size_hints_hold_for_the_content(self):
        guest_window = GuestWindow(self.guest, "steps")
        self.addCleanup(guest_window.destroy)
        guest_window.window.set_wm_normal_hints(
            flags=Xutil.PMinSize | Xutil.PMaxSize, min_width=300, min_height=200, max_width=400,
            max_height=300)
        window = self.settled(guest_window.map())
        self.host.move_resize(window["toplevel_xid"], 100, 100, 900, 900)
        wait_until(lambda: self.content_size(window) == (400, 300), "it grows to its largest size")
        self.host.move_resize(window["toplevel_xid"], 100, 100, 50, 50)
        wait_until(lambda: self.content_size(window) == (300, 200), "it shrinks to its smallest")
        wait_until(lambda: self.guest_size(guest_window) == (300, 200), "the guest follows")

    def test_urgency_reaches_the_taskbar(self):
        other, other_shown = self.open("other")
        guest_window, window = self.open("urgent")
        self.host.activate(other_shown["toplevel_xid"])
        wait_until(lambda: self.host.active() == other_shown["toplevel_xid"], "the other is active")
        guest_window.window.set_wm_hints(flags=Xutil.UrgencyHint | Xutil.InputHint, input=1)
        self.guest.display.sync()

        def urgent():
            hints = self.host.property(window["toplevel_xid"], "WM_HINTS")
            return (hints and hints[0] & Xutil.UrgencyHint) or "DEMANDS_ATTENTION" in self.host.states(
                window["toplevel_xid"])
        wait_until(urgent, "the primary's window is urgent")

    def test_above_and_skip_taskbar_reach_the_primary(self):
        guest_window, window = self.open()
        self.guest.set_state(guest_window.xid, True, "ABOVE", "SKIP_TASKBAR")
        wait_until(lambda: {"ABOVE", "SKIP_TASKBAR"} <= self.host.states(window["toplevel_xid"]),
                   "the states arrive")

    def test_the_focused_window_of_the_guest_is_that_of_the_primary(self):
        first, first_shown = self.open("first")
        second, second_shown = self.open("second")
        for guest_window, window in ((first, first_shown), (second, second_shown)):
            self.host.activate(window["toplevel_xid"])
            wait_until(lambda: self.guest.display.get_input_focus().focus == guest_window.window,
                       "the guest's focus follows")

    def test_stacking_follows_the_primary(self):
        windows = [self.open(f"number {n}") for n in range(2)]
        for guest_window, window in windows:
            self.host.activate(window["toplevel_xid"])

            def on_top():
                order = [w.id for w in self.guest.root.query_tree().children]
                mine = [order.index(g.xid) for g, _ in windows if g.xid in order]
                return len(mine) == 2 and order.index(guest_window.xid) == max(mine)
            wait_until(on_top, "the guest's window is on top")

    def order(self, *windows):
        """Which of the windows lie above which, as the primary has them; indices, lowest first."""
        listed = list(self.host.root_property("_NET_CLIENT_LIST_STACKING"))
        return sorted(range(len(windows)), key=lambda i: listed.index(windows[i]["toplevel_xid"]))

    def activate(self, window):
        self.host.activate(window["toplevel_xid"])
        wait_until(lambda: self.host.active() == window["toplevel_xid"], "it is active")
        wait_until(lambda: "focused" in self.desktop.window(
            vm="work", guest_window=window["guest_window"])["state"], "it has the focus")

    def test_an_application_restacks_its_windows_and_keeps_the_focus_where_it_is(self):
        guest_windows, windows = zip(*[self.open(f"number {n}") for n in range(3)])
        for window in windows:
            self.activate(window)
        wait_until(lambda: self.order(*windows) == [0, 1, 2], "the last one is on top")
        guest_windows[0].window.configure(stack_mode=X.Above)
        self.guest.display.sync()
        wait_until(lambda: self.order(*windows) == [1, 2, 0], "the first one is raised")
        guest_windows[0].window.configure(stack_mode=X.Below)
        self.guest.display.sync()
        wait_until(lambda: self.order(*windows) == [0, 1, 2], "it is lowered")
        self.assertEqual(self.host.active(), windows[2]["toplevel_xid"])

    def test_a_window_that_is_raised_while_the_user_is_elsewhere_asks_for_attention(self):
        guest_window, window = self.open("raised")
        self.activate(window)
        other = GuestWindow(self.host, "the user's")
        self.addCleanup(other.destroy)
        other.map()
        self.host.activate(other.xid)
        wait_until(lambda: self.host.active() == other.xid, "the user is elsewhere")
        wait_until(lambda: "focused" not in self.desktop.window(
            vm="work", guest_window=guest_window.xid)["state"], "the view knows")
        guest_window.window.configure(stack_mode=X.Above)
        self.guest.display.sync()
        wait_until(lambda: "DEMANDS_ATTENTION" in self.host.states(window["toplevel_xid"]), "it demands attention")
        self.assertEqual(self.order(window, {"toplevel_xid": other.xid}), [0, 1])
        self.assertEqual(self.host.active(), other.xid)

    def test_a_popup_stands_at_its_place_and_takes_no_focus(self):
        owner, owner_shown = self.open("owner", colour=0x444444)
        self.host.activate(owner_shown["toplevel_xid"])
        wait_until(lambda: self.host.active() == owner_shown["toplevel_xid"], "the owner is active")
        wait_until(lambda: self.guest.geometry(owner.xid) == self.host.geometry(owner_shown["content_xid"]),
                   "the owner is in place")
        x, y, _, _ = self.guest.geometry(owner.xid)
        popup = GuestWindow(self.guest, "menu", x=x + 30, y=y + 40, width=120, height=160,
                            colour=0xeeeecc, override_redirect=True)
        self.addCleanup(popup.destroy)
        popup.set_atoms("_NET_WM_WINDOW_TYPE", "_NET_WM_WINDOW_TYPE_POPUP_MENU")
        popup.set("WM_TRANSIENT_FOR", Xatom.WINDOW, [owner.xid])
        popup.map()
        shown = self.shown(popup)
        content_x, content_y, _, _ = self.host.geometry(owner_shown["content_xid"])
        wait_until(lambda: self.host.geometry(shown["content_xid"]) == (content_x + 30, content_y + 40,
                                                                        120, 160), "it is in place")
        self.assertTrue(holds(lambda: self.host.active() == owner_shown["toplevel_xid"]))
        popup.window.unmap()
        self.guest.display.sync()
        wait_until(lambda: not self.host.viewable(shown["content_xid"]), "it closes")

    def test_a_popup_never_covers_more_than_the_monitor(self):
        owner, shown = self.open("owner")
        self.host.activate(shown["toplevel_xid"])
        popup = GuestWindow(self.guest, "huge", x=0, y=0, width=3000, height=2000, override_redirect=True)
        self.addCleanup(popup.destroy)
        popup.set("WM_TRANSIENT_FOR", Xatom.WINDOW, [owner.xid])
        popup.map()

        def confined():
            shown = self.desktop.windows(guest_window=popup.xid)
            if not shown or not self.host.viewable(shown[0]["toplevel_xid"]):
                return False
            x, y, width, height = self.host.geometry(shown[0]["toplevel_xid"])
            return x >= 0 and y >= 0 and x + width <= 1600 and y + height <= 1000
        wait_until(confined, "it is confined to the monitor")

    def test_a_shaped_window_is_shaped_on_the_primary(self):
        from Xlib.ext import shape
        guest_window, window = self.open("shaped", colour=0x00aa00)
        guest_window.window.shape_rectangles(shape.SO.Set, shape.SK.Bounding, X.Unsorted, 0, 0,
                                             [(10, 10, 100, 50), (50, 80, 60, 60)])
        self.guest.display.sync()
        wait_until(lambda: self.host.bounding_shape(window["content_xid"])
                   == self.guest.bounding_shape(guest_window.xid) is not None, "the shape arrives")

    def test_opacity_reaches_the_primary(self):
        guest_window, window = self.open()
        guest_window.set("_NET_WM_WINDOW_OPACITY", Xatom.CARDINAL, [0x80000000])
        wait_until(lambda: list(self.host.property(window["toplevel_xid"], "_NET_WM_WINDOW_OPACITY") or [])
                   == [0x80000000], "the opacity arrives")

    def test_drawing_reaches_the_primary(self):
        guest_window, window = self.open(colour=0x102030)
        gc = guest_window.window.create_gc(foreground=0xff8800)
        for step in range(5):
            guest_window.window.fill_rectangle(gc, 20 * step, 30 * step, 50, 40)
            self.guest.display.sync()
            self.host.activate(window["toplevel_xid"])
            assert_same_pixels(self.host, self.guest, window)

    def test_the_guests_screen_is_as_large_as_the_primarys(self):
        size = self.guest.root.get_geometry()
        self.assertEqual((size.width, size.height), (1600, 1000))

    def frame_of(self, window):
        """How far the primary's frame reaches beyond the content: left, right, top, bottom."""
        extents = self.host.property(window["toplevel_xid"], "_NET_FRAME_EXTENTS")
        return [side + BORDER for side in extents or [0, 0, 0, 0]]

    def open_framed(self, **options):
        """A window whose application knows the primary's frame around it."""
        guest_window, window = self.open(**options)
        wait_until(lambda: self.frame_of(window)[2] > BORDER, "the primary's window has a title bar")
        wait_until(lambda: list(self.guest.property(guest_window.xid, "_NET_FRAME_EXTENTS") or [])
                   == self.frame_of(window), "the application knows its frame")
        return guest_window, window

    def check_move(self, guest_window, window, asked, content):
        """The application asks for a place, by which its content comes to stand at another."""
        guest_window.window.configure(x=asked[0], y=asked[1])
        self.guest.display.sync()
        for screen, xid in ((self.host, window["content_xid"]), (self.guest, guest_window.xid)):
            wait_until(lambda: screen.geometry(xid)[:2] == content, f"the content is at {content}")

    def test_an_application_that_moves_its_window_to_the_corner_moves_the_frame_there(self):
        guest_window, window = self.open_framed()
        left, _, top, _ = self.frame_of(window)
        self.check_move(guest_window, window, (0, 0), (left, top))

    def test_an_application_places_the_point_of_the_frame_that_its_gravity_says(self):
        for gravity, asked in ((X.StaticGravity, lambda left, right, top, bottom: (300, 200)),
                               (X.SouthEastGravity, lambda left, right, top, bottom: (300 + right, 200 + bottom))):
            guest_window, window = self.open_framed(gravity=gravity)
            self.check_move(guest_window, window, asked(*self.frame_of(window)), (300, 200))

    def test_what_the_primarys_panels_leave_free_reaches_the_guest(self):
        panel = GuestWindow(self.host, "panel", width=1600, height=40)
        self.addCleanup(panel.destroy)
        panel.set_atoms("_NET_WM_WINDOW_TYPE", "_NET_WM_WINDOW_TYPE_DOCK")
        panel.set("_NET_WM_STRUT_PARTIAL", Xatom.CARDINAL, [0, 0, 40, 0, 0, 0, 0, 0, 0, 1599, 0, 0])
        panel.set("_NET_WM_STRUT", Xatom.CARDINAL, [0, 0, 40, 0])
        panel.map()
        for area in ("_NET_WORKAREA", "_GTK_WORKAREAS_D0"):
            wait_until(lambda: list(self.guest.root_property(area) or []) == [0, 40, 1600, 960],
                       f"{area} leaves the panel out")
        panel.window.unmap()
        self.host.display.sync()
        wait_until(lambda: list(self.guest.root_property("_NET_WORKAREA") or []) == [0, 0, 1600, 1000],
                   "the whole screen is free again")

    def test_a_monitors_own_area_counts_more_than_the_desktops(self):
        desktop = list(self.host.root_property("_NET_CURRENT_DESKTOP"))[0]
        name = self.host.atom(f"_GTK_WORKAREAS_D{desktop}")
        self.addCleanup(self.host.root.delete_property, name)
        self.host.root.change_property(name, Xatom.CARDINAL, 32, [100, 50, 1500, 900])
        self.host.display.sync()
        wait_until(lambda: list(self.guest.root_property("_GTK_WORKAREAS_D0") or []) == [100, 50, 1500, 900],
                   "the guest has it")


class Openbox(Cases, unittest.TestCase):
    window_manager = "openbox"


class Xfwm4(Cases, unittest.TestCase):
    window_manager = "xfwm4"


if __name__ == "__main__":
    tap.main()
