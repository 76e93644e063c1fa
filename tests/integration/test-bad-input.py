#!/usr/bin/python3
"""What goes wrong: each time one clear sentence, exit status 1, and nothing half-started is left."""
import json
import os
import pathlib
import select
import shutil
import signal
import socket
import subprocess
import sys
import threading
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import tap
from desktop import STAGE, Desktop, descendants, wait_until

DONE, FAILED = 0, 1


class BadInput(unittest.TestCase):
    def setUp(self):
        self.desktop = Desktop(window_manager=None)
        self.addCleanup(self.desktop.close)

    def fails(self, *arguments, words=(), env=None):
        """The command exits with 1, says one clear sentence with these words, and leaves nothing."""
        done = self.desktop.oriel(*arguments, check=False, env=env)
        self.check(done, words)
        self.desktop.oriel("quit", check=False)
        self.check_nothing_left()
        return done.stderr

    def check(self, done, words):
        self.assertEqual(done.returncode, FAILED, (done.args, done.stdout, done.stderr))
        for word in words:
            self.assertIn(word, done.stderr)
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        self.assertNotIn("GLib-", done.stderr)

    def check_nothing_left(self):
        wait_until(lambda: not self.desktop.left_behind(), lambda: f"nothing is left: {self.desktop.left_behind()}")

    def elsewhere(self, preparation, *arguments):
        """Runs a command, and ends its broker, in a mount namespace of its own that is prepared by a script."""
        script = (f"{preparation}\n"
                  "oriel \"$@\"; status=$?\n"
                  "oriel quit >/dev/null 2>&1\n"
                  "exit $status\n")
        done = subprocess.run(["unshare", "--mount", "--map-root-user", "sh", "-c", script, "sh", *arguments],
                              env=self.desktop.env, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=60, check=False)
        done.stderr = done.stderr.strip()
        self.check_nothing_left()
        return done

    def without(self, program):
        """An environment in which a program is not to be found."""
        directory = self.desktop.top / "path"
        directory.mkdir()
        for folder in self.desktop.env["PATH"].split(":"):
            for path in pathlib.Path(folder).glob("*"):
                link = directory / path.name
                if path.name != program and not link.is_symlink():
                    link.symlink_to(path)
        return {**self.desktop.env, "PATH": str(directory)}

    def test_an_unknown_vm(self):
        self.desktop.write_vm("work")
        for command in (("vm", "start"), ("vm", "stop"), ("vm", "show"), ("run",)):
            self.fails(*command, "missing", *(["true"] if command == ("run",) else []), words=["missing"])

    def test_a_missing_display(self):
        self.desktop.write_vm("work")
        env = {k: v for k, v in self.desktop.env.items() if k != "DISPLAY"}
        self.fails("run", "work", "true", words=["DISPLAY"], env=env)
        self.fails("run", "work", "true", words=[":987"], env={**env, "DISPLAY": ":987"})

    def test_a_display_that_hangs(self):
        self.desktop.write_vm("work")
        self.desktop.oriel("vm", "list")
        self.desktop.x_server.send_signal(signal.SIGSTOP)
        self.addCleanup(self.desktop.x_server.send_signal, signal.SIGCONT)
        start = self.desktop.spawn("oriel", "vm", "start", "work", stderr=subprocess.PIPE, text=True)
        wait_until(lambda: self.desktop.vm("work")["state"] == "starting", "the broker answers meanwhile")
        errors = start.communicate(timeout=60)[1]
        self.assertEqual(start.returncode, FAILED)
        self.assertIn(f"the display {self.desktop.display_name} does not answer", errors)
        self.assertEqual(self.desktop.vm("work")["state"], "failed")
        self.desktop.x_server.send_signal(signal.SIGCONT)
        self.desktop.oriel("vm", "start", "work")
        self.desktop.oriel("quit")

    def test_a_broker_without_a_display_takes_that_of_the_first_command_that_starts_a_vm(self):
        self.desktop.write_vm("work")
        self.desktop.oriel("vm", "list", env={k: v for k, v in self.desktop.env.items() if k != "DISPLAY"})
        self.desktop.oriel("vm", "start", "work")
        self.desktop.oriel("quit")

    def test_a_taken_socket(self):
        self.desktop.write_vm("work")
        runtime = pathlib.Path(self.desktop.env["XDG_RUNTIME_DIR"]) / "oriel"
        runtime.mkdir()
        (runtime / "broker.sock").mkdir()
        try:
            self.fails("vm", "start", "work", words=["broker.sock"])
        finally:
            (runtime / "broker.sock").rmdir()

    def test_a_socket_that_another_program_has_taken(self):
        self.desktop.write_vm("work")
        runtime = pathlib.Path(self.desktop.env["XDG_RUNTIME_DIR"]) / "oriel"
        runtime.mkdir()
        with socket.socket(socket.AF_UNIX) as other:
            other.bind(str(runtime / "broker.sock"))
            other.listen()
            self.check(self.desktop.oriel("vm", "start", "work", check=False), ["broker.sock", "does not answer"])
        (runtime / "broker.sock").unlink()

    def test_a_broker_that_ends_while_a_command_connects_to_it_is_replaced(self):
        runtime = pathlib.Path(self.desktop.env["XDG_RUNTIME_DIR"]) / "oriel"
        runtime.mkdir()
        with socket.socket(socket.AF_UNIX) as ending:
            ending.bind(str(runtime / "broker.sock"))
            ending.listen()
            command = self.desktop.spawn("oriel", "vm", "list")
            select.select([ending], [], [], 60)
        self.assertEqual(command.wait(60), 0, self.desktop.stderr())
        self.desktop.oriel("quit")

    def test_a_socket_whose_owner_hangs_up_is_taken_over(self):
        runtime = pathlib.Path(self.desktop.env["XDG_RUNTIME_DIR"]) / "oriel"
        runtime.mkdir()
        with socket.socket(socket.AF_UNIX) as other:
            other.bind(str(runtime / "broker.sock"))
            other.listen()

            def hang_up():
                try:
                    while True:
                        other.accept()[0].close()
                except OSError:
                    pass
            thread = threading.Thread(target=hang_up)
            thread.start()
            try:
                self.desktop.oriel("vm", "list")
            finally:
                other.shutdown(socket.SHUT_RDWR)
                thread.join()
        self.desktop.oriel("quit")
        self.check_nothing_left()

    def test_a_broker_that_hangs(self):
        self.desktop.oriel("vm", "list")
        broker = self.desktop.broker()
        os.kill(broker, signal.SIGSTOP)
        self.check(self.desktop.oriel("vm", "list", check=False), ["does not answer", str(broker)])
        os.kill(broker, signal.SIGCONT)
        self.desktop.oriel("vm", "list")

    def test_a_command_that_is_interrupted_while_it_starts_the_broker(self):
        programs = self.desktop.top / "programs"
        programs.mkdir()
        shutil.copy(STAGE / "usr/local/bin/oriel", programs)
        slow = programs / "orield"
        gate = self.desktop.top / "gate"
        os.mkfifo(gate)
        slow.write_text(f"#!/bin/sh\nread go <{gate}\nexec {STAGE}/usr/local/bin/orield \"$@\"\n")
        slow.chmod(0o755)
        command = self.desktop.spawn(programs / "oriel", "vm", "list")
        wait_until(lambda: any(str(slow) in line for line in descendants(os.getpid()).values()), "the broker starts")
        command.send_signal(signal.SIGINT)
        gate.write_text("go\n")
        self.assertEqual(command.wait(60), -signal.SIGINT)
        self.desktop.oriel("quit")
        self.check_nothing_left()

    def test_a_wrong_file_names_file_line_and_key_and_spares_the_others(self):
        self.desktop.write_vm("good")
        self.desktop.write_vm("wrong", border="many")
        message = self.fails("vm", "start", "wrong", words=["wrong.vm:5", "border"])
        self.assertIn("32", message)
        self.desktop.oriel("vm", "start", "good")
        done = self.desktop.oriel("vm", "list", "--json", check=False)
        self.assertEqual([vm["name"] for vm in json.loads(done.stdout)], ["good"])
        self.assertIn("wrong.vm:5", done.stderr)

    def test_an_unreadable_file(self):
        (self.desktop.vm_directory / "broken.vm").mkdir()
        self.fails("vm", "start", "broken", words=["broken"])

    def test_a_file_that_cannot_be_read_to_its_end(self):
        self.desktop.write_vm("good")
        os.mkfifo(self.desktop.vm_directory / "pipe.vm")
        (self.desktop.vm_directory / "device.vm").symlink_to("/dev/zero")
        done = self.desktop.oriel("vm", "list", "--json", check=False)
        self.assertEqual([vm["name"] for vm in json.loads(done.stdout)], ["good"])
        self.assertEqual([line.partition(".vm: ")[2] for line in done.stderr.splitlines()],
                         ["cannot be read: it is not a regular file"] * 2)

    def test_no_xvfb(self):
        self.desktop.write_vm("work", isolation="none")
        self.fails("vm", "start", "work", words=["Xvfb"], env=self.without("Xvfb"))

    def test_no_bubblewrap(self):
        self.desktop.write_vm("work")
        message = self.fails("vm", "start", "work", words=["bwrap"], env=self.without("bwrap"))
        self.assertIn("isolation=none", message)

    def test_a_program_that_does_not_exist(self):
        self.desktop.write_vm("work")
        self.fails("run", "work", "--", "no-such-program", words=["no-such-program"])

    def test_a_program_that_fails_at_once(self):
        self.desktop.write_vm("work")
        done = self.desktop.oriel("run", "--wait", "work", "--", "false", check=False)
        self.assertEqual((done.returncode, done.stderr), (FAILED, ""))
        for command, words in ((["false"], ["'false' ended at once with status 1", "oriel vm show work"]),
                               (["sh", "-c", "kill -9 $$"], ["status 137"])):
            # On a busy machine it may end so late that nobody waits any more.
            done = wait_until(lambda: (run := self.desktop.oriel("run", "work", "--", *command, check=False)).returncode
                              and run, f"{command} fails")
            self.check(done, words)
        self.desktop.oriel("quit")
        self.check_nothing_left()

    def test_an_unknown_application(self):
        self.desktop.write_vm("work")
        self.fails("run", "work", "no-such.desktop", words=["no-such"])

    def test_an_unknown_window_and_an_unwritable_file(self):
        self.desktop.write_vm("work")
        self.desktop.oriel("vm", "start", "work")
        self.fails("screenshot", "123456789", self.desktop.top / "shot.png", words=["123456789"])
        self.desktop.oriel("run", "work", "--", "xclock")
        self.desktop.window(vm="work")
        self.fails("screenshot", "work", "/no/such/folder/shot.png", words=["/no/such/folder"])

    def test_a_home_that_cannot_be_made(self):
        self.desktop.write_vm("work", home="/proc/full/home")
        self.fails("vm", "start", "work", words=["/proc/full/home"])

    def test_a_disk_without_room_for_another_file(self):
        self.desktop.write_vm("work")
        for name in ("XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR"):
            directory = self.desktop.env[name]
            done = self.elsewhere(f"mount -t tmpfs -o nr_inodes=1 tmpfs '{directory}'", "vm", "start", "work")
            self.check(done, [directory, "No space left on device"])

    def test_a_full_disk(self):
        self.desktop.write_vm("work")
        directory = self.desktop.env["XDG_RUNTIME_DIR"]
        fill = f"mount -t tmpfs -o size=16k tmpfs '{directory}'; head -c 1M /dev/zero >'{directory}/full' 2>/dev/null"
        done = self.elsewhere(fill, "vm", "start", "work")
        self.check(done, [directory, "No space left on device", "make room"])

    def test_a_picture_for_which_the_disk_has_no_room(self):
        self.desktop.write_vm("work")
        self.desktop.oriel("run", "work", "--", "xclock")
        self.desktop.window(vm="work")
        full = self.desktop.top / "full"
        full.mkdir()
        script = (f"mount -t tmpfs -o size=4k tmpfs {full}; head -c 1M /dev/zero >{full}/file 2>/dev/null\n"
                  f"oriel screenshot work {full}/shot.png; status=$?; ls -A {full}; exit $status")
        done = subprocess.run(["unshare", "--mount", "--map-root-user", "sh", "-c", script], text=True,
                              env=self.desktop.env, capture_output=True, timeout=60, check=False)
        done.stderr = done.stderr.strip()
        self.check(done, [f"{full}/shot.png", "No space left on device"])
        self.assertEqual(done.stdout.split(), ["file"])

    def test_no_room_in_dev_shm(self):
        self.desktop.write_vm("work", isolation="none")
        small = "mount -t tmpfs -o size=1M tmpfs /dev/shm"
        done = self.elsewhere(small, "vm", "start", "work")
        self.check(done, ["/dev/shm has no room", "remove files there"])
        self.desktop.write_vm("work", isolation="bwrap")  # has a /dev/shm of its own
        done = self.elsewhere(small, "run", "--wait", "work", "--", "true")
        self.assertEqual((done.returncode, done.stderr), (DONE, ""))

    def test_no_runtime_directory(self):
        self.desktop.write_vm("work")
        env = {**self.desktop.env, "XDG_RUNTIME_DIR": "/proc/nowhere"}
        self.fails("vm", "start", "work", words=["/proc/nowhere"], env=env)

    def test_a_runtime_directory_that_is_no_absolute_path_is_none(self):
        env = {**self.desktop.env, "XDG_RUNTIME_DIR": "here"}
        self.desktop.oriel("vm", "list", env=env)
        self.assertTrue((pathlib.Path(self.desktop.env["XDG_CACHE_HOME"]) / "oriel/broker.sock").is_socket())
        self.desktop.oriel("quit", env=env)
        self.check_nothing_left()
        self.assertFalse(list(self.desktop.top.glob("here*")))


if __name__ == "__main__":
    tap.main()
