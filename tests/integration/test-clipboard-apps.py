#!/usr/bin/python3
"""The clipboard between real applications in two VMs: editors, a browser, an image program."""
import pathlib
import struct
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import tap
from clips import Clips
from desktop import WAIT_SECONDS, Desktop, wait_until
from editors import FEATHERPAD, MOUSEPAD, focus, settle, start_chromium
from screen import Picture, Screen

POLICY = """
clipboard @any @any allow mode=seamless
clipboard @any @primary allow mode=seamless
primary-selection @any @any allow mode=seamless
"""


DRAW_AND_COPY = """
(let* ((image (car (gimp-image-new 64 48 RGB)))
       (layer (car (gimp-layer-new image 64 48 RGB-IMAGE "layer" 100 LAYER-MODE-NORMAL))))
  (gimp-image-insert-layer image layer 0 0)
  (gimp-drawable-fill layer FILL-WHITE)
  (gimp-edit-copy-visible image))
"""


def size_of(png):
    """Width and height of a PNG file."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    return struct.unpack(">II", png[16:24])


class Applications(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.desktop = Desktop()
        cls.addClassCleanup(cls.desktop.close)
        cls.desktop.write_vm("work")
        cls.desktop.write_vm("personal", label="green")
        directory = cls.desktop.top / "config" / "oriel" / "policy.d"
        directory.mkdir()
        (directory / "a.policy").write_text(POLICY)
        for vm in ("work", "personal"):
            cls.desktop.oriel("vm", "start", vm)
        cls.host = Screen(cls.desktop.display_name)
        cls.addClassCleanup(cls.host.close)
        cls.clips = Clips(cls.desktop)
        cls.addClassCleanup(cls.clips.close)

    def paste_into(self, editor, vm, text):
        window, file = editor.start(self.desktop, vm)
        self.addCleanup(self.host.ask_to_close, window["toplevel_xid"])
        focus(self.desktop, self.host, window)
        self.host.press("ctrl", "v")
        self.desktop.window(vm=vm, guest_window=window["guest_window"], title=lambda title: title.startswith("*"))
        self.host.press("ctrl", "s")
        wait_until(lambda: file.read_text().strip() == text, f"{editor.name} has saved what was pasted")

    def copy_from(self, editor, vm, text):
        window, _ = editor.start(self.desktop, vm)
        self.addCleanup(self.host.ask_to_close, window["toplevel_xid"])
        focus(self.desktop, self.host, window)
        self.host.type(text)
        self.host.press("ctrl", "a")
        self.host.press("ctrl", "c")

    def test_gtk_to_qt(self):
        self.copy_from(MOUSEPAD, "work", "from gtk to qt")
        self.clips.arrives("personal", "from gtk to qt")
        self.paste_into(FEATHERPAD, "personal", "from gtk to qt")

    def test_qt_to_gtk(self):
        self.copy_from(FEATHERPAD, "work", "from qt to gtk")
        self.clips.arrives("personal", "from qt to gtk")
        self.paste_into(MOUSEPAD, "personal", "from qt to gtk")

    def test_a_browser_copies_html(self):
        window = start_chromium(self.desktop, "work")
        self.addCleanup(self.host.ask_to_close, window["toplevel_xid"])
        focus(self.desktop, self.host, window)
        # Out of the form, so that the page is what is selected; the first click closes the menu that the
        # focus has opened.
        x, y, width, height = self.host.geometry(window["content_xid"])
        for _ in range(2):
            self.host.click(x + width // 2, y + height - 40)
            settle(self.desktop, window)
        self.host.press("ctrl", "a")
        self.host.press("ctrl", "c")
        wait_until(lambda: b"<" in self.clips.paste("personal", "text/html"), "HTML arrives")

    def run_gimp(self, vm, script):
        self.desktop.run(vm, "gimp", "--no-splash", "--no-fonts", "-b", script)

    def test_an_image_program_copies_a_picture(self):
        self.run_gimp("work", DRAW_AND_COPY)
        # It has a minute to start.
        wait_until(lambda: "image/png" in self.clips.targets("personal"), "a picture is offered", 2 * WAIT_SECONDS)
        picture = wait_until(lambda: self.clips.paste("personal", "image/png"), "the picture arrives")
        self.assertEqual(size_of(picture), (64, 48))

    def test_an_image_program_pastes_a_picture(self):
        file = self.desktop.top / "picture.png"
        Picture(64, 48, bytes(range(256)) * 48).save(file)
        self.clips.copy("work", file.read_bytes(), "image/png")
        self.start_gimp("personal")

        def pasted():
            self.host.press("ctrl", "shift", "v")  # as a new image
            try:
                return self.desktop.window(vm="personal", title=lambda title: " 64x48 " in title, seconds=5)
            except AssertionError:
                return None
        wait_until(pasted, "there is a new image of that size")

    def start_gimp(self, vm):
        pid = self.desktop.run(vm, "gimp", "--no-splash", "--no-fonts")
        self.addCleanup(self.desktop.no_window, vm=vm)
        self.addCleanup(self.desktop.run, vm, "kill", "-KILL", pid)
        focus(self.desktop, self.host, self.desktop.window(2 * WAIT_SECONDS, vm=vm, title=lambda title: "GNU Image" in title))


if __name__ == "__main__":
    tap.main()
