#!/usr/bin/python3
"""A VM's applications stand in the primary's start menu, and start from there."""
import os
import pathlib
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import tap
from desktop import Desktop, Failed, holds, wait_until
from screen import Screen

ENTRY = """[Desktop Entry]
Type=Application
Name=Watching eyes
Name[de]=Wachsame Augen
Comment=They follow the pointer
Exec=xeyes
Icon=eyes
Categories=Utility;
Keywords=pointer;
StartupWMClass=XEyes
Actions=small;

[Desktop Action small]
Name=Small eyes
Exec=xeyes -geometry 77x55
"""
ICON = """<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64">
<rect width="64" height="64" fill="#00ff00"/></svg>
"""


class Menu(unittest.TestCase):
    def setUp(self):
        self.desktop = Desktop()
        self.addCleanup(self.desktop.close)
        self.desktop.write_vm("work", publish="*")
        self.data = self.desktop.top / "data"
        self.entries = self.data / "applications" / "oriel"
        self.guest_data = self.desktop.guest_home("work") / ".local" / "share"

    def write_guest_entry(self, name="eyes", text=ENTRY):
        path = self.guest_data / "applications" / f"{name}.desktop"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def write_guest_icon(self):
        path = self.guest_data / "icons/hicolor/scalable/apps/eyes.svg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(ICON)

    def start(self):
        self.desktop.oriel("vm", "start", "work")

    def entry(self, name="eyes"):
        return self.entries / f"work.{name}.desktop"

    def wait_entry(self, name="eyes"):
        """Waits until there is one: what it says."""
        def text():
            try:
                return self.entry(name).read_text()
            except FileNotFoundError:
                return None
        return wait_until(text, f"an entry {name}")

    def icon(self, size, name="oriel-work.eyes"):
        return self.data / f"icons/hicolor/{size}x{size}/apps/{name}.png"

    def launch(self, *command):
        process = subprocess.run(list(map(str, command)), env=self.desktop.env, stdin=subprocess.DEVNULL,
                                 capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(process.returncode, 0, process.stderr)

    def test_every_application_has_a_valid_entry(self):
        self.start()
        listed = self.wait_list()
        for name in sorted(listed):
            with self.subTest(name):
                process = subprocess.run(["desktop-file-validate", str(self.entries / f"work.{name}")],
                                         capture_output=True, text=True, check=False)
                self.assertEqual(process.returncode, 0, process.stdout)

    def wait_list(self):
        """The ids of all applications, once each has an entry."""
        listed = {app["id"] for app in self.apps() if app["published"]}
        self.assertTrue(listed)
        wait_until(lambda: all((self.entries / f"work.{name}").exists() for name in listed), "all entries")
        return listed

    def apps(self):
        import json
        return json.loads(self.desktop.oriel("apps", "work", "--json"))

    def test_an_entry_tells_in_the_users_language_what_the_guest_tells(self):
        self.desktop.env["LANGUAGE"] = "de"
        self.desktop.env["LANG"] = self.desktop.env["LC_ALL"] = "C.UTF-8"
        self.desktop.env["LC_MESSAGES"] = "de_DE.UTF-8"
        del self.desktop.env["LC_ALL"]
        self.write_guest_entry()
        self.start()
        text = self.wait_entry()
        self.assertIn("\nName=[work] Wachsame Augen\n", text)
        self.assertIn("\nStartupWMClass=work:XEyes\n", text)
        self.assertIn("\nCategories=Utility;X-Oriel-work;\n", text)

    def test_the_list_is_followed(self):
        self.start()
        self.assertFalse(self.entry().exists())
        file = self.write_guest_entry()
        self.wait_entry()
        file.write_text(ENTRY.replace("Watching", "Blinking"))
        wait_until(lambda: "Blinking eyes" in self.wait_entry(), "the new name")
        file.unlink()
        wait_until(lambda: not self.entry().exists(), "the entry goes")

    def test_icons_come_in_all_sizes_with_the_badge_of_the_vm(self):
        import gi
        gi.require_version("GdkPixbuf", "2.0")
        from gi.repository import GdkPixbuf
        self.write_guest_entry()
        self.write_guest_icon()
        self.start()
        wait_until(lambda: "\nIcon=oriel-work.eyes\n" in self.wait_entry(), "the entry's own icon")
        for size in (16, 24, 32, 48, 64, 128, 256):
            picture = GdkPixbuf.Pixbuf.new_from_file(str(self.icon(size)))
            pixels, stride = picture.get_pixels(), picture.get_rowstride()
            self.assertEqual((picture.get_width(), picture.get_height()), (size, size))
            self.assertEqual(tuple(pixels[:3]), (0, 255, 0))
            middle = size - max(size // 5, 3)
            at = middle * stride + middle * picture.get_n_channels()
            self.assertEqual(tuple(pixels[at:at + 3]), (0x34, 0x65, 0xa4), size)

    def test_an_entry_starts_its_application_and_action(self):
        self.write_guest_entry()
        self.start()
        self.wait_entry()
        self.launch("gio", "launch", self.entry())
        self.desktop.window(vm="work", app_id="XEyes")
        self.launch("gtk-launch", "oriel-work.eyes.desktop")
        wait_until(lambda: len(self.desktop.windows(vm="work", app_id="XEyes")) == 2, "a second window")
        self.desktop.oriel("run", "work", "eyes.desktop:small")
        wait_until(lambda: any(w["geometry"]["width"] == 77 for w in self.desktop.windows(vm="work")),
                   "the window of the action")

    def test_an_entry_hands_a_file_over_to_its_application(self):
        self.write_guest_entry("reader", "[Desktop Entry]\nType=Application\nName=Reader\nMimeType=text/plain;\n"
                               "Exec=sh -c 'cp \"$1\" ~/read' sh %f\n")
        self.start()
        self.wait_entry("reader")
        text = self.desktop.top / "a text.txt"
        text.write_text("to be read in the VM")
        self.launch("gio", "launch", self.entry("reader"), text)
        read = self.desktop.guest_home("work") / "read"
        wait_until(lambda: read.exists() and read.read_text() == "to be read in the VM", "the guest has read it")

    def test_a_launcher_shows_an_entry_and_starts_it(self):
        self.write_guest_entry()
        self.start()
        self.wait_entry()
        launcher = self.desktop.spawn("rofi", "-show", "drun", "-normal-window")
        with Screen(self.desktop.display_name) as screen:
            wait_until(screen.active, "the launcher's window")
            screen.type("watching")
            screen.press("return")
        self.desktop.window(vm="work", app_id="XEyes")
        launcher.wait(60)

    def test_a_window_has_the_class_that_its_entry_tells(self):
        self.write_guest_entry()
        self.start()
        wanted = next(line.partition("=")[2] for line in self.wait_entry().splitlines()
                      if line.startswith("StartupWMClass="))
        self.launch("gio", "launch", self.entry())
        window = self.desktop.window(vm="work", app_id="XEyes")
        with Screen(self.desktop.display_name) as screen:
            self.assertEqual(screen.window(window["toplevel_xid"]).get_wm_class()[1], wanted)

    def test_entries_stay_while_the_vm_is_down_and_start_it(self):
        self.write_guest_entry()
        self.start()
        self.wait_entry()
        self.desktop.oriel("vm", "stop", "work")
        self.assertTrue(self.entry().exists())
        self.assertEqual(self.desktop.vm("work")["state"], "stopped")
        self.assertIn("eyes.desktop", [app["id"] for app in self.apps()])
        self.assertEqual(self.desktop.vm("work")["state"], "stopped")
        self.desktop.oriel("quit")
        self.assertTrue(self.entry().exists())
        self.launch("gio", "launch", self.entry())
        self.desktop.window(vm="work", app_id="XEyes")

    def test_publish_and_unpublish_change_the_menu_at_once(self):
        self.write_guest_entry()
        self.start()
        self.wait_entry()
        self.desktop.oriel("unpublish", "work", "eyes")
        self.assertFalse(self.entry().exists())
        self.assertEqual([a["published"] for a in self.apps() if a["id"] == "eyes.desktop"], [False])
        self.desktop.oriel("publish", "work", "eyes.desktop")
        self.assertTrue(self.entry().exists())
        with self.assertRaises(Failed) as failed:
            self.desktop.oriel("publish", "work", "no-such-thing")
        self.assertIn("no application 'no-such-thing.desktop' is known", failed.exception.stderr)

    def test_links_can_be_opened_in_the_vm(self):
        self.write_guest_entry("browser", "[Desktop Entry]\nType=Application\nName=Browser\nExec=xeyes %u\n"
                               "MimeType=x-scheme-handler/https;text/html;\n")
        self.start()
        self.wait_entry("browser")
        cache = self.data / "applications" / "mimeinfo.cache"
        wait_until(lambda: cache.exists() and "x-scheme-handler/https=" in cache.read_text()
                   and "oriel-work.browser.desktop" in cache.read_text()
                   and "oriel-work.desktop" in cache.read_text(), "the desktop's list of handlers")
        self.assertIn("\nName=Open in work\n", (self.entries / "work.desktop").read_text())

    def test_a_vm_that_is_gone_and_clean_leave_nothing(self):
        mine = self.data / "applications" / "mine.desktop"
        mine.parent.mkdir(parents=True)
        mine.write_text(ENTRY)
        self.write_guest_entry()
        self.start()
        self.wait_entry()
        process = self.desktop.oriel("menu", "clean", check=False)
        self.assertIn("the broker runs", process.stderr)
        self.desktop.oriel("quit")
        self.desktop.oriel("menu", "clean")
        left = {str(path.relative_to(self.desktop.top)) for root in ("data", "config", "state")
                for path in (self.desktop.top / root).rglob("*")
                if path.is_file() and "oriel/vms" not in str(path) and path.suffix in
                (".desktop", ".png", ".directory", ".menu", ".list", ".icons")}
        self.assertEqual(left, {"data/applications/mine.desktop"})

    def test_a_thousand_applications_come_and_go_beside_a_window(self):
        for i in range(1000):
            self.write_guest_entry(f"app{i}", "[Desktop Entry]\nType=Application\nName=App\nExec=true\n"
                                   f"Comment={'x' * 400}\nKeywords={'word;' * 150}\n")
        self.start()
        self.desktop.run("work", "xeyes")
        self.desktop.window(vm="work", app_id="XEyes")
        wait_until(lambda: len(list(self.entries.glob("work.app*.desktop"))) == 1000, "all entries")
        for path in (self.guest_data / "applications").iterdir():
            path.unlink()
        wait_until(lambda: not list(self.entries.glob("work.app*.desktop")), "no entries")
        self.assertTrue(holds(lambda: self.desktop.windows(vm="work", app_id="XEyes")))


if __name__ == "__main__":
    tap.main()
