#!/usr/bin/python3
"""Keys, buttons, wheel, pointer and cursor, as a window of the guest gets them."""
import pathlib
import subprocess
import sys
import unittest

from Xlib import X
from Xlib.ext import xfixes

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import tap
from desktop import holds, wait_until
from one_guest import OneGuest
from pixels import wait_settled
from screen import KEYS, GuestWindow


class Input(OneGuest, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.desktop.write_vm("personal", label="green")

    def setUp(self):
        self.window = GuestWindow(self.guest, "input", width=400, height=300).map()
        self.addCleanup(self.window.destroy)
        self.shown = self.desktop.window(guest_window=self.window.xid)
        wait_settled(self.host, self.guest, self.shown)
        self.focus(self.shown)
        self.window.wait_event(X.FocusIn)
        self.window.events.clear()

    def focus(self, shown):
        self.host.activate(shown["toplevel_xid"])
        wait_until(lambda: self.host.active() == shown["toplevel_xid"], "the window is active")

    def content(self):
        return self.host.geometry(self.shown["content_xid"])

    def point(self, x, y):
        """Moves the pointer into the window: what has opened under it a moment ago would not get the click."""
        left, top, _, _ = self.content()
        self.host.move_pointer(0, 0)
        self.host.move_pointer(left + x, top + y)

    def held_keys(self):
        bits = self.guest.display.query_keymap()
        return [8 * i + bit for i, byte in enumerate(bits) for bit in range(8) if byte >> bit & 1]

    def test_a_key_is_pressed_and_released_once(self):
        self.host.press("a")
        press = self.window.wait_event(X.KeyPress)
        self.window.wait_event(X.KeyRelease)
        self.assertEqual(press.detail, KEYS["a"])
        kinds = [e.type for e in self.window.events if e.type in (X.KeyPress, X.KeyRelease)]
        self.assertEqual(kinds, [X.KeyPress, X.KeyRelease])

    def test_modifiers_are_as_on_the_primary(self):
        self.host.press("ctrl", "shift", "b")
        event = self.window.wait_event(X.KeyPress, lambda e: e.detail == KEYS["b"])
        self.assertEqual(event.state & (X.ControlMask | X.ShiftMask), X.ControlMask | X.ShiftMask)
        wait_until(lambda: not self.held_keys(), "no key is held")

    def test_a_held_key_repeats_as_on_the_primary(self):
        subprocess.run(["xset", "r", "on", "r", "rate", "200", "50"], env=self.desktop.env, check=True)
        self.addCleanup(subprocess.run, ["xset", "r", "off"], env=self.desktop.env, check=True)
        self.host.key("k", True)
        wait_until(lambda: sum(e.type == X.KeyPress for e in self.window.read_events()) >= 8,
                   "the key repeats")
        self.host.key("k", False)
        self.window.wait_event(X.KeyRelease)
        wait_until(lambda: not self.held_keys(), "the key is up")
        count = len(self.window.read_events())
        self.assertTrue(holds(lambda: len(self.window.read_events()) == count))

    def test_held_keys_are_released_when_the_focus_goes(self):
        self.host.key("shift", True)
        self.host.key("j", True)
        self.window.wait_event(X.KeyPress, lambda e: e.detail == KEYS["j"])
        # One that takes the keyboard: xclock and xeyes do not.
        calculator = self.desktop.spawn("xcalc")
        try:
            def foreign():
                ours = {w["toplevel_xid"] for w in self.desktop.windows()}
                return next((x for x in self.host.root_property("_NET_CLIENT_LIST")
                             if x not in ours and self.host.managed(x)), None)
            self.host.activate(wait_until(foreign, "a window of the primary itself"))
            wait_until(lambda: not self.held_keys(), "all keys are released in the guest")
        finally:
            self.host.key("j", False)
            self.host.key("shift", False)
            calculator.terminate()

    def test_caps_lock_is_the_primarys(self):
        self.host.press("caps")
        try:
            self.host.press("a")
            event = self.window.wait_event(X.KeyPress, lambda e: e.detail == KEYS["a"])
            self.assertTrue(event.state & X.LockMask)
        finally:
            self.host.press("caps")

    def test_buttons_one_to_nine_arrive_where_they_were_pressed(self):
        self.point(123, 45)
        for button in range(1, 10):
            self.host.button(button, True)
            self.host.button(button, False)
            event = self.window.wait_event(X.ButtonPress, lambda e: e.detail == button)
            self.assertEqual((event.event_x, event.event_y), (123, 45))
            self.window.wait_event(X.ButtonRelease, lambda e: e.detail == button)

    def test_one_turn_of_the_wheel_is_one_click(self):
        self.point(50, 50)
        for _ in range(5):
            self.host.button(4, True)
            self.host.button(4, False)
        wait_until(lambda: sum(e.type == X.ButtonPress for e in self.window.read_events()) >= 5,
                   "five clicks arrive")
        self.assertTrue(holds(lambda: sum(e.type == X.ButtonPress
                                          for e in self.window.read_events()) == 5))

    def test_the_pointer_moves_enters_and_leaves(self):
        x, y, _, _ = self.content()
        self.host.move_pointer(0, 0)
        wait_until(lambda: self.guest.root.query_pointer().child != self.window.window, "the guest's pointer is outside")
        self.host.move_pointer(x + 10, y + 20)
        self.window.wait_event(X.EnterNotify)
        self.host.move_pointer(x + 200, y + 100)
        self.window.wait_event(X.MotionNotify, lambda e: (e.event_x, e.event_y) == (200, 100))
        self.host.move_pointer(0, 999)
        self.window.wait_event(X.LeaveNotify)

    def test_a_change_of_the_layout_reaches_the_guest(self):
        try:
            subprocess.run(["setxkbmap", "-layout", "fr"], env=self.desktop.env, check=True)

            def french():
                return self.fresh_keysym(KEYS["q"]) == ord("a")
            wait_until(french, "the guest has the French layout")
        finally:
            subprocess.run(["setxkbmap", "-layout", "us"], env=self.desktop.env, check=True)
        wait_until(lambda: self.fresh_keysym(KEYS["q"]) == ord("q"), "the guest has the US layout")

    def fresh_keysym(self, code):
        return self.guest.display.get_keyboard_mapping(code, 1)[0][0]

    def cursor_image(self, screen):
        """Size, hot spot and pixels of the cursor that is shown."""
        if not getattr(screen, "fixes", False):
            screen.display.xfixes_query_version()
            screen.fixes = True
        image = screen.display.xfixes_get_cursor_image(screen.root)
        return image.width, image.height, image.xhot, image.yhot, list(image.cursor_image)

    def test_the_cursor_is_the_guests(self):
        font = self.guest.display.open_font("cursor")
        x, y, _, _ = self.content()
        self.host.move_pointer(x + 60, y + 60)
        for glyph in (34, 58, 150):
            cursor = font.create_glyph_cursor(font, glyph, glyph + 1, (65535, 0, 0), (65535, 65535, 65535))
            self.window.window.change_attributes(cursor=cursor)
            self.guest.display.sync()
            wait_until(lambda: self.cursor_image(self.host) == self.cursor_image(self.guest),
                       "both show the same cursor")

    def test_a_hidden_cursor_is_hidden(self):
        x, y, _, _ = self.content()
        self.host.move_pointer(x + 60, y + 60)
        blank = self.window.window.create_pixmap(1, 1, 1)
        gc = blank.create_gc(foreground=0)
        blank.fill_rectangle(gc, 0, 0, 1, 1)
        cursor = blank.create_cursor(blank, (0, 0, 0), (0, 0, 0), 0, 0)
        self.window.window.change_attributes(cursor=cursor)
        self.guest.display.sync()
        wait_until(lambda: not any(self.cursor_image(self.host)[4]), "the primary shows no cursor")

    def test_keys_go_to_the_vm_that_has_the_focus_alone(self):
        self.desktop.oriel("vm", "start", "personal")
        with self.desktop.guest("personal") as other_guest:
            other = GuestWindow(other_guest, "personal").map()
            shown = self.desktop.window(vm="personal", guest_window=other.xid)
            wait_settled(self.host, other_guest, shown)
            self.focus(shown)
            other.wait_event(X.FocusIn)
            self.window.read_events()
            self.window.events.clear()
            self.host.press("s")
            other.wait_event(X.KeyPress, lambda e: e.detail == KEYS["s"])
            self.focus(self.shown)
            self.host.press("t")
            self.window.wait_event(X.KeyPress, lambda e: e.detail == KEYS["t"])
            self.assertFalse([e for e in self.window.events
                              if e.type == X.KeyPress and e.detail == KEYS["s"]])
            self.assertFalse([e for e in other.read_events()
                              if e.type == X.KeyPress and e.detail == KEYS["t"]])
        self.desktop.oriel("vm", "stop", "personal")


if __name__ == "__main__":
    tap.main()
