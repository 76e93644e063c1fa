"""Real applications, one of each toolkit: how they start in a VM and how they are known."""
import pathlib
import shutil

from desktop import holds, wait_until

APPS = pathlib.Path(__file__).resolve().parent / "apps"


class Editor:
    """command: words, where FILE is the file that it edits and HOME the VM's home."""
    def __init__(self, name, command, title, needs=()):
        self.name, self.command, self.title, self.needs = name, command, title, needs

    def start(self, desktop, vm):
        """Starts it on an empty file in the VM; its window and the file as the primary sees it."""
        home = desktop.guest_home(vm)
        home.mkdir(parents=True, exist_ok=True)
        for name in self.needs:
            shutil.copy(APPS / name, home / name)
        file = home / f"{self.name}.txt"
        file.write_text("")
        words = [w.replace("FILE", str(file)).replace("HOME", str(home)) for w in self.command]
        desktop.run(vm, *words)
        window = desktop.window(vm=vm, title=lambda title: self.title in title.lower())
        return window, file


MOUSEPAD = Editor("mousepad", ["mousepad", "--disable-server", "FILE"], "mousepad.txt")
FEATHERPAD = Editor("featherpad", ["featherpad", "--standalone", "FILE"], "featherpad.txt")
TK = Editor("tk", ["wish", "HOME/editor.tcl", "FILE"], "tk editor", ["editor.tcl"])
SWING = Editor("swing", ["java", "HOME/Editor.java", "FILE"], "swing editor", ["Editor.java"])
XTERM = Editor("xterm", ["xterm", "-T", "xterm editor", "-e", "cat > FILE"], "xterm editor")

CHROMIUM = ["chromium", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            "--no-default-browser-check", "--disable-dev-shm-usage", "--password-store=basic",
            "--user-data-dir=HOME/chromium", "--window-size=900,700", "file://HOME/page.html"]


def start_chromium(desktop, vm):
    home = desktop.guest_home(vm)
    home.mkdir(parents=True, exist_ok=True)
    shutil.copy(APPS / "page.html", home / "page.html")
    desktop.run(vm, *[word.replace("HOME", str(home)) for word in CHROMIUM])
    return desktop.window(vm=vm, title=lambda title: title.startswith("page"))


def focus(desktop, host, window):
    """Clicks into the middle of a window, waits until it has the focus, and has drawn it."""
    # Before the window manager has placed it, a click would end elsewhere.
    wait_until(lambda: host.managed(window["toplevel_xid"]), "the window is placed")
    x, y, width, height = host.geometry(window["content_xid"])
    # What has just come under the pointer would not get the click.
    host.move_pointer(0, 0)
    host.click(x + width // 2, y + height // 2)
    wait_until(lambda: "focused" in current(desktop, window)["state"], "the window is focused")
    settle(desktop, window)


def settle(desktop, window):
    """Waits until the application has drawn nothing for a while: slow ones go on after their first frame."""
    def rests():
        frames = current(desktop, window)["frames"]
        return holds(lambda: current(desktop, window)["frames"] == frames, 0.4)
    wait_until(rests, "the application is at rest")


def current(desktop, window):
    """What is known of a window now."""
    return desktop.window(vm=window["vm"], guest_window=window["guest_window"])
