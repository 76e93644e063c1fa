"""A throw-away primary desktop: an X server, a window manager and directories of its own, and Oriel on it.

Everything that a Desktop starts, and everything that its processes leave behind, ends with close().
"""
import ctypes
import json
import os
import pathlib
import queue
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
STAGE = pathlib.Path(os.environ.get("ORIEL_STAGE", TOP / "build" / "stage"))
PR_SET_CHILD_SUBREAPER = 36
POLL_INTERVAL = 0.02
XDG = {"runtime": "XDG_RUNTIME_DIR", "config": "XDG_CONFIG_HOME", "data": "XDG_DATA_HOME",
       "state": "XDG_STATE_HOME", "cache": "XDG_CACHE_HOME", "home": "HOME"}
SESSION_VARIABLES = ("DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "DBUS_SESSION_BUS_ADDRESS",
                     "SESSION_MANAGER", "GTK_MODULES")
# Sanitized programs are slower.
PATIENCE = float(os.environ.get("ORIEL_TEST_PATIENCE", "1"))
# What is waited for comes within a second, but a machine may be busy with other work.
WAIT_SECONDS = 60

# Begun in the background by a shell, tests would hand on to all they start that Ctrl-C is to be ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Orphans of what the tests start become children of this process, so that none is overlooked.
ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def wait_until(condition, what, seconds=WAIT_SECONDS):
    """The first true value of condition(), which is asked again and again; fails after the seconds.

    What is waited for is a text, or a function that makes one of how things stand then.
    """
    end = time.monotonic() + seconds * PATIENCE
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds * PATIENCE:g} s in vain: {what() if callable(what) else what}")
        time.sleep(POLL_INTERVAL)


def holds(condition, seconds=0.3):
    """Whether condition() stays true for the seconds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if not condition():
            return False
        time.sleep(POLL_INTERVAL)
    return True


def process_table():
    """pid: (parent's pid, state, command line) of every process."""
    table = {}
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            table[int(entry.name)] = (int(fields[1]), fields[0], command.strip())
    return table


def descendants(pid):
    """pid: command line of all living processes below pid."""
    table = process_table()
    found = {}
    for child, (_, state, command) in table.items():
        above = child
        while above in table and above != pid:
            above = table[above][0]
        if above == pid and child != pid and state != "Z":
            found[child] = command
    return found


def alive(pid):
    return process_table().get(pid, (0, "Z", ""))[1] != "Z"


class Failed(Exception):
    """A command that did not end with 0."""
    def __init__(self, process):
        super().__init__(f"{' '.join(map(str, process.args))}: exit {process.returncode}: {process.stderr}")
        self.returncode = process.returncode
        self.stderr = process.stderr


class Lines:
    """What a process, begun with a pipe and as text, prints line by line; waited for, but not for ever."""
    def __init__(self, process, stream=None):
        self.process = process
        self.seen = []
        self.lines = queue.SimpleQueue()
        threading.Thread(target=self.read, args=[stream or process.stdout], daemon=True).start()

    def read(self, stream):
        with stream:
            for line in stream:
                self.lines.put(line.rstrip("\n"))
        self.lines.put(None)

    def next(self):
        try:
            line = self.lines.get(timeout=WAIT_SECONDS * PATIENCE)
        except queue.Empty:
            line = None
        if line is None:
            raise AssertionError(f"{' '.join(map(str, self.process.args))} says no more than {self.seen}")
        self.seen.append(line)
        return line

    def until(self, text):
        """The lines up to the next with the text."""
        lines = [self.next()]
        while text not in lines[-1]:
            lines.append(self.next())
        return lines


def finding(report):
    """What a sanitizer has found, if anything: a thread that ends while leaks are looked for is none."""
    text = report.read_text(errors="replace")
    return re.sub(r"(?m)^==\d+==Unable to get registers from thread \d+\.\n", "", text).strip()


class Desktop:
    WINDOW_MANAGERS = {"openbox": ["openbox"],
                       "xfwm4": ["dbus-run-session", "xfwm4", "--compositor=off"]}

    def __init__(self, window_manager="openbox", size="1600x1000", screen_options=()):
        self.top = pathlib.Path(tempfile.mkdtemp(prefix="oriel-test."))
        self.processes = []
        self.guest_displays = set()
        self.before = set(descendants(os.getpid()))
        self.env = {k: v for k, v in os.environ.items() if k not in SESSION_VARIABLES}
        self.env.update(LANG="C.UTF-8", LC_ALL="C.UTF-8", GTK_USE_PORTAL="0", NO_AT_BRIDGE="1",
                        QT_QPA_PLATFORMTHEME="", XMODIFIERS="@im=none")
        self.env["PATH"] = f"{STAGE}/usr/local/bin:{self.env['PATH']}"
        for name, variable in XDG.items():
            (self.top / name).mkdir(mode=0o700)
            self.env[variable] = str(self.top / name)
        if "ASAN_OPTIONS" in self.env:
            self.env["ASAN_OPTIONS"] += f":log_path={self.top}/sanitizer"
        self.vm_directory = self.top / "config" / "oriel" / "vms"
        self.vm_directory.mkdir(parents=True)
        self.errors = open(self.top / "stderr", "w+b")
        try:
            self.start_screen(size, screen_options)
            self.start_window_manager(window_manager)
        except BaseException:
            self.close()
            raise

    def start_screen(self, size, options):
        reader, writer = os.pipe()
        with os.fdopen(reader) as numbers:
            self.x_server = self.spawn("Xvfb", "-displayfd", writer, "-screen", 0, size + "x24", "-noreset",
                                       "-nolisten", "tcp", "-ac", *options, pass_fds=[writer])
            os.close(writer)
            number = numbers.readline().strip()
        if not number:
            raise AssertionError("Xvfb did not start")
        self.display_name = self.env["DISPLAY"] = ":" + number
        # Else a key repeats that is let go late, because the machine is busy.
        subprocess.run(["xset", "r", "off"], env=self.env, check=True)

    def start_window_manager(self, name):
        self.window_manager = None
        if name:
            from screen import Screen
            self.window_manager = self.spawn(*(self.WINDOW_MANAGERS[name]))
            with Screen(self.display_name) as screen:
                wait_until(lambda: screen.root_property("_NET_SUPPORTING_WM_CHECK"), f"{name} runs")

    def spawn(self, *command, env=None, **options):
        options = {"stdout": self.errors, "stderr": self.errors, **options}
        process = subprocess.Popen([str(word) for word in command], env=env or self.env,
                                   stdin=subprocess.DEVNULL, cwd=self.top, start_new_session=True, **options)
        self.processes.append(process)
        return process

    def write_vm(self, name, **keys):
        """Writes NAME.vm; keep_alive=1 becomes keep-alive=1. The menu is the business of tests that ask for it."""
        keys = {"label": "blue", "backend": "local", "publish": "", "isolation": os.environ.get("ORIEL_TEST_ISOLATION"), **keys}
        lines = [f"{k.replace('_', '-')}={v}" for k, v in keys.items() if v is not None]
        (self.vm_directory / f"{name}.vm").write_text("[vm]\n" + "\n".join(lines) + "\n")

    def oriel(self, *arguments, check=True, timeout=60, env=None):
        """Runs the command line; its standard output. Failed with its words if it does not end with 0."""
        process = subprocess.run(["oriel", *map(str, arguments)], env=env or self.env, cwd=self.top,
                                 stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                 timeout=timeout * PATIENCE)
        process.stderr = process.stderr.strip()
        if check and process.returncode:
            raise Failed(process)
        return process.stdout if check else process

    def run(self, vm, *command):
        """Starts a command in a VM; its process id there."""
        return int(self.oriel("run", vm, "--", *command).split()[-1])

    def vms(self):
        vms = {vm["name"]: vm for vm in json.loads(self.oriel("vm", "list", "--json"))}
        self.guest_displays |= {vm["display"] for vm in vms.values() if vm.get("display")}
        return vms

    def vm(self, name):
        return self.vms()[name]

    def guest(self, name):
        """A connection to the X server of a running VM; the caller closes it."""
        from screen import Screen
        vm = self.vm(name)
        return Screen(vm["display"], vm.get("xauthority"))

    def broker(self):
        """The process id of the broker, 0 if there is none."""
        found = [pid for pid, command in descendants(os.getpid()).items()
                 if command.partition(" ")[0].endswith("orield")]
        return found[0] if found else 0

    def guest_home(self, name):
        return pathlib.Path(self.env["XDG_DATA_HOME"]) / "oriel" / "vms" / name

    def windows(self, **wanted):
        """The windows whose fields equal the wanted ones; a callable decides for itself."""
        found = json.loads(self.oriel("windows", "--json"))
        return [w for w in found if all(value(w[key]) if callable(value) else w[key] == value
                                        for key, value in wanted.items())]

    def window(self, seconds=WAIT_SECONDS, **wanted):
        """Waits for the window with the wanted fields, and for it to have pixels."""
        def found():
            windows = self.windows(**wanted)
            return windows[0] if windows and windows[0]["frames"] else None
        return wait_until(found, f"a window with {wanted}", seconds)

    def no_window(self, seconds=WAIT_SECONDS, **wanted):
        wait_until(lambda: not self.windows(**wanted), f"no window with {wanted}", seconds)

    def left_behind(self):
        """What Oriel has left on the machine, in words; empty when all is as it was."""
        own = {p.pid for p in self.processes} | self.before
        found = [f"process {pid}: {command}" for pid, command in descendants(os.getpid()).items()
                 if pid not in own]
        runtime = pathlib.Path(self.env["XDG_RUNTIME_DIR"])
        found += [str(path) for path in runtime.rglob("*") if path.is_socket() or path.name == "state"]
        for display in self.guest_displays:
            number = display.lstrip(":").split(".")[0]
            for path in (f"/tmp/.X11-unix/X{number}", f"/tmp/.X{number}-lock"):
                if self.is_ours(path):
                    found.append(path)
        return found

    def is_ours(self, path):
        """Whether a display's socket or lock belongs to this desktop, not to somebody else's server."""
        try:
            if os.path.islink(path):
                return os.readlink(path).startswith(str(self.top))
            pid = int(pathlib.Path(path).read_text())
            return not alive(pid) or pid in descendants(os.getpid())
        except (OSError, ValueError):
            return False

    def stderr(self):
        self.errors.flush()
        return (self.top / "stderr").read_text(errors="replace")

    def close(self):
        """Ends everything. Left-overs are the business of tests that ask left_behind() before."""
        if shutil.which("oriel", path=self.env["PATH"]) and hasattr(self, "display_name"):
            subprocess.run(["oriel", "quit"], env=self.env, stdin=subprocess.DEVNULL, timeout=30,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        for signal_number in (signal.SIGTERM, signal.SIGKILL):
            left = [pid for pid in descendants(os.getpid()) if pid not in self.before]
            for pid in left:
                try:
                    os.kill(pid, signal_number)
                except ProcessLookupError:
                    pass
            try:
                wait_until(lambda: not any(map(alive, left)), "processes end", 5)
                break
            except AssertionError:
                continue
        for process in self.processes:
            process.wait()
        for display in self.guest_displays:
            number = display.lstrip(":").split(".")[0]
            for path in (f"/tmp/.X11-unix/X{number}", f"/tmp/.X{number}-lock"):
                if self.is_ours(path):
                    os.unlink(path)
        self.errors.close()
        reports = list(filter(None, map(finding, self.top.glob("sanitizer.*"))))
        if os.environ.get("ORIEL_TEST_KEEP"):
            print("# kept", self.top)
        else:
            shutil.rmtree(self.top, ignore_errors=True)
        if reports:
            raise AssertionError("the sanitizers have found:\n" + "\n".join(reports))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
