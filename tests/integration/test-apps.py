#!/usr/bin/python3
"""The primary shows what applications of a VM draw, pixel by pixel, and their menus work."""
import pathlib
import sys
import unittest

from Xlib import X

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import tap
from desktop import Desktop, wait_until
from editors import FEATHERPAD, MOUSEPAD, SWING, TK, current, focus, start_chromium
from pixels import assert_same_pixels
from screen import GuestWindow, Screen


class Apps(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.desktop = Desktop()
        cls.addClassCleanup(cls.desktop.close)
        cls.desktop.write_vm("work")
        cls.host = Screen(cls.desktop.display_name)
        cls.addClassCleanup(cls.host.close)

    def setUp(self):
        self.desktop.oriel("vm", "start", "work")
        self.guest = self.desktop.guest("work")

    def tearDown(self):
        self.guest.close()
        self.desktop.oriel("vm", "stop", "work")
        self.desktop.no_window()

    def check_program(self, app_id, *command):
        self.desktop.run("work", *command)
        window = self.desktop.window(vm="work", app_id=app_id)
        self.host.move_pointer(0, 0)
        assert_same_pixels(self.host, self.guest, window)
        return window

    def test_xterm_shows_equal_pixels(self):
        self.check_program("XTerm", "xterm", "-cr", "black", "-e", "ls -l /usr; printf '\\033[?25l'; cat")

    def test_xcalc_shows_equal_pixels(self):
        self.check_program("XCalc", "xcalc")

    def test_xclock_shows_equal_pixels(self):
        self.check_program("XClock", "xclock", "-analog")

    def test_xeyes_shows_equal_pixels_within_its_shape(self):
        window = self.check_program("XEyes", "xeyes", "-geometry", "300x200")
        wanted = self.guest.bounding_shape(window["guest_window"])
        self.assertIsNotNone(wanted)
        self.assertEqual(self.host.bounding_shape(window["content_xid"]), wanted)

    def check_menu(self, editor, offset):
        """Opens the menu at an offset into the window, compares both, and chooses its entry "Stamp"."""
        window, file = editor.start(self.desktop, "work")
        focus(self.desktop, self.host, window)
        assert_same_pixels(self.host, self.guest, window)
        place = current(self.desktop, window)["geometry"]
        self.host.click(place["x"] + offset[0], place["y"] + offset[1])
        menu = self.open_popup()
        assert_same_pixels(self.host, self.guest, menu)
        return menu, file

    def open_popup(self):
        """The newest override-redirect window, known by its missing place in the window manager's list."""
        def found():
            managed = set(self.host.root_property("_NET_CLIENT_LIST") or [])
            popups = [w for w in self.desktop.windows(vm="work")
                      if w["toplevel_xid"] not in managed and w["frames"]
                      and w["geometry"]["height"] > 10 and self.host.viewable(w["content_xid"])]
            return popups[-1] if popups else None
        return wait_until(found, "a popup opens")

    def no_popup(self):
        def gone():
            managed = set(self.host.root_property("_NET_CLIENT_LIST") or [])
            return all(w["toplevel_xid"] in managed or not self.host.viewable(w["content_xid"])
                       for w in self.desktop.windows(vm="work"))
        wait_until(gone, "popups close")

    def choose_entry(self, menu, entry, of):
        place = menu["geometry"]
        step = place["height"] / of
        self.host.move_pointer(place["x"] + 20, place["y"] + 3)
        self.host.click(place["x"] + 30, int(place["y"] + step * (entry + 0.5)))
        self.no_popup()

    def test_a_tk_menu_opens_in_place_and_is_clicked(self):
        menu, file = self.check_menu(TK, (15, 10))
        self.choose_entry(menu, 1, of=3)
        wait_until(lambda: file.read_text() == "stamped", "the entry was chosen")

    def test_a_swing_menu_opens_in_place_and_is_clicked(self):
        menu, file = self.check_menu(SWING, (15, 10))
        self.choose_entry(menu, 1, of=6)
        wait_until(lambda: file.read_text() == "stamped", "the entry was chosen")

    def check_keyboard_menu(self, editor):
        """Opens a menu by F10 and closes it by Escape."""
        window, _ = editor.start(self.desktop, "work")
        focus(self.desktop, self.host, window)
        assert_same_pixels(self.host, self.guest, window)
        self.host.press("f10")
        menu = self.open_popup()
        owner, place = current(self.desktop, window)["geometry"], menu["geometry"]
        self.assertLess(abs(place["x"] - owner["x"]), 40)
        self.assertTrue(owner["y"] < place["y"] < owner["y"] + 80, (owner, place))
        assert_same_pixels(self.host, self.guest, menu)
        self.host.press("esc")
        self.host.press("esc")
        self.no_popup()
        return window

    def test_a_gtk_application_and_its_menu_show_equal_pixels(self):
        self.check_keyboard_menu(MOUSEPAD)

    def check_menu_is_dismissed(self, dismiss):
        window, _ = MOUSEPAD.start(self.desktop, "work")
        focus(self.desktop, self.host, window)
        assert_same_pixels(self.host, self.guest, window)
        for _ in range(2):
            place = current(self.desktop, window)["geometry"]
            self.host.click(place["x"] + 20, place["y"] + 12)
            self.open_popup()
            dismiss()
            self.no_popup()
            focus(self.desktop, self.host, window)

    def test_a_click_on_the_bare_desktop_closes_a_gtk_menu(self):
        self.check_menu_is_dismissed(lambda: self.host.click(1590, 990))

    def test_a_click_on_a_panel_that_takes_no_focus_closes_a_gtk_menu_and_is_the_panels(self):
        panel = GuestWindow(self.host, "panel", x=1500, y=900, width=100, height=100,
                            override_redirect=True).map()
        self.addCleanup(panel.destroy)

        def click():
            active = self.host.active()
            panel.events.clear()
            self.host.click(1550, 950)
            panel.wait_event(X.ButtonPress)
            self.assertEqual(self.host.active(), active)
        self.check_menu_is_dismissed(click)

    def test_a_gtk_menu_closes_when_another_window_gets_the_focus(self):
        calculator = self.desktop.spawn("xcalc")
        self.addCleanup(calculator.terminate)
        ours = {w["toplevel_xid"] for w in self.desktop.windows()}
        other = wait_until(lambda: next((xid for xid in self.host.root_property("_NET_CLIENT_LIST") or []
                                         if xid not in ours), None), "a window of the primary itself")
        self.check_menu_is_dismissed(lambda: self.host.activate(other))

    def test_a_gtk_menu_entry_is_clicked_and_opens_its_dialog(self):
        menu, _ = self.check_menu(MOUSEPAD, (20, 12))
        place = menu["geometry"]
        # Near its end the File menu has "Quit", which closes the window.
        self.host.move_pointer(place["x"] + 20, place["y"] + 5)
        self.host.click(place["x"] + 40, place["y"] + place["height"] - 14)
        self.desktop.no_window(vm="work")

    def test_a_qt_application_and_its_menu_show_equal_pixels(self):
        window, _ = FEATHERPAD.start(self.desktop, "work")
        focus(self.desktop, self.host, window)
        assert_same_pixels(self.host, self.guest, window)
        place = current(self.desktop, window)["geometry"]
        self.host.click(place["x"] + 20, place["y"] + 12)
        menu = self.open_popup()
        assert_same_pixels(self.host, self.guest, menu)
        self.host.press("esc")
        self.no_popup()

    def test_chromium_shows_a_local_page_with_equal_pixels(self):
        window = start_chromium(self.desktop, "work")
        self.host.move_pointer(0, 0)
        assert_same_pixels(self.host, self.guest, window)


if __name__ == "__main__":
    tap.main()
