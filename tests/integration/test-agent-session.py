#!/usr/bin/python3
"""The guest session's supervisor: what it starts, what it starts again, and that nothing is left."""
import configparser
import fcntl
import os
import pathlib
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import tap
from desktop import alive, descendants, wait_until

AGENT = os.environ.get("ORIEL_AGENT", "oriel-agent")
LISTEN_FD, NOTIFY_FD = 3, 4
HIGH = 50
# GUEST_STOP_MS of messages.def, in seconds, and as much again for a busy machine
STOP_LIMIT = 2 * 6
# Ignores what asks it to end, and has left its parent and its group.
STUBBORN = "trap '' TERM; (setsid sh -c 'trap \"\" TERM; while :; do sleep 100; done' &)"


def free_display():
    """A number that no server has, and that other tests which run now hardly choose."""
    return next(n for n in random.sample(range(200, 10000), 1000) if not os.path.exists(f"/tmp/.X11-unix/X{n}")
                and not os.path.exists(f"/tmp/.X{n}-lock"))


class Session:
    def __init__(self, case, options=(), programs=None, display=None, log=subprocess.PIPE):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="oriel-session-"))
        case.addCleanup(subprocess.run, ["rm", "-rf", self.directory], check=True)
        self.display = display if display is not None else free_display()
        self.xauthority = self.directory / "Xauthority"
        subprocess.run(["xauth", "-q", "-f", self.xauthority, "add", f":{self.display}", ".", "0" * 32],
                       check=True, stderr=subprocess.DEVNULL)
        self.state_file = self.directory / "state"
        self.env = os.environ | {"XDG_STATE_HOME": str(self.directory / "log")}
        if programs is not None:
            self.env["PATH"] = self.make_path(programs)
        self.start(list(options), log)
        case.addCleanup(self.kill)

    def make_path(self, programs):
        """A directory with these programs alone: names of real ones, or texts of scripts."""
        path = self.directory / "bin"
        path.mkdir()
        for name, script in programs.items():
            real = subprocess.run(["which", name], capture_output=True, text=True, check=False).stdout.strip()
            if script is None:
                (path / name).symlink_to(real)
            else:
                (path / name).write_text(f"#!/bin/sh\nPATH={os.environ['PATH']}\n{script}\n")
                (path / name).chmod(0o755)
        return str(path)

    def start(self, options, log):
        listener = socket.socket(socket.AF_UNIX)
        self.address = str(self.directory / "agent.sock")
        listener.bind(self.address)
        listener.listen()
        reader, writer = os.pipe()

        def place():
            high = [fcntl.fcntl(fd, fcntl.F_DUPFD, HIGH) for fd in (listener.fileno(), writer)]
            os.dup2(high[0], LISTEN_FD)
            os.dup2(high[1], NOTIFY_FD)
            os.closerange(HIGH, HIGH + 10)

        self.process = subprocess.Popen(
            [AGENT, "--session", f"--display={self.display}", f"--xauthority={self.xauthority}",
             f"--runtime-dir={self.directory}", f"--state={self.state_file}", f"--notify-fd={NOTIFY_FD}",
             "--screen=800x600", *options],
            preexec_fn=place, close_fds=False, env=self.env, stdin=subprocess.DEVNULL,
            stderr=log, text=True)
        listener.close()
        os.close(writer)
        self.notices = os.fdopen(reader)

    def notice(self):
        return self.notices.readline().strip()

    def state(self):
        parser = configparser.ConfigParser(interpolation=None)
        parser.read(self.state_file)
        return parser["session"]

    def pid(self, name):
        return int(self.state()[name])

    def wait(self):
        status = self.process.wait(60)
        return status, self.notices.read().splitlines()

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        return self.wait()

    def kill(self):
        for pid in [*descendants(self.process.pid), self.process.pid]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.process.wait()
        if self.process.stderr:
            self.process.stderr.close()
        self.notices.close()


class Supervisor(unittest.TestCase):
    def start(self, **options):
        session = Session(self, **options)
        self.assertEqual(session.notice(), "starting")
        return session

    def run_session(self, **options):
        session = self.start(**options)
        self.assertEqual(session.notice(), "running")
        return session

    def assert_nothing_left(self, session):
        self.assertEqual(descendants(session.process.pid), {})
        self.assertFalse(os.path.exists(f"/tmp/.X11-unix/X{session.display}"))
        self.assertFalse((session.directory / "bus").exists())

    def assert_failed(self, session, *words):
        status, notices = session.wait()
        self.assertEqual(status, 1)
        self.assertEqual(len(notices), 1, notices)
        for word in ("failed ", *words):
            self.assertIn(word, notices[0])
        self.assertEqual(session.state()["state"], "failed")
        self.assertEqual("failed " + session.state()["reason"], notices[0])
        self.assert_nothing_left(session)

    def test_a_session_has_a_server_a_bus_and_an_agent_and_ends_when_told(self):
        session = self.run_session()
        state = session.state()
        self.assertEqual(state["state"], "running")
        self.assertEqual(int(state["pid"]), session.process.pid)
        # The server runs a compiler of keymaps now and then.
        wait_until(lambda: set(descendants(session.process.pid)) == {
            int(state[name]) for name in ("x-server-pid", "bus-pid", "agent-pid")}, "its three processes alone")
        status, notices = session.end()
        self.assertEqual((status, notices), (0, ["stopping"]))
        self.assertFalse(session.state_file.exists())
        self.assert_nothing_left(session)

    def test_an_agent_that_is_killed_is_started_again_and_its_socket_never_refuses(self):
        session = self.run_session()
        for _ in range(3):
            agent = session.pid("agent-pid")
            os.kill(agent, signal.SIGKILL)
            with socket.socket(socket.AF_UNIX) as primary:
                primary.connect(session.address)
            wait_until(lambda: session.pid("agent-pid") not in (0, agent), "a new agent")
        self.assertEqual(session.state()["state"], "running")
        self.assertEqual(session.end()[0], 0)

    def test_a_bus_that_is_killed_is_started_again_at_the_same_place(self):
        session = self.run_session()
        bus = session.pid("bus-pid")
        os.kill(bus, signal.SIGKILL)
        wait_until(lambda: session.pid("bus-pid") not in (0, bus), "a new bus")

        def answers():
            with socket.socket(socket.AF_UNIX) as client:
                return client.connect_ex(str(session.directory / "bus")) == 0

        wait_until(answers, "the bus")
        self.assertEqual(session.end()[0], 0)

    def test_a_killed_server_fails_the_session_and_leaves_nothing(self):
        session = self.run_session()
        os.kill(session.pid("x-server-pid"), signal.SIGKILL)
        self.assert_failed(session, "X server", "killed by signal 9")

    def test_stubborn_applications_are_killed_in_the_end(self):
        session = self.run_session(programs={"Xvfb": None, "dbus-daemon": STUBBORN + "\nexec dbus-daemon \"$@\""})
        wait_until(lambda: len(descendants(session.process.pid)) >= 4, "the stubborn process")
        began = time.monotonic()
        self.assertEqual(session.end()[0], 0)
        self.assertLess(time.monotonic() - began, STOP_LIMIT)
        self.assert_nothing_left(session)

    def test_a_session_whose_every_program_is_stubborn_ends_within_its_limit(self):
        stubborn = {name: f"trap '' TERM\n{name} \"$@\" & while :; do wait; done" for name in ("Xvfb", "dbus-daemon")}
        stubborn["dbus-daemon"] = STUBBORN + "\n" + stubborn["dbus-daemon"]
        session = self.run_session(programs=stubborn)
        os.kill(session.pid("agent-pid"), signal.SIGSTOP)
        began = time.monotonic()
        self.assertEqual(session.end()[0], 0)
        self.assertLess(time.monotonic() - began, STOP_LIMIT)
        self.assert_nothing_left(session)

    def test_a_server_that_is_not_ready_in_time_is_named_with_its_own_words(self):
        programs = {"Xvfb": "echo 'no light yet' >&2; exec sleep 100",
                    "dbus-daemon": "(sleep 1; echo 'Successfully activated service' >&2) & exec dbus-daemon \"$@\""}
        self.assert_failed(self.start(programs=programs), "Xvfb", "not ready within 8 s: no light yet")

    def test_an_agent_that_cannot_work_is_named_with_its_own_words(self):
        programs = {"Xvfb": "echo 200 >&3; exec sleep 100", "dbus-daemon": None}
        session = self.run_session(programs=programs)
        self.assert_failed(session, "the agent (oriel-agent) ended at once", "X server")

    def test_a_missing_server_or_bus_is_named(self):
        self.assert_failed(self.start(programs={"dbus-daemon": None}), "Xvfb", "command not found")
        self.assert_failed(self.start(programs={"Xvfb": None}), "dbus-daemon", "command not found")

    def test_a_server_that_cannot_start_says_why(self):
        script = "echo '(EE)' >&2; echo '(EE) no room for the screen(EE)' >&2; exit 1"
        session = self.start(programs={"Xvfb": script, "dbus-daemon": None})
        self.assert_failed(session, "could not start", "no room for the screen")

    def test_a_display_that_is_taken_is_refused(self):
        first = self.run_session()
        second = self.start(display=first.display)
        status, notices = second.wait()
        self.assertEqual(status, 1)
        self.assertIn("X server", notices[0])
        self.assertTrue(alive(first.pid("x-server-pid")))
        self.assertEqual(first.end()[0], 0)

    def test_a_killed_supervisor_takes_its_server_with_it(self):
        session = self.run_session()
        pids = [session.pid(name) for name in ("x-server-pid", "bus-pid", "agent-pid")]
        session.process.kill()
        session.process.wait()
        wait_until(lambda: not any(alive(pid) for pid in pids), "the servers' end")

    def test_a_log_that_an_application_fills_is_emptied(self):
        session = self.run_session()
        log = session.directory / "log" / "oriel" / "applications.log"
        with log.open("ab") as application:
            application.write(b"x" * (9 << 20))
            application.flush()
            wait_until(lambda: log.stat().st_size == 0, "the log is emptied")
            application.write(b"more")
        self.assertEqual(log.read_bytes(), b"more")
        self.assertEqual(session.end()[0], 0)

    def test_the_sessions_own_log_is_emptied_when_it_is_full(self):
        path = pathlib.Path(tempfile.mkstemp(prefix="oriel-session-")[1])
        self.addCleanup(path.unlink)
        with path.open("ab") as log:
            session = Session(self, log=log)
            self.assertEqual([session.notice(), session.notice()], ["starting", "running"])
            log.write(b"x" * (9 << 20))
            log.flush()
            wait_until(lambda: path.stat().st_size < 1 << 20 and b"was full" in path.read_bytes(),
                       "the log is emptied, and says so")
            self.assertEqual(session.end()[0], 0)

    def test_what_services_print_cannot_fill_the_sessions_log(self):
        path = pathlib.Path(tempfile.mkstemp(prefix="oriel-session-")[1])
        self.addCleanup(path.unlink)
        with path.open("ab") as log:
            session = Session(self, log=log)
            self.assertEqual([session.notice(), session.notice()], ["starting", "running"])
            with open(f"/proc/{session.pid('agent-pid')}/fd/2", "ab") as agent:
                for _ in range(20 << 10):
                    agent.write(b"x" * 500 + b"\n")
            wait_until(lambda: path.stat().st_size < 8 << 20 and b"was full" in path.read_bytes(),
                       "the log is emptied, and says so")
            self.assertEqual(session.end()[0], 0)

    def test_an_agent_that_is_roots_says_so_once(self):
        path = pathlib.Path(tempfile.mkstemp(prefix="oriel-session-")[1])
        self.addCleanup(path.unlink)
        times = 1 if os.geteuid() == 0 else 0
        with path.open("ab") as log:
            session = Session(self, log=log)
            self.assertEqual([session.notice(), session.notice()], ["starting", "running"])
            wait_until(lambda: path.read_text().count("it runs as root: ") == times, "it says so")
            self.assertEqual(session.end()[0], 0)
        self.assertEqual(path.read_text().count("it runs as root: "), times)

    def test_wrong_options_are_usage_errors(self):
        for wrong in ("--colour=blue", "--screen=big", "--state=here"):
            done = subprocess.run([AGENT, "--session", wrong], capture_output=True, text=True, check=False,
                                  stdin=subprocess.DEVNULL)
            self.assertEqual(done.returncode, 2)
            self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)

    def test_wrong_vchans_are_usage_errors(self):
        for wrong in ("--listen=xen:", "--listen=xen:first", "--primary=dom0", "--primary=32752"):
            done = subprocess.run([AGENT, wrong], capture_output=True, text=True, check=False,
                                  stdin=subprocess.DEVNULL)
            self.assertEqual(done.returncode, 2)
            self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)

    def test_an_agent_that_cannot_serve_its_primary_fails_the_session(self):
        """Where there is a Xen, it does not let a domain grant pages to this one."""
        session = Session(self, options=["--listen=xen:0", "--primary=32751"])
        status, notices = session.wait()
        self.assertEqual(status, 1)
        self.assertIn("cannot serve domain 32751", notices[-1])

    def test_a_state_that_could_not_be_noted_is_noted_as_soon_as_it_can_be(self):
        place = pathlib.Path(tempfile.mkdtemp(prefix="oriel-session-"))
        self.addCleanup(subprocess.run, ["rm", "-rf", place], check=True)
        (place / "here").mkdir()
        session = Session(self, options=[f"--state={place}/here/state"])
        session.state_file = place / "here" / "state"
        wait_until(lambda: session.state_file.exists() and session.state()["state"] == "running", "it runs")
        agent = session.pid("agent-pid")
        (place / "here").rename(place / "away")
        os.kill(agent, signal.SIGKILL)
        wait_until(lambda: not alive(agent), "the agent is gone")
        wait_until(lambda: any("oriel-agent" in command for command in descendants(session.process.pid).values()),
                   "there is a new agent")
        (place / "away").rename(place / "here")
        wait_until(lambda: session.pid("agent-pid") not in (0, agent), "it is noted")
        self.assertEqual(session.end()[0], 0)

    def test_a_state_file_that_cannot_be_written_is_told(self):
        session = Session(self, options=["--state=/proc/oriel-state"])
        status, notices = session.wait()
        self.assertEqual(status, 1)
        self.assertIn("/proc/oriel-state", notices[-1])


if __name__ == "__main__":
    tap.main()
