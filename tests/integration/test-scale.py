#!/usr/bin/python3
"""The primary's scale reaches applications of a VM, those that run and those that are started."""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import tap
from desktop import Desktop, wait_until
from editors import FEATHERPAD, MOUSEPAD, current, settle
from screen import Screen
from xsettings import SettingsManager

DPI = 96 * 1024
NORMAL = {"Xft/DPI": DPI, "Gdk/WindowScalingFactor": 1, "Gdk/UnscaledDPI": DPI}
TWICE = {"Xft/DPI": 2 * DPI, "Gdk/WindowScalingFactor": 2, "Gdk/UnscaledDPI": DPI,
         "Gtk/CursorThemeSize": 48}


class Scale(unittest.TestCase):
    def setUp(self):
        self.desktop = Desktop()
        self.addCleanup(self.desktop.close)
        self.desktop.write_vm("work")
        self.host = Screen(self.desktop.display_name)
        self.addCleanup(self.host.close)
        self.manager = SettingsManager(self.host)
        self.manager.publish(NORMAL)
        self.desktop.oriel("vm", "start", "work")
        self.guest = self.desktop.guest("work")
        self.addCleanup(self.guest.close)
        self.resource("Xft.dpi", "96")

    def resource(self, name, value):
        """Waits until the guest's X resources have the value."""
        def is_set():
            lines = (self.guest.text(self.guest.root.id, "RESOURCE_MANAGER") or "").splitlines()
            return f"{name}:\t{value}" in lines
        wait_until(is_set, f"{name} is {value}")

    def start(self, editor):
        window, _ = editor.start(self.desktop, "work")
        settle(self.desktop, window)
        return window

    def size(self, window):
        geometry = current(self.desktop, window)["geometry"]
        return geometry["width"], geometry["height"]

    def test_a_change_of_the_primarys_settings_reaches_a_running_application(self):
        window = self.start(MOUSEPAD)
        width, height = self.size(window)
        self.manager.publish(TWICE)
        wait_until(lambda: self.size(window) == (2 * width, 2 * height), "its window is twice as large")

    def test_without_a_manager_the_scale_is_the_usual_one(self):
        self.manager.publish(TWICE)
        self.resource("Xft.dpi", "192")
        self.resource("Xcursor.size", "48")
        self.manager.close()
        self.resource("Xft.dpi", "96")

    def test_a_qt_application_starts_at_the_primarys_scale(self):
        once = self.size(self.start(FEATHERPAD))
        self.manager.publish(TWICE)
        self.resource("Xft.dpi", "192")
        self.desktop.oriel("vm", "stop", "work")
        self.desktop.oriel("vm", "start", "work")
        window = self.start(FEATHERPAD)
        wait_until(lambda: self.size(window) == (2 * once[0], 2 * once[1]), "its window is twice as large")


if __name__ == "__main__":
    tap.main()
