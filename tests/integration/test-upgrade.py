#!/usr/bin/python3
"""Programs are replaced, or killed, while VMs run: those that follow show the windows as they were."""
import os
import pathlib
import shutil
import signal
import sys
import unittest

from Xlib import X

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import tap
from desktop import STAGE, Desktop, alive, holds, wait_until
from pixels import assert_same_pixels, wait_settled
from screen import KEYS, GuestWindow, Screen

PROGRAMS = STAGE / "usr" / "local" / "bin"
WINDOWS = (("work", 0x336699, 60, 60), ("work", 0x996633, 140, 120), ("work", 0x669933, 220, 180))
OWN = "the primary's own"


class Upgrade(unittest.TestCase):
    def setUp(self):
        self.desktop = Desktop()
        self.addCleanup(self.desktop.close)
        self.programs = self.desktop.top / "bin"
        shutil.copytree(PROGRAMS, self.programs)
        self.desktop.env["PATH"] = f"{self.programs}:{self.desktop.env['PATH']}"
        self.host = Screen(self.desktop.display_name)
        self.addCleanup(self.host.close)
        self.guests = {}
        for vm, label in (("work", "blue"),):
            self.desktop.write_vm(vm, label=label)
            self.desktop.oriel("vm", "start", vm)
            self.guests[vm] = self.desktop.guest(vm)
            self.addCleanup(self.guests[vm].close)
        self.windows = {}
        for number, window in enumerate(WINDOWS):
            self.show(number, *window)
        self.own = GuestWindow(self.host, OWN, width=300, height=200, x=300, y=240).map()
        wait_until(lambda: self.host.managed(self.own.xid), "the primary's own window is managed")

    def show(self, number, vm, colour, x, y):
        guest = self.guests[vm]
        window = GuestWindow(guest, f"window {number}", width=300, height=200, colour=colour).map()
        shown = self.desktop.window(guest_window=window.xid, vm=vm)
        wait_settled(self.host, guest, shown)
        window.window.fill_rectangle(window.window.create_gc(foreground=0xffffff), 20, 20, 60, 40)
        guest.display.sync()
        _, _, width, height = self.host.geometry(shown["toplevel_xid"])
        self.host.move_resize(shown["toplevel_xid"], x, y, width, height)
        wait_until(lambda: self.host.geometry(shown["toplevel_xid"])[:2] == (x, y), "the window is in its place")
        wait_settled(self.host, guest, shown)
        self.windows[number] = (vm, window)

    def shown(self, number):
        vm, window = self.windows[number]
        return self.desktop.window(guest_window=window.xid, vm=vm)

    def stack(self, *windows):
        """Activates them one after the other, which lays each above the others."""
        for which in windows:
            xid = self.own.xid if which == OWN else self.shown(which)["toplevel_xid"]
            self.host.activate(xid)
            wait_until(lambda xid=xid: self.host.active() == xid, f"window {which} is active")
        wait_until(lambda: [which for which, _, _ in self.arrangement()[0]] == list(windows), f"the stack is {windows}")

    def arrangement(self):
        """The windows from the lowest to the highest, with their places, and which has the focus."""
        known = {(w["vm"], w["guest_window"]): w["toplevel_xid"] for w in self.desktop.windows()}
        ours = {known.get((vm, window.xid)): number for number, (vm, window) in self.windows.items()}
        ours[self.own.xid] = OWN
        stack = [xid for xid in self.host.root_property("_NET_CLIENT_LIST_STACKING") or [] if xid in ours]
        return ([(ours[xid], self.host.geometry(xid), self.host.viewable(xid)) for xid in stack],
                ours.get(self.host.active()))

    def install(self, *names):
        """As package managers do: another file of the name."""
        for name in names:
            shutil.copy2(PROGRAMS / name, self.programs / "new")
            os.replace(self.programs / "new", self.programs / name)

    def restart_broker(self):
        pid = self.desktop.broker()
        self.desktop.oriel("restart")
        self.assertNotIn(self.desktop.broker(), (0, pid))

    def pids(self, key):
        return {name: vm["pids"][key] for name, vm in self.desktop.vms().items()}

    def wait_for_new(self, key, before):
        def replaced():
            pids = self.pids(key)
            return all(pids[vm] not in (0, None, before[vm]) for vm in before)
        wait_until(replaced, f"each VM has a new {key}")

    def replace_views(self):
        views = self.pids("view")
        self.install("oriel-view")
        self.restart_broker()
        self.wait_for_new("view", views)
        wait_until(lambda: not any(map(alive, views.values())), "the older views have ended")

    def check_same(self, before):
        arrangement, picture = before
        wait_until(lambda: self.arrangement() == arrangement, f"the windows are as before: {arrangement}")
        wait_until(lambda: self.host.picture(self.host.root.id) == picture, "the screen is as before")

    def test_a_newer_view_shows_the_windows_as_they_were(self):
        self.stack(2, OWN, 0, 1)
        before = self.arrangement(), self.host.picture(self.host.root.id)
        self.replace_views()
        self.check_same(before)
        self.check_use()

    def test_a_newer_view_takes_no_focus_that_the_older_one_had_not(self):
        self.stack(1, 2, 0, OWN)
        before = self.arrangement(), self.host.picture(self.host.root.id)
        self.replace_views()
        self.check_same(before)

    def test_with_an_older_agent_replaced_as_well_windows_are_as_they_were(self):
        self.stack(2, OWN, 0, 1)
        before = self.arrangement(), self.host.picture(self.host.root.id)
        agents = self.pids("agent")
        self.install("oriel-agent", "oriel-view", "orield", "oriel-desk", "oriel-files", "oriel")
        self.restart_broker()
        self.wait_for_new("agent", agents)
        self.check_same(before)
        self.check_use()

    def guest_stack(self):
        """The VM's windows from the lowest to the highest, as the guest has them."""
        numbers = {window.xid: number for number, (_, window) in self.windows.items()}
        children = self.guests["work"].root.query_tree().children
        return [numbers[child.id] for child in children if child.id in numbers]

    def test_the_view_that_follows_a_killed_one_stacks_the_windows_as_they_were(self):
        self.stack(OWN, 2, 0, 1)
        wait_until(lambda: self.guest_stack() == [2, 0, 1], "the guest has the same order")

        def of_the_vm():
            return [window for window in self.arrangement()[0] if window[0] != OWN]
        before = of_the_vm()
        views = self.pids("view")
        os.kill(views["work"], signal.SIGKILL)
        self.wait_for_new("view", views)
        wait_until(lambda: of_the_vm() == before, f"the windows are as before: {before}")
        wait_until(lambda: self.guest_stack() == [2, 0, 1], "the guest still has that order")

    def lose_view(self):
        """Its windows go, and the window manager gives the focus away; there is no other view before the broker goes on."""
        view, broker = self.pids("view")["work"], self.desktop.broker()
        shown = self.shown(1)["toplevel_xid"]
        os.kill(broker, signal.SIGSTOP)
        self.addCleanup(os.kill, broker, signal.SIGCONT)
        os.kill(view, signal.SIGKILL)
        wait_until(lambda: self.host.active() == self.own.xid, "the primary's own window has the focus")
        self.assertFalse(self.host.viewable(shown))
        return broker

    def wait_for_windows(self):
        wait_until(lambda: len(self.arrangement()[0]) == len(WINDOWS) + 1, "all windows are back")

    def test_after_a_killed_view_the_focus_returns_to_the_window_that_had_it(self):
        self.stack(OWN, 2, 0, 1)
        broker = self.lose_view()
        os.kill(broker, signal.SIGCONT)
        self.wait_for_windows()
        wait_until(lambda: self.arrangement()[1] == 1, "the window has the focus again")
        self.check_use()

    def test_after_a_killed_view_the_focus_stays_with_a_window_that_the_user_has_clicked(self):
        self.stack(OWN, 2, 0, 1)
        broker = self.lose_view()
        x, y, width, height = self.host.geometry(self.own.xid)
        self.host.click(x + width - 10, y + height - 10)
        os.kill(broker, signal.SIGCONT)
        self.wait_for_windows()
        self.assertTrue(holds(lambda: self.arrangement()[1] == OWN))

    def check_use(self):
        """The focused window is of use."""
        vm, window = self.windows[1]
        assert_same_pixels(self.host, self.guests[vm], self.shown(1))
        wait_until(lambda: self.guests[vm].display.get_input_focus().focus == window.window, "the guest has the focus")
        window.read_events()
        self.host.press("j")
        window.wait_event(X.KeyPress, lambda event: event.detail == KEYS["j"])

    def test_views_of_the_same_program_go_on_under_another_broker(self):
        self.stack(OWN, 2, 0, 1)
        before = self.arrangement()
        views = self.pids("view")
        self.install("orield", "oriel")
        self.restart_broker()
        self.assertEqual(self.pids("view"), views)
        self.assertEqual(self.arrangement(), before)
        self.check_use()

    def test_the_view_of_a_vm_that_has_ended_meanwhile_ends_although_it_is_an_older_one(self):
        views, session = self.pids("view"), self.pids("session")["work"]
        broker = self.desktop.broker()
        os.kill(broker, signal.SIGHUP)
        wait_until(lambda: not alive(broker), "the broker has ended")
        os.kill(session, signal.SIGKILL)
        wait_until(lambda: not alive(session), "the VM has ended")
        self.install("oriel-view")
        wait_until(lambda: self.desktop.vm("work")["state"] == "stopped", "the VM is stopped")
        wait_until(lambda: not alive(views["work"]), "its view has ended")


if __name__ == "__main__":
    tap.main()
