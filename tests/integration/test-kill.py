#!/usr/bin/python3
"""Each process is killed in turn; what should come back comes back, and nothing is left behind."""
import os
import pathlib
import signal
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import tap
from desktop import Desktop, alive, wait_until
from pixels import assert_same_pixels, wait_settled
from screen import Screen


class Kill(unittest.TestCase):
    isolation = "bwrap"

    def setUp(self):
        self.desktop = Desktop()
        self.addCleanup(self.desktop.close)
        self.desktop.write_vm("work", isolation=self.isolation)
        self.desktop.write_vm("personal", label="green", isolation=self.isolation)
        self.host = Screen(self.desktop.display_name)
        self.addCleanup(self.host.close)
        for vm, program in (("work", "xcalc"), ("personal", "xclock")):
            self.desktop.run(vm, program)
            self.settled(vm)
        self.place_apart()

    def settled(self, vm):
        window = self.desktop.window(vm=vm)
        with self.desktop.guest(vm) as guest:
            wait_settled(self.host, guest, window)
        return self.desktop.window(vm=vm)

    def place_apart(self):
        for x, vm in ((60, "work"), (800, "personal")):
            window = self.settled(vm)
            width, height = self.host.geometry(window["toplevel_xid"])[2:]
            self.host.move_resize(window["toplevel_xid"], x, 100, width, height)
            wait_until(lambda x=x, xid=window["toplevel_xid"]: self.host.geometry(xid)[:2] == (x, 100),
                       f"the window of {vm} is in its place")
            self.settled(vm)

    def kill(self, vm, key):
        pid = self.desktop.vm(vm)["pids"][key]
        self.assertGreater(pid, 0, f"{vm} has a {key}")
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not alive(pid), f"the {key} {pid} is gone")
        return pid

    def check_alive(self, vm):
        window = self.settled(vm)
        self.host.activate(window["toplevel_xid"])
        with self.desktop.guest(vm) as guest:
            assert_same_pixels(self.host, guest, window)
        return window

    def end(self):
        self.desktop.oriel("quit")
        wait_until(lambda: not self.desktop.left_behind(), lambda: f"nothing is left: {self.desktop.left_behind()}")

    def test_a_killed_view_comes_back_with_its_windows(self):
        before = self.desktop.window(vm="work")
        self.kill("work", "view")
        after = self.desktop.window(vm="work", content_xid=lambda xid: xid != before["content_xid"])
        self.assertEqual(after["guest_window"], before["guest_window"])
        self.check_alive("work")
        self.check_alive("personal")
        self.end()

    def test_a_killed_agent_comes_back_and_windows_stay_in_place(self):
        before = self.desktop.window(vm="work")
        killed = self.kill("work", "agent")
        wait_until(lambda: self.desktop.vm("work")["pids"]["agent"] not in (0, None, killed),
                   "there is a new agent")
        after = self.check_alive("work")
        self.assertEqual((after["toplevel_xid"], after["geometry"]["x"], after["geometry"]["y"]),
                         (before["toplevel_xid"], before["geometry"]["x"], before["geometry"]["y"]))
        self.check_alive("personal")
        self.end()

    def test_a_killed_broker_is_replaced_by_the_next_command(self):
        before = {w["vm"]: w["toplevel_xid"] for w in self.desktop.windows()}
        pid = self.desktop.broker()
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not alive(pid), "the broker is gone")
        for xid in before.values():
            self.assertTrue(self.host.viewable(xid), "windows survive the broker")
        wait_until(lambda: {w["vm"]: w["toplevel_xid"] for w in self.desktop.windows()} == before,
                   "the new broker knows the same windows")
        self.assertEqual({v["state"] for v in self.desktop.vms().values()}, {"running"})
        self.check_alive("work")
        self.check_alive("personal")
        self.desktop.run("work", "xeyes")
        self.desktop.window(vm="work", app_id="XEyes")
        self.end()

    def test_a_vm_without_windows_stops_after_its_keep_alive_time_under_a_new_broker_too(self):
        self.desktop.write_vm("short", isolation=self.isolation, keep_alive="2")
        self.desktop.run("short", "xclock")
        self.host.ask_to_close(self.settled("short")["toplevel_xid"])
        self.desktop.no_window(vm="short")
        pid = self.desktop.broker()
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not alive(pid), "the broker is gone")
        wait_until(lambda: self.desktop.vm("short")["state"] == "stopped", "the VM stops")
        self.assertEqual(self.desktop.vm("work")["state"], "running")
        self.end()

    def test_a_killed_x_server_of_a_guest_takes_its_windows_and_comes_back(self):
        gone = self.desktop.window(vm="work")
        killed = self.kill("work", "x_server")
        wait_until(lambda: self.host.picture(gone["toplevel_xid"]) is None, "its windows go")

        def runs_again():
            vm = self.desktop.vm("work")
            return vm["state"] == "running" and vm["pids"]["x_server"] not in (0, None, killed)
        wait_until(runs_again, "the VM runs again", 30)
        self.check_alive("personal")
        self.desktop.run("work", "xclock")
        self.check_alive("work")
        self.end()

    def test_a_killed_session_takes_all_its_processes(self):
        gone = self.desktop.window(vm="work")
        self.kill("work", "session")
        wait_until(lambda: self.host.picture(gone["toplevel_xid"]) is None, "its windows go")
        self.check_alive("personal")
        self.end()

    def test_everything_ends_when_the_primarys_x_server_goes(self):
        os.kill(self.desktop.x_server.pid, signal.SIGKILL)
        self.desktop.x_server.wait()
        view_pids = [v["pids"]["view"] for v in self.desktop.vms().values()]
        wait_until(lambda: not any(pid and alive(pid) for pid in view_pids), "the views end")
        self.end()


class KillWithoutSandbox(Kill):
    isolation = "none"


if __name__ == "__main__":
    tap.main()
