"""Three VMs with ten windows on one desktop: they are opened, placed, kept busy, and looked at."""
import os
import shutil
import signal

from Xlib import error

from desktop import Desktop, Failed, descendants, wait_until
from pixels import pictures
from screen import Screen

# name: (keys of its file, how many windows)
VMS = {"work": ({"label": "blue", "isolation": "bwrap"}, 4),
       "personal": ({"label": "green", "isolation": "bwrap"}, 3),
       "vault": ({"label": "red", "isolation": "none"}, 3)}
WINDOWS = [f"{vm}-{number}" for vm, (_, count) in VMS.items() for number in range(1, count + 1)]
PATIENT_SECONDS = 60
SCREEN, COLUMNS = (1600, 1000), 5
# Of a window's place in its cell; what is left is room for frame and title.
BORDER = 4
CELL_MARGIN, SMALLEST, LARGEST = 40, (80, 60), (230, 340)
CONNECTION_LOST = (error.ConnectionClosedError, error.DisplayError, OSError)


def random_size(random):
    return [random.randint(low, high) for low, high in zip(SMALLEST, LARGEST)]


def vm_of(window):
    return window.rpartition("-")[0]


def wait_for_none(troubles, what, seconds=PATIENT_SECONDS):
    """Waits until troubles(), a list of words, is empty; fails with the last of them."""
    last = [[]]

    def none_left():
        last[0] = troubles()
        return not last[0]
    try:
        wait_until(none_left, what, seconds)
    except AssertionError as why:
        raise AssertionError("\n".join([str(why), *last[0]])) from None


class Scene:
    def __init__(self, probe):
        self.desktop = Desktop(size="x".join(map(str, SCREEN)))
        try:
            self.host = Screen(self.desktop.display_name)
            self.guests = {}  # VM: Screen
            self.places = {}  # window: (x, y, width, height) of its content
            for vm, (keys, _) in VMS.items():
                self.desktop.write_vm(vm, border=BORDER, **keys)
                home = self.desktop.guest_home(vm)
                home.mkdir(parents=True)
                shutil.copy2(probe, home)
        except BaseException:
            self.desktop.close()
            raise

    def close(self):
        for vm in VMS:
            self.forget_guest(vm)
        self.host.close()
        self.desktop.close()

    def guest(self, vm):
        """A connection to the VM's X server, which is kept until that has gone."""
        if vm not in self.guests:
            self.guests[vm] = self.desktop.guest(vm)
        return self.guests[vm]

    def forget_guest(self, vm):
        if vm in self.guests:
            self.guests.pop(vm).close()

    # Applications

    def applications(self):
        """window: process id of its application."""
        found = {}
        for pid, command in descendants(os.getpid()).items():
            words = command.split()
            if len(words) == 4 and words[0].endswith("/soak-window"):
                found[words[1]] = pid
        return found

    def launch(self, window, width, height):
        """Starts an application; the command that does."""
        vm = vm_of(window)
        return self.start_command("run", vm, "--", self.desktop.guest_home(vm) / "soak-window", window, width, height)

    def launch_missing(self, random):
        """Starts again what died with its X server, all at once; the windows that were not there."""
        missing = [w for w in WINDOWS if w not in self.applications()]
        commands = [self.launch(window, *random_size(random)) for window in missing]
        for window, command in zip(missing, commands):
            self.places.pop(window, None)
            if self.end_command(command):
                raise AssertionError(f"{window} could not be started: {self.desktop.stderr()[-500:]}")
        return missing

    def signal_applications(self, number, windows):
        running = self.applications()
        for window in windows:
            if window in running:
                try:
                    os.kill(running[window], number)
                except ProcessLookupError:
                    pass

    def make_busy(self, windows):
        self.signal_applications(signal.SIGUSR1, windows)

    def make_quiet(self):
        self.signal_applications(signal.SIGUSR2, WINDOWS)

    # Windows

    def windows(self):
        """name: what Oriel says of the window; those with pixels, popups apart. Two of one name are an error."""
        found = {}
        for window in self.desktop.windows(popup=False):
            name = window["app_id"]
            if name in found:
                raise AssertionError(f"there are two windows of {name}: {found[name]} and {window}")
            if window["frames"]:
                found[name] = window
        return found

    def start_command(self, *words):
        return self.desktop.spawn("oriel", *words)

    def end_command(self, command):
        """Waits for a command; its exit status."""
        wait_until(lambda: command.poll() is not None, f"'{' '.join(command.args)}' ends", PATIENT_SECONDS)
        self.desktop.processes.remove(command)
        return command.returncode

    def popups(self):
        return self.desktop.windows(popup=True)

    def move(self, name, window, random):
        """Moves and resizes a window within its cell of the screen, as a user does, and notes where it is to stand."""
        column, row = WINDOWS.index(name) % COLUMNS, WINDOWS.index(name) // COLUMNS
        cell = SCREEN[0] // COLUMNS, SCREEN[1] // (len(WINDOWS) // COLUMNS)
        width, height = random_size(random)
        x, y = (at * length + random.randint(CELL_MARGIN // 2, length - wanted - CELL_MARGIN)
                for at, length, wanted in zip((column, row), cell, (width, height)))
        self.host.move_resize(window["toplevel_xid"], x, y, width, height)
        self.places[name] = x + BORDER, y + BORDER, width - 2 * BORDER, height - 2 * BORDER

    def place(self, name, random):
        """Moves a window, and waits until it is where it was moved."""
        window = self.windows()[name]
        wait_until(lambda: self.host.managed(window["toplevel_xid"]), f"{name} is managed", PATIENT_SECONDS)
        self.move(name, window, random)
        wait_for_none(lambda: self.misplaced(name, window), f"{name} is in its place")

    def misplaced(self, name, window):
        """Where a window stands on both sides, in words, unless that is where it should."""
        guest = self.guest(vm_of(name))
        there, here = self.host.geometry(window["content_xid"]), guest.geometry(window["guest_window"])
        wanted = self.places.get(name, there)
        if there == here == wanted:
            return []
        return [f"{name} stands at {there} on the primary and at {here} in its guest, and should at {wanted}"]

    def place_all(self, random):
        """Every window that has no place gets one."""
        for name in WINDOWS:
            if name not in self.places:
                self.place(name, random)

    def trouble(self, name, window):
        """What is wrong with a window, in words; None if it stands where it stood and shows what it should."""
        if not window:
            return f"{name} is not there"
        if not self.host.managed(window["toplevel_xid"]):
            return f"{name} is not managed by the window manager"
        try:
            if misplaced := self.misplaced(name, window):
                return misplaced[0]
            both = pictures(self.host, self.guest(vm_of(name)), window)
        except error.XError as why:
            return f"{name} has no geometry: {why}"
        except CONNECTION_LOST as why:
            self.forget_guest(vm_of(name))
            return f"{name}: its guest's X server is not reached: {why}"
        if not both:
            return f"{name} has no picture"
        if both[0] != both[1]:
            return f"{name} does not look the same on both sides: {both[0].difference(both[1])}"
        return None if both[0].colours() > 1 else f"{name} shows nothing"

    def troubles(self):
        """What is wrong with any window; an empty list if all is well."""
        try:
            windows = self.windows()
        except Failed as why:
            return [f"oriel windows failed: {why}"]
        found = [f"a window that nobody opened: {name}" for name in windows.keys() - set(WINDOWS)]
        found += [trouble for name in WINDOWS if (trouble := self.trouble(name, windows.get(name)))]
        return found or [f"a popup has stayed: {popup}" for popup in self.popups()]
