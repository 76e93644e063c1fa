#!/usr/bin/python3
"""The broker as a service: its socket is a service manager's, it says when it is ready, and restarting it keeps windows."""
import os
import pathlib
import signal
import socket
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import tap
from desktop import PATIENCE, Desktop, alive, wait_until


class Service(unittest.TestCase):
    def setUp(self):
        self.desktop = Desktop()
        self.addCleanup(self.desktop.close)
        self.desktop.write_vm("work", isolation="none")
        self.runtime = pathlib.Path(self.desktop.env["XDG_RUNTIME_DIR"]) / "oriel"
        self.socket = self.runtime / "broker.sock"

    def activate(self):
        """Listens as oriel.socket does; the process that becomes the broker with the first connection."""
        self.runtime.mkdir(mode=0o700, exist_ok=True)
        passed = [f"-E{name}" for name in self.desktop.env if name.startswith(("XDG_", "LANG", "LC_", "ASAN_", "LSAN_", "UBSAN_"))]
        said = f"Listening on {self.socket} "
        before = self.desktop.stderr().count(said)
        process = self.desktop.spawn("systemd-socket-activate", *passed, "-l", self.socket, "orield")
        wait_until(lambda: self.desktop.stderr().count(said) > before, "it listens", 60)
        return process.pid

    def serve(self, **environment):
        """A broker as its unit starts it, without a socket."""
        return self.desktop.spawn("orield", env={**self.desktop.env, **environment})

    def lock_holder(self):
        return int((self.runtime / "broker.lock").read_text())

    def test_the_first_command_has_it_started_by_its_socket(self):
        pid = self.activate()
        self.assertEqual(self.desktop.oriel("quit"), "Nothing is running.\n")
        self.assertFalse((self.runtime / "broker.lock").exists())
        self.desktop.run("work", "xcalc")
        self.assertEqual(self.lock_holder(), pid)
        self.desktop.window(vm="work")
        self.assertEqual(self.desktop.broker(), pid)

    def test_it_leaves_the_socket_of_a_service_manager_alone(self):
        pid = self.activate()
        self.desktop.oriel("vm", "list")
        self.desktop.oriel("quit")
        wait_until(lambda: not alive(pid), "the broker has ended")
        self.assertTrue(self.socket.is_socket())
        self.assertFalse((self.runtime / "broker.lock").exists())

    def test_without_a_service_manager_the_command_starts_it_as_ever(self):
        self.desktop.oriel("vm", "list")
        self.desktop.oriel("quit")
        self.assertFalse(self.runtime.exists())

    def test_it_tells_when_it_is_ready_and_when_it_ends(self):
        path = self.desktop.top / "notify"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notified:
            notified.bind(str(path))
            notified.settimeout(60 * PATIENCE)
            broker = self.serve(NOTIFY_SOCKET=str(path))
            self.assertEqual(notified.recv(256), b"READY=1")
            self.desktop.oriel("quit")
            self.assertEqual(notified.recv(256), b"STOPPING=1")
            self.assertEqual(broker.wait(60 * PATIENCE), 0)

    def test_it_ends_in_good_order_when_nobody_has_ever_connected(self):
        env = {**self.desktop.env, "G_DEBUG": "fatal-criticals"}
        reader, writer = os.pipe()
        broker = self.desktop.spawn("orield", f"--ready-fd={writer}", env=env, pass_fds=[writer])
        os.close(writer)
        with os.fdopen(reader) as ready:
            self.assertEqual(ready.readline(), "\n")
        broker.terminate()
        self.assertEqual(broker.wait(60 * PATIENCE), 0)

    def test_it_does_not_start_for_somebody_whom_it_could_not_tell(self):
        done = subprocess.run(["orield", "--ready-fd=99"], env=self.desktop.env, capture_output=True, text=True,
                              timeout=60 * PATIENCE, check=False)
        self.assertEqual((done.returncode, done.stderr), (2, "orield: --ready-fd needs an open descriptor, not 99\n"))

    def test_programs_that_connect_and_say_nothing_hold_up_nobody(self):
        self.serve()
        wait_until(lambda: self.socket.exists() and self.desktop.oriel("vm", "list", check=False).returncode == 0, "it serves")
        silent = [socket.socket(socket.AF_UNIX) for _ in range(100)]
        for connection in silent:
            self.addCleanup(connection.close)
            connection.connect(str(self.socket))
        self.assertIn("work", self.desktop.oriel("vm", "list"))
        silent[0].settimeout(60 * PATIENCE)
        self.assertEqual(silent[0].recv(1), b"", "the eldest is given up")

    def test_what_it_starts_does_not_take_itself_for_the_service(self):
        self.activate()
        out = self.desktop.top / "environment"
        self.desktop.oriel("run", "--wait", "work", "--", "sh", "-c", f"env > {out}")
        self.assertNotRegex(out.read_text(), r"(?m)^(LISTEN_|NOTIFY_SOCKET)")

    def test_something_else_than_its_socket_is_refused(self):
        environment = {**self.desktop.env, "LISTEN_FDS": "1"}
        result = subprocess.run(["sh", "-c", "LISTEN_PID=$$ exec orield 3</dev/null"], env=environment,
                                capture_output=True, text=True, timeout=60 * PATIENCE, check=False)
        self.assertEqual(result.returncode, 1)
        self.assertIn("use the unit oriel.socket", result.stderr)

    def test_windows_stay_when_it_is_restarted(self):
        pid = self.activate()
        self.desktop.run("work", "xcalc")
        before = self.desktop.window(vm="work")
        view = self.desktop.vm("work")["pids"]["view"]
        os.kill(pid, signal.SIGHUP)
        wait_until(lambda: not alive(pid), "the broker has ended")
        self.assertTrue(alive(view))
        self.socket.unlink()
        after_pid = self.activate()
        after = self.desktop.window(vm="work")
        self.assertEqual(self.lock_holder(), after_pid)
        self.assertEqual((after["toplevel_xid"], after["content_xid"]), (before["toplevel_xid"], before["content_xid"]))
        self.assertEqual(self.desktop.vm("work")["pids"]["view"], view)


if __name__ == "__main__":
    tap.main()
