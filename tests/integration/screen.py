"""One connection to an X server, the primary's or a guest's: pictures, properties, input, windows."""
import os
import struct
import zlib

from Xlib import X, Xatom, Xutil, display, error, protocol, xauth
from Xlib.ext import shape, xtest

from desktop import WAIT_SECONDS, wait_until

# Key codes by the place of the key, named as on a US keyboard.
ROWS = {10: "1234567890-=", 24: "qwertyuiop[]", 38: "asdfghjkl;'`", 51: "\\zxcvbnm,./"}
KEYS = {key: first + i for first, row in ROWS.items() for i, key in enumerate(row)}
KEYS.update({" ": 65, "\n": 36, "\t": 23, "esc": 9, "backspace": 22, "ctrl": 37, "shift": 50, "alt": 64,
             "altgr": 108, "super": 133, "menu": 135, "caps": 66, "f10": 76, "f4": 70, "down": 116, "up": 111,
             "left": 113, "right": 114, "return": 36})
NET_WM_STATE_REMOVE, NET_WM_STATE_ADD = 0, 1
SOURCE_PAGER = 2


FAMILY_WILD = 0xffff


class WildAuthority(xauth.Xauthority):
    """As libXau reads cookie files: python-xlib overlooks cookies that hold for every host."""
    def get_best_auth(self, family, address, dispno, types=(b"MIT-MAGIC-COOKIE-1",)):
        self.entries = [(family, address, *entry[2:]) if entry[0] == FAMILY_WILD else entry
                        for entry in self.entries]
        return super().get_best_auth(family, address, dispno, types)


xauth.Xauthority = WildAuthority


class Picture:
    """width * height pixels of 4 bytes, the fourth of them zero."""
    def __init__(self, width, height, data):
        pixels = bytearray(data)
        pixels[3::4] = bytes(len(pixels) // 4)
        self.width, self.height, self.data = width, height, bytes(pixels)

    def __eq__(self, other):
        return (self.width, self.height, self.data) == (other.width, other.height, other.data)

    def pixel(self, x, y):
        at = 4 * (y * self.width + x)
        return int.from_bytes(self.data[at:at + 3], "little")

    def colours(self):
        """How many colours there are, 2 meaning two or more."""
        return 1 if self.data == self.data[:4] * (self.width * self.height) else 2

    def masked(self, rectangles):
        """A copy that is black outside the rectangles (x, y, width, height)."""
        out = bytearray(len(self.data))
        for x, y, width, height in rectangles:
            left, right = max(x, 0), min(x + width, self.width)
            for row in range(max(y, 0), min(y + height, self.height)):
                start, end = 4 * (row * self.width + left), 4 * (row * self.width + right)
                if start < end:
                    out[start:end] = self.data[start:end]
        return Picture(self.width, self.height, out)

    def difference(self, other):
        """The number of pixels that differ and the first of them, in words."""
        if (self.width, self.height) != (other.width, other.height):
            return f"{self.width}x{self.height} and {other.width}x{other.height}"
        differ = [i for i in range(0, len(self.data), 4) if self.data[i:i + 4] != other.data[i:i + 4]]
        if not differ:
            return "nothing"
        y, x = divmod(differ[0] // 4, self.width)
        return (f"{len(differ)} of {self.width * self.height} pixels, first {x},{y}: "
                f"{self.pixel(x, y):06x} and {other.pixel(x, y):06x}")

    def save(self, path):
        rows = bytearray()
        for y in range(self.height):
            row = self.data[4 * y * self.width:4 * (y + 1) * self.width]
            rgb = bytearray(3 * self.width)
            rgb[0::3], rgb[1::3], rgb[2::3] = row[2::4], row[1::4], row[0::4]
            rows += b"\0" + rgb

        def chunk(kind, data):
            body = kind + data
            return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

        header = struct.pack(">IIBBBBB", self.width, self.height, 8, 2, 0, 0, 0)
        with open(path, "wb") as file:
            file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
                       + chunk(b"IDAT", zlib.compress(bytes(rows), 1)) + chunk(b"IEND", b""))


class Screen:
    def __init__(self, name, xauthority=None):
        before = os.environ.get("XAUTHORITY")
        if xauthority:
            os.environ["XAUTHORITY"] = xauthority
        try:
            self.display = display.Display(name)
        finally:
            if xauthority:
                os.environ.pop("XAUTHORITY")
                if before is not None:
                    os.environ["XAUTHORITY"] = before
        self.root = self.display.screen().root
        self.display.set_error_handler(lambda *_: None)
        # No window gets the id of one that is gone, and that others may not have forgotten yet.
        self.display.display.free_resource_id = lambda _: None
        self.guest_windows = {}

    def close(self):
        try:
            self.display.close()
        except error.ConnectionClosedError:
            pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def atom(self, name):
        return self.display.intern_atom(name)

    def window(self, xid):
        return self.display.create_resource_object("window", xid)

    def property(self, xid, name):
        """A property's value, an array or bytes; None if there is none or no such window."""
        try:
            found = self.window(xid).get_full_property(self.atom(name), X.AnyPropertyType)
        except error.XError:
            return None
        return found.value if found else None

    def text(self, xid, name):
        value = self.property(xid, name)
        return value.decode(errors="replace") if isinstance(value, bytes) else value

    def root_property(self, name):
        return self.property(self.root.id, name)

    def atoms(self, xid, name):
        """The names of the atoms in a property."""
        return [self.display.get_atom_name(a) for a in self.property(xid, name) or []]

    def picture(self, xid):
        """What the window shows; None while it cannot be had."""
        window = self.window(xid)
        try:
            geometry = window.get_geometry()
            image = window.get_image(0, 0, geometry.width, geometry.height, X.ZPixmap, 0xffffffff)
        except error.XError:
            return None
        return Picture(geometry.width, geometry.height, image.data)

    def pixel(self, x, y):
        """The colour of one place of the screen."""
        return int.from_bytes(self.root.get_image(x, y, 1, 1, X.ZPixmap, 0xffffffff).data[:3], "little")

    def bounding_shape(self, xid):
        """Rectangles (x, y, width, height) of the window's shape; None if it has none."""
        window = self.window(xid)
        try:
            if not shape.query_extents(window).bounding_shaped:
                return None
            reply = shape.get_rectangles(window, shape.SK.Bounding)
        except error.XError:
            return None
        return [(r.x, r.y, r.width, r.height) for r in reply.rectangles]

    def geometry(self, xid):
        """(x, y, width, height) on the screen; raises XError if there is no such window."""
        window = self.window(xid)
        geometry = window.get_geometry()
        place = window.translate_coords(self.root, 0, 0)
        return -place.x, -place.y, geometry.width, geometry.height

    def viewable(self, xid):
        try:
            return self.window(xid).get_attributes().map_state == X.IsViewable
        except error.XError:
            return False

    def managed(self, xid):
        """Whether the window manager has taken the window over and shows it: before, it heeds no wish."""
        return xid in (self.root_property("_NET_CLIENT_LIST") or []) and self.viewable(xid)

    # Input, as from the keyboard and mouse of this screen.

    def move_pointer(self, x, y):
        xtest.fake_input(self.display, X.MotionNotify, x=int(x), y=int(y))
        self.display.sync()

    def button(self, number, pressed):
        xtest.fake_input(self.display, X.ButtonPress if pressed else X.ButtonRelease, number)
        self.display.sync()

    def click(self, x, y, number=1):
        self.move_pointer(x, y)
        self.button(number, True)
        self.button(number, False)

    def key(self, code, pressed):
        xtest.fake_input(self.display, X.KeyPress if pressed else X.KeyRelease, KEYS.get(code, code))
        self.display.sync()

    def press(self, *keys):
        """Presses keys together and lets them go; a key is its name or its code."""
        for key in keys:
            self.key(key, True)
        for key in reversed(keys):
            self.key(key, False)

    def type(self, text):
        """Presses the keys that carry these characters on a US keyboard, one after the other."""
        for character in text:
            if character.isupper():
                self.press("shift", character.lower())
            else:
                self.press(character)

    # What a taskbar or a pager asks of the window manager.

    def tell_root(self, xid, message, *data):
        event = protocol.event.ClientMessage(window=self.window(xid), client_type=self.atom(message),
                                             data=(32, (list(data) + [0] * 5)[:5]))
        self.root.send_event(event, X.SubstructureRedirectMask | X.SubstructureNotifyMask)
        self.display.sync()

    def set_state(self, xid, add, *names):
        atoms = [self.atom("_NET_WM_STATE_" + name) for name in names] + [0]
        self.tell_root(xid, "_NET_WM_STATE", NET_WM_STATE_ADD if add else NET_WM_STATE_REMOVE, *atoms[:2],
                       SOURCE_PAGER)

    def states(self, xid):
        return {name.removeprefix("_NET_WM_STATE_") for name in self.atoms(xid, "_NET_WM_STATE")}

    def activate(self, xid):
        self.tell_root(xid, "_NET_ACTIVE_WINDOW", SOURCE_PAGER, X.CurrentTime, 0)

    def active(self):
        return (self.root_property("_NET_ACTIVE_WINDOW") or [0])[0]

    def ask_to_close(self, xid):
        self.tell_root(xid, "_NET_CLOSE_WINDOW", X.CurrentTime, SOURCE_PAGER)

    def minimise(self, xid):
        self.tell_root(xid, "WM_CHANGE_STATE", 3)

    def move_resize(self, xid, x, y, width, height):
        gravity_static = 10
        self.tell_root(xid, "_NET_MOVERESIZE_WINDOW", gravity_static | 0xf00 | SOURCE_PAGER << 12,
                       x, y, width, height)


class GuestWindow:
    """A window that the test itself makes on a guest's screen, as an application would."""
    def __init__(self, screen, title="a window", width=320, height=240, x=0, y=0, colour=0x336699,
                 override_redirect=False, wm_class=("probe", "Probe"), mask=0, parent=None, gravity=None):
        self.screen = screen
        everything = (X.KeyPressMask | X.KeyReleaseMask | X.ButtonPressMask | X.ButtonReleaseMask
                      | X.PointerMotionMask | X.StructureNotifyMask | X.FocusChangeMask | X.ExposureMask
                      | X.EnterWindowMask | X.LeaveWindowMask | X.PropertyChangeMask)
        self.window = (parent or screen.root).create_window(
            x, y, width, height, 0, screen.display.screen().root_depth, X.InputOutput, X.CopyFromParent,
            background_pixel=colour, event_mask=mask or everything, override_redirect=override_redirect)
        self.xid = self.window.id
        screen.guest_windows[self.xid] = self
        self.window.set_wm_name(title)
        self.window.set_wm_class(*wm_class)
        if gravity is not None:
            self.window.set_wm_normal_hints(flags=Xutil.PWinGravity, win_gravity=gravity)
        self.window.set_wm_protocols([screen.atom("WM_DELETE_WINDOW")])
        self.events = []

    def map(self):
        self.window.map()
        self.screen.display.sync()
        return self

    def set(self, name, kind, values, bits=32):
        self.window.change_property(self.screen.atom(name), kind, bits, values)
        self.screen.display.sync()

    def set_atoms(self, name, *values):
        self.set(name, Xatom.ATOM, [self.screen.atom(v) for v in values])

    def set_title(self, text):
        self.set("_NET_WM_NAME", self.screen.atom("UTF8_STRING"), text.encode(), 8)

    def destroy(self):
        self.screen.guest_windows.pop(self.xid, None)
        self.window.destroy()
        self.screen.display.sync()

    def read_events(self):
        """All events of this window that have come so far."""
        while self.screen.display.pending_events():
            event = self.screen.display.next_event()
            window = self.screen.guest_windows.get(getattr(getattr(event, "window", None), "id", None))
            if window:
                window.events.append(event)
        return self.events

    def wait_event(self, kind, condition=lambda event: True, seconds=WAIT_SECONDS):
        """Waits for an event of a type, such as X.KeyPress."""
        def found():
            return next((e for e in self.read_events() if e.type == kind and condition(e)), None)
        return wait_until(found, lambda: f"an event of type {kind} in the guest's window; there came {self.events}",
                          seconds)
