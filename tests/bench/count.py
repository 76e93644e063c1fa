#!/usr/bin/python3
"""usage: count.py [EVENTS]

What keys and small damages cost agent and view in a local VM: system calls, and those of them by which each wakes
the other. The Xen lab's scenario "counts" counts the same on Xen. Prints a line for each measure and program.
"""
import pathlib
import re
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests" / "integration"))
from desktop import Desktop, wait_until

PROBE = TOP / "build" / "tests" / "xen" / "x-probe"


class Trace:
    """The system calls of a process while it is entered."""
    def __init__(self, pid):
        self.pid = pid

    def __enter__(self):
        self.log = tempfile.NamedTemporaryFile("r", suffix=".trace")
        self.strace = subprocess.Popen(["strace", "-yy", "-o", self.log.name, "-p", str(self.pid)],
                                       stderr=subprocess.DEVNULL)
        wait_until(lambda: self.is_traced(), "strace is attached")
        return self

    def is_traced(self):
        status = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        return re.search(r"^TracerPid:\s*[1-9]", status, re.MULTILINE)

    def __exit__(self, *_):
        self.strace.terminate()
        self.strace.wait()
        lines = self.log.read().splitlines()
        self.calls = sum(line[:1].isalpha() for line in lines)
        # libxcb writes to its server by writev, and the broker's link is no stream.
        self.sent = sum(bool(re.match(r"send(to|msg)\(\d+<UNIX-STREAM:", line)) for line in lines)


def main():
    events = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    with Desktop() as desktop:
        desktop.write_vm("work", isolation="none")
        desktop.run("work", PROBE, "echo")
        window = desktop.window(title="echo")
        pids = desktop.vm("work")["pids"]

        def type_keys():
            subprocess.run(["xdotool", "windowactivate", "--sync", str(window["toplevel_xid"])],
                           env=desktop.env, check=True)
            subprocess.run([PROBE, "type", str(window["content_xid"]), str(events)], env=desktop.env, check=True)

        def draw_dots():
            desktop.oriel("run", "--wait", "work", "--", PROBE, "dots", events, timeout=300)

        for name, action in ("keys", type_keys), ("dots", draw_dots):
            with Trace(pids["agent"]) as agent, Trace(pids["view"]) as view:
                action()
            for program, trace in ("agent", agent), ("view", view):
                print(f"{name}, {program}: {trace.calls} calls, {trace.sent} of them wake the other")


if __name__ == "__main__":
    main()
