"""Copying and pasting by real clients, in VMs and on the primary."""
import subprocess
import time

from desktop import PATIENCE, wait_until
from screen import Screen

PRIMARY = "@primary"
TEXT = "UTF8_STRING"
# Whatever is copied anywhere can be pasted anywhere.
SEAMLESS = """
clipboard @any @any allow mode=seamless notify=no
clipboard @any @primary allow mode=seamless notify=no
clipboard @primary @any allow mode=seamless notify=no
primary-selection @any @any allow mode=seamless notify=no
primary-selection @any @primary allow mode=seamless notify=no
primary-selection @primary @any allow mode=seamless notify=no
"""


class Clips:
    """Of a desktop whose VMs run."""
    def __init__(self, desktop):
        self.desktop = desktop
        self.owners = []
        self.screens = {}
        self.displays = {}  # name: further displays of VMs, to which programs of the same user have access
        self.count = 0

    def env(self, where):
        """The environment of programs of a VM's X server, or of the primary's."""
        if where == PRIMARY:
            return self.desktop.env
        if where in self.displays:
            return {**self.desktop.env, "DISPLAY": self.displays[where], "XAUTHORITY": ""}
        vm = self.desktop.vm(where)
        return {**self.desktop.env, "DISPLAY": vm["display"], "XAUTHORITY": vm["xauthority"] or ""}

    def copy(self, where, content, target=TEXT, selection="clipboard", program="xclip"):
        """Owns the selection there until the next copy in that place; the process that does."""
        content = content.encode() if isinstance(content, str) else content
        self.count += 1
        file = self.desktop.top / f"copied-{self.count}"
        file.write_bytes(content)
        command = {"xclip": ["xclip", "-quiet", "-selection", selection, "-t", target, "-i", file],
                   "xsel": ["xsel", "--nodetach", f"--{selection}", "--input"]}[program]
        before = self.owner(where, selection)
        with open(file, "rb") as stdin:
            owner = subprocess.Popen([str(word) for word in command], env=self.env(where), stdin=stdin,
                                     stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                     start_new_session=True)
        self.owners.append(owner)
        wait_until(lambda: self.owner(where, selection) not in (before, 0), f"something is copied in {where}")
        return owner

    def screen(self, where):
        """A connection to the X server there."""
        if where not in self.screens:
            self.screens[where] = (self.desktop.guest(where) if where not in (PRIMARY, *self.displays)
                                   else Screen(self.env(where)["DISPLAY"]))
        return self.screens[where]

    def owner(self, where, selection="clipboard"):
        """The window that owns the selection there, 0 if there is none."""
        display = self.screen(where).display
        window = display.get_selection_owner(display.intern_atom(selection.upper()))
        return window.id if window else 0

    def targets(self, where, selection="clipboard"):
        """What can be pasted there, by the names of X11."""
        return self.paste(where, "TARGETS", selection).decode().split()

    def paste(self, where, target=TEXT, selection="clipboard", program="xclip", seconds=20):
        """What a paste gets there; empty if nothing."""
        command = {"xclip": ["xclip", "-o", "-selection", selection, *(["-t", target] if target else [])],
                   "xsel": ["xsel", f"--{selection}", "--output"]}[program]
        try:
            return subprocess.run(command, env=self.env(where), stdin=subprocess.DEVNULL, capture_output=True,
                                  timeout=seconds * PATIENCE, check=False).stdout
        except subprocess.TimeoutExpired:
            # Its owner has gone before it could answer, which X tells nobody.
            return b""

    def timed_paste(self, where, target=TEXT, **options):
        """What a paste gets there, and how many seconds that took."""
        begin = time.monotonic()
        content = self.paste(where, target, **options)
        return content, time.monotonic() - begin

    def arrives(self, where, content, target=TEXT, selection="clipboard", program="xclip", seconds=10):
        """Waits until a paste there gets the content."""
        content = content.encode() if isinstance(content, str) else content
        wait_until(lambda: self.paste(where, target, selection, program, seconds) == content,
                   f"a paste in {where} gets what was copied")

    def forget(self, where):
        """It has another X server now."""
        self.screens.pop(where).close()

    def close(self):
        for owner in self.owners:
            if owner.poll() is None:
                owner.kill()
            owner.wait()
        for screen in self.screens.values():
            screen.close()
