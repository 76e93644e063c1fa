#!/usr/bin/python3
"""The units of the user's session under a real systemd: they start the broker, confine it, keep its windows and its log."""
import os
import pathlib
import signal
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import tap
from desktop import PATIENCE, STAGE, Desktop, descendants, wait_until

MANAGER = pathlib.Path(__file__).with_name("user-manager.sh")


@unittest.skipUnless(os.geteuid() == 0, "needs root, for mounts and a control group")
class UserManager(unittest.TestCase):
    def setUp(self):
        self.desktop = Desktop()
        self.addCleanup(self.desktop.close)
        self.desktop.write_vm("work")
        self.manager = self.desktop.spawn("unshare", "--mount", MANAGER, STAGE / "usr/local")
        self.addCleanup(self.stop)
        self.systemd = wait_until(self.find_systemd, "systemd runs")
        wait_until(lambda: self.systemctl("is-system-running").stdout in ("running\n", "degraded\n"), self.desktop.stderr)
        self.succeed("enable", "--now", "oriel.socket")

    def stop(self):
        self.desktop.oriel("quit", check=False)
        self.systemctl("exit")
        self.manager.wait(60 * PATIENCE)

    def find_systemd(self):
        found = [pid for pid, command in descendants(self.manager.pid).items() if command.endswith("/systemd --user")]
        return found[0] if found else 0

    def ask(self, *command):
        """Runs it where the manager is: elsewhere there need be no systemd."""
        return subprocess.run(["nsenter", f"--mount=/proc/{self.systemd}/ns/mnt", *command], env=self.desktop.env,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60 * PATIENCE, check=False)

    def systemctl(self, *arguments):
        return self.ask("systemctl", "--user", *arguments)

    def succeed(self, *arguments):
        done = self.systemctl(*arguments)
        self.assertEqual(done.returncode, 0, done.stderr)

    def state(self, unit):
        return self.systemctl("show", "--property=ActiveState", "--value", unit).stdout.strip()

    def broker(self):
        """The process id of the service's broker."""
        return int(self.systemctl("show", "--property=MainPID", "--value", "orield.service").stdout)

    def show_window(self):
        """A window of a VM, which is as confined as local VMs are."""
        self.desktop.run("work", "xcalc")
        return self.window()

    def window(self):
        window = self.desktop.window(vm="work")
        return window["toplevel_xid"], window["content_xid"]

    def test_the_first_command_has_systemd_start_the_broker(self):
        self.assertEqual((self.state("oriel.socket"), self.state("orield.service")), ("active", "inactive"))
        self.desktop.oriel("vm", "list")
        self.assertEqual(self.state("orield.service"), "active")
        self.assertEqual(self.desktop.broker(), self.broker())

    def test_a_vm_shows_windows_under_all_that_the_service_forbids(self):
        self.show_window()
        for pid in (self.broker(), self.desktop.vm("work")["pids"]["view"]):
            status = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii")
            self.assertRegex(status, r"(?m)^NoNewPrivs:\t1$")
            self.assertRegex(status, r"(?m)^Seccomp:\t2$")

    def test_windows_stay_when_the_service_is_restarted(self):
        before, broker = self.show_window(), self.broker()
        self.succeed("restart", "orield.service")
        self.assertNotEqual(self.broker(), broker)
        self.assertEqual(self.window(), before)

    def test_windows_stay_when_the_service_is_stopped_and_the_next_command_starts_it(self):
        before = self.show_window()
        self.succeed("stop", "orield.service")
        self.assertEqual((self.state("oriel.socket"), self.state("orield.service")), ("active", "inactive"))
        self.assertEqual(self.window(), before)
        self.assertEqual(self.state("orield.service"), "active")

    def test_a_broker_that_crashes_is_started_again_and_keeps_windows(self):
        before, broker = self.show_window(), self.broker()
        os.kill(broker, signal.SIGKILL)
        wait_until(lambda: self.broker() not in (0, broker) and self.state("orield.service") == "active", "another broker")
        self.assertEqual(self.window(), before)

    def test_after_the_end_of_all_the_next_command_starts_it_again(self):
        self.desktop.oriel("vm", "list")
        self.desktop.oriel("quit")
        wait_until(lambda: self.state("orield.service") == "inactive", "the service has ended")
        self.assertEqual(self.state("oriel.socket"), "active")
        self.desktop.oriel("vm", "list")
        self.assertEqual(self.state("orield.service"), "active")

    def test_the_journal_has_what_the_broker_logs(self):
        self.show_window()
        os.kill(self.desktop.vm("work")["pids"]["view"], signal.SIGKILL)
        wait_until(lambda: "work: its view is gone" in self.journal(), self.journal)

    def journal(self):
        return self.ask("journalctl", "--user-unit=orield.service", "--output=cat").stdout


if __name__ == "__main__":
    tap.main()
