#!/usr/bin/python3
"""usage: bench.py [--quick] [--runs N] [MEASURE...]

Measures applications in a local VM against the same applications drawing straight on the primary's X server,
in the same run, and prints the ratios beside what they may be at most. Writes build/bench/results.json and
build/bench/chart.png."""
import argparse
import ctypes
import json
import mmap
import os
import pathlib
import platform
import shutil
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import time

import accounting
import report

TOP = pathlib.Path(__file__).resolve().parents[2]
BUILD = TOP / "build"
STAGE = BUILD / "stage"
PROBES = BUILD / "tests" / "bench"
SCREEN = "2560x1440x24"
PAGE = struct.Struct("IIIII")
WINDOW, GO, DONE, FRAMES, EVENTS = range(5)
PR_SET_CHILD_SUBREAPER = 36
# Words of an XWD header.
XWD_HEADER_SIZE, XWD_LINE, XWD_COLOURS, XWD_COLOUR_BYTES = 0, 12, 19, 12
MEBIBYTE, GIBIBYTE = 1 << 20, 1 << 30
SETTLE_SECONDS = 0.7
# How often screen-probe presses keys, nearly.
KEYS_PER_SECOND = 15
# What a guest may do at once it may do again after so long, at most (BURST_MS in messages.def).
BURST_SECONDS = 2
CPU_SETTLE_SECONDS = 0.2
WATCH_SECONDS = 0.0005
# An agent that has lived so long is started again at once.
AGENT_SECONDS = 2.1
# After the last command, GLib's thread pool ends the thread that answered it within 15 seconds.
POOL_SECONDS = 17


def wait_until(condition, what, seconds=20):
    end = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > end:
            raise RuntimeError(f"waited {seconds} s in vain: {what}")
        time.sleep(0.02)
    return value


class Page:
    """The page that is shared with draw-probe; see probe.h."""
    def __init__(self, path):
        self.path = path
        with open(path, "wb") as file:
            file.write(bytes(mmap.PAGESIZE))
        with open(path, "r+b") as file:
            self.memory = mmap.mmap(file.fileno(), mmap.PAGESIZE)

    def __getitem__(self, field):
        return PAGE.unpack_from(self.memory)[field]

    def go(self):
        struct.pack_into("I", self.memory, 4 * GO, 1)


class Primary:
    """An X server with a mapped frame buffer, and a window manager."""
    def __init__(self, top):
        self.top = top
        self.processes = []
        self.env = {k: v for k, v in os.environ.items()
                    if k not in ("DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "DBUS_SESSION_BUS_ADDRESS")}
        (top / "screen").mkdir()
        reader, writer = os.pipe()
        self.server = self.spawn("Xvfb", "-displayfd", writer, "-screen", "0", SCREEN, "-noreset", "-nolisten",
                                 "tcp", "-ac", "-fbdir", top / "screen", pass_fds=[writer]).pid
        os.close(writer)
        with os.fdopen(reader) as numbers:
            self.env["DISPLAY"] = ":" + numbers.readline().strip()
        self.spawn("openbox")
        self.frame_buffer = top / "screen" / "Xvfb_screen0"
        self.screen = None

    def spawn(self, *command, env=None, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, **options):
        process = subprocess.Popen([str(word) for word in command], env=env or self.env, stdin=stdin, stdout=stdout,
                                   stderr=open(self.top / "stderr", "ab"), start_new_session=True, **options)
        self.processes.append(process)
        return process

    def pixel(self, x, y):
        """A pixel of the screen, as the server has it in memory."""
        if self.screen is None:
            with open(self.frame_buffer, "rb") as file:
                self.screen = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
        words = struct.unpack_from(">25I", self.screen)
        start = words[XWD_HEADER_SIZE] + words[XWD_COLOURS] * XWD_COLOUR_BYTES
        return struct.unpack_from("I", self.screen, start + y * words[XWD_LINE] + 4 * x)[0]

    def screen_probe(self, *arguments):
        """Runs screen-probe; the numbers that it prints."""
        done = subprocess.run([PROBES / "screen-probe", self.frame_buffer, *map(str, arguments)], env=self.env,
                              check=True, capture_output=True, text=True, timeout=120)
        return [float(word) for word in done.stdout.split()]

    def close(self):
        for process in reversed(self.processes):
            process.terminate()
            process.wait()


class Probe:
    """A running draw-probe: its page, and where its content stands on the primary's screen."""
    def __init__(self, target, mode, width, height, frames=0, rectangles=0):
        handle, path = tempfile.mkstemp(dir=target.primary.top)
        os.close(handle)
        self.page = Page(path)
        self.process = target.primary.spawn(PROBES / "draw-probe", path, mode, width, height, frames, rectangles,
                                            env=target.application_environment())
        wait_until(lambda: self.page[WINDOW], "the probe has a window")
        self.x, self.y, self.toplevel = target.find(self)
        self.width, self.height = width, height
        time.sleep(SETTLE_SECONDS)

    def close(self):
        self.process.terminate()
        self.process.wait()


class Direct:
    """Applications on the primary's X server itself."""
    name = "direct"

    def __init__(self, primary):
        self.primary = primary

    def application_environment(self):
        return self.primary.env

    def find(self, probe):
        window = probe.page[WINDOW]
        shown = lambda: "Map State: IsViewable" in self.info(window)
        wait_until(shown, "the window shows")
        time.sleep(SETTLE_SECONDS)
        lines = dict(line.strip().split(":", 1) for line in self.info(window).splitlines()
                     if "Absolute upper-left" in line)
        return (int(lines["Absolute upper-left X"]), int(lines["Absolute upper-left Y"]), window)

    def servers(self):
        """process id: name of each X server."""
        return {self.primary.server: "X server"}

    def info(self, window):
        return subprocess.run(["xwininfo", "-id", str(window)], env=self.primary.env, capture_output=True,
                              text=True, check=False).stdout

    def close(self):
        pass


class Oriel:
    """Applications in a local VM without a sandbox, shown by Oriel."""
    name = "oriel"

    def __init__(self, primary):
        self.primary = primary
        self.env = dict(primary.env, PATH=f"{STAGE}/usr/local/bin:{os.environ['PATH']}", HOME=str(primary.top))
        for name in ("config", "data", "state", "cache", "runtime"):
            directory = primary.top / name
            directory.mkdir(mode=0o700)
            self.env["XDG_RUNTIME_DIR" if name == "runtime" else f"XDG_{name.upper()}_HOME"] = str(directory)
        vms = primary.top / "config" / "oriel" / "vms"
        vms.mkdir(parents=True)
        for name in ("bench", "other", "flood"):
            (vms / f"{name}.vm").write_text("[vm]\nlabel=blue\nbackend=local\nisolation=none\npublish=\n")
        policy = primary.top / "config" / "oriel" / "policy.d"
        policy.mkdir()
        (policy / "bench.policy").write_text("copy @any @any allow\n")
        self.oriel("vm", "start", "bench")

    def oriel(self, *arguments):
        return subprocess.run(["oriel", *arguments], env=self.env, check=True, text=True, timeout=60,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE).stdout

    def vm(self, name="bench"):
        return json.loads(self.oriel("vm", "show", name, "--json"))[0]

    def home(self, vm):
        return self.primary.top / "data" / "oriel" / "vms" / vm

    def spawn_copy(self, name):
        """Copies a file of the VM into the other one, which is started first so that this counts for nothing."""
        self.oriel("vm", "start", "other")
        return self.primary.spawn("oriel", "copy", f"bench:{name}", "other:", env=self.env)

    def application_environment(self):
        vm = self.vm()
        return dict(self.env, DISPLAY=vm["display"], XAUTHORITY=vm.get("xauthority") or "")

    def window(self, probe):
        windows = json.loads(self.oriel("windows", "--json"))
        return next((w for w in windows if w["guest_window"] == probe.page[WINDOW] and w["frames"]), None)

    def find(self, probe):
        wait_until(lambda: self.window(probe), "Oriel shows the window")
        time.sleep(SETTLE_SECONDS)
        window = self.window(probe)
        return window["geometry"]["x"], window["geometry"]["y"], window["toplevel_xid"]

    def servers(self):
        return {self.primary.server: "X server", self.vm()["pids"]["x_server"]: "guest's X server"}

    def pids(self):
        """name: process id of view, agent and broker."""
        vm = self.vm()
        broker = next(p for p in accounting.descendants(os.getpid()) if accounting.name_of(p) == "orield")
        return {"oriel-view": vm["pids"]["view"], "oriel-agent": vm["pids"]["agent"], "orield": broker}

    def close(self):
        self.oriel("quit")


class FloodGuest:
    """A VM whose agent is an enemy's: see flood-guest.c."""
    KINDS = ["windows", "resizes", "damage", "titles", "cursor", "bell", "urgency", "offers"]

    def __init__(self, target):
        self.target = target
        target.oriel("vm", "start", "flood")
        socket = next((target.primary.top / "runtime").glob("**/flood/agent.sock"))
        self.process = target.primary.spawn(PROBES / "flood-guest", socket, stdin=subprocess.PIPE,
                                            stdout=subprocess.PIPE)
        self.answer("listening")
        # Whoever shows the VM's windows next connects to the enemy.
        os.kill(target.vm("flood")["pids"]["view"], signal.SIGKILL)
        self.answer("ready")
        self.view = target.vm("flood")["pids"]["view"]

    def answer(self, expected=None):
        line = self.process.stdout.readline().decode().strip()
        if line == "" or expected not in (None, line):
            raise RuntimeError(f"the flood-guest says {line!r}")
        return line

    def begin(self, kind, milliseconds):
        self.process.stdin.write(f"{kind} {milliseconds}\n".encode())
        self.process.stdin.flush()

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.target.oriel("vm", "stop", "flood")


def cpu_of(target, action, without=("screen-probe",)):
    """Runs action(); (milliseconds of all processes, the same by program)."""
    names = target.servers()
    before = accounting.cpu_times()
    action()
    time.sleep(CPU_SETTLE_SECONDS)
    used = accounting.cpu_between(before, accounting.cpu_times(), without, names)
    return sum(used.values()), {name: round(ms, 1) for name, ms in sorted(used.items()) if ms >= 0.05}


class Bench:
    def __init__(self, quick):
        self.seconds = 1 if quick else 5
        self.long_seconds = 2 if quick else 10
        self.samples = 15 if quick else 100
        self.motions = 1000 if quick else 5000
        self.returns = 3 if quick else 20
        self.idle_seconds = 5 if quick else 60
        self.flood_seconds = 5 if quick else 10
        self.copy_bytes = GIBIBYTE // 4 if quick else GIBIBYTE

    # Each measure takes a target and returns {value, what else is worth telling}.

    def key(self, target):
        probe = Probe(target, "echo", 1280, 720)
        try:
            self.focus(target, probe)
            times = target.primary.screen_probe("echo", probe.x, probe.y, self.samples)
        finally:
            probe.close()
        return {"value": statistics.median(times), "p90": sorted(times)[len(times) * 9 // 10]}

    def copy(self, target):
        """Seconds that a file takes from one VM to another, in the page cache, for each GiB."""
        if target.name == "direct":
            return {"value": 0}
        size = self.copy_bytes
        with open(target.home("bench") / "file", "wb") as file:
            for _ in range(size // MEBIBYTE):
                file.write(bytes(MEBIBYTE))
        target.oriel("vm", "start", "other")

        def run():
            if target.spawn_copy("file").wait() != 0:
                raise RuntimeError("the copy has failed")
        start = time.monotonic()
        _, used = cpu_of(target, run)
        seconds = (time.monotonic() - start - CPU_SETTLE_SECONDS) * GIBIBYTE / size
        shutil.rmtree(target.home("other") / "Incoming")
        return {"value": seconds, "by_program": {name: ms * GIBIBYTE / size for name, ms in used.items()}}

    def keycopy(self, target):
        """Key to pixel while files leave the same VM, as a multiple of the same without."""
        if target.name == "direct":
            return {"value": 0}
        with open(target.home("bench") / "endless", "wb") as file:
            file.truncate(1 << 40)
        quiet = self.key(target)["value"]
        copying = target.spawn_copy("endless")
        incoming = target.home("other") / "Incoming"
        wait_until(lambda: any(p.stat().st_size > GIBIBYTE // 8 for p in incoming.glob("*/.*/*")), "the copy moves")
        busy = self.key(target)["value"]
        copying.send_signal(signal.SIGINT)
        copying.wait()
        wait_until(lambda: not any(incoming.glob("*/.*")), "nothing is left of the copy")
        return {"value": busy / quiet, "idle": quiet, "copying": busy}

    def flood(self, target):
        """The primary's share of a core that the worst flood of a VM takes, and what it does to key to pixel in
        another VM, as a multiple of the same without."""
        if target.name == "direct":
            return {"value": 0}
        guest = FloodGuest(target)
        probe = Probe(target, "echo", 400, 300)
        try:
            self.focus(target, probe)
            quiet = self.while_flooded(target, probe, guest, None)
            kinds = {kind: self.while_flooded(target, probe, guest, kind) for kind in guest.KINDS}
        finally:
            probe.close()
            guest.close()
        for row in kinds.values():
            row["core"] = round(row["core"] - quiet["core"], 1)
            row["key"] = round(row["key"] / quiet["key"], 2)
        return {"value": max(row["core"] for row in kinds.values()), "idle": quiet["key"],
                "key": max(row["key"] for row in kinds.values()), "kinds": kinds}

    def while_flooded(self, target, probe, guest, kind):
        """key to pixel in milliseconds, and the primary's processor time in percent of a core."""
        names = {target.primary.server: "X server", guest.view: "flooded view"}
        before, start = accounting.cpu_times(), time.monotonic()
        if kind is not None:
            guest.begin(kind, 1000 * self.flood_seconds)
        times = target.primary.screen_probe("echo", probe.x, probe.y, self.flood_seconds * KEYS_PER_SECOND)
        if kind is not None:
            messages = int(guest.answer())
        used = accounting.cpu_between(before, accounting.cpu_times(), (), names)
        seconds = time.monotonic() - start
        core = {name: used.get(name, 0) / seconds / 10
                for name in ("X server", "flooded view", "openbox", "orield", "oriel-desk")}
        result = {"key": statistics.median(times), "core": sum(core.values()),
                  "by_program": {name: round(share, 1) for name, share in core.items()}}
        if kind is not None:
            result["messages"] = messages
            guest.answer("settled")
            time.sleep(BURST_SECONDS)
        return result

    def focus(self, target, probe):
        """Clicks, as the user would; XTEST costs the same on both sides."""
        subprocess.run(["xdotool", "mousemove", str(probe.x + 90), str(probe.y + 90), "click", "1"],
                       env=target.primary.env, check=True)
        time.sleep(SETTLE_SECONDS)

    def drawing(self, target, mode, width, height, rectangles=0):
        probe = Probe(target, mode, width, height, 60 * self.seconds, rectangles)

        def draw():
            probe.page.go()
            wait_until(lambda: probe.page[DONE], "all frames are drawn", 60)
        try:
            value, used = cpu_of(target, draw)
        finally:
            probe.close()
        return {"value": value, "by_program": used}

    def fill(self, target):
        return self.drawing(target, "fill", 1800, 1000)

    def rects200(self, target):
        return self.drawing(target, "rects", 1280, 720, 200)

    def rects1000(self, target):
        return self.drawing(target, "rects", 1280, 720, 1000)

    def noise(self, target, width, height):
        """CPU without the application's own, and frames a second that were seen complete."""
        seconds = self.long_seconds
        probe = Probe(target, "noise", width, height, 60 * seconds + 60)
        shown = []

        def watch():
            probe.page.go()
            shown.extend(target.primary.screen_probe("frames", probe.x, probe.y, width, height,
                                                     1000 * seconds))
        try:
            value, used = cpu_of(target, watch, without=("screen-probe", "draw-probe"))
        finally:
            probe.close()
        return {"value": value, "shown": round(shown[0] / seconds, 1), "by_program": used}

    def noise720(self, target):
        return self.noise(target, 1280, 720)

    def noise1080(self, target):
        return self.noise(target, 1920, 1080)

    def motion(self, target):
        probe = Probe(target, "quiet", 1280, 720)
        try:
            value, used = cpu_of(target, lambda: target.primary.screen_probe(
                "motion", probe.x, probe.y, probe.width, probe.height, self.motions))
        finally:
            received = probe.page[EVENTS]
            probe.close()
        return {"value": value, "received": received, "by_program": used}

    def move(self, target):
        probe = Probe(target, "fill", 1280, 720)
        try:
            before = self.pixel_traffic(target, probe)
            value, used = cpu_of(target, lambda: target.primary.screen_probe("move", probe.x, probe.y,
                                                                             probe.toplevel, 50))
            after = self.pixel_traffic(target, probe)
        finally:
            probe.close()
        return {"value": value, "by_program": used,
                "pixels_sent": after["bytes"] - before["bytes"],
                "buffers_sent": len(after["buffers"] - before["buffers"])}

    def pixel_traffic(self, target, probe):
        if target.name == "direct":
            return {"bytes": 0, "buffers": set()}
        return {"bytes": target.window(probe)["bytes_copied"],
                "buffers": accounting.shared_buffers(target.vm()["pids"]["view"])}

    def idle(self, target):
        if target.name == "direct":
            return {"value": 0}
        probes = [Probe(target, "quiet", 400, 300) for _ in range(4)]
        try:
            pids = target.pids()
            time.sleep(POOL_SECONDS)
            before = accounting.sleeps(pids.values())
            time.sleep(self.idle_seconds)
            after = accounting.sleeps(pids.values())
            woken = {name: accounting.wake_ups(pid, before, after) for name, pid in pids.items()}
        finally:
            for probe in probes:
                probe.close()
        return {"value": sum(woken.values()), **woken}

    def back(self, target):
        """The label's colour tells whether the window is dimmed."""
        if target.name == "direct":
            return {"value": 0}
        probe = Probe(target, "quiet", 1280, 720)
        label = lambda: target.primary.pixel(probe.x - 2, probe.y + 100)
        live = label()
        times = []
        try:
            for _ in range(self.returns):
                pids = target.vm()["pids"]
                # It would start the next agent before anybody has seen that one is gone.
                os.kill(pids["session"], signal.SIGSTOP)
                os.kill(pids["agent"], signal.SIGKILL)
                wait_until(lambda: label() != live, "the window is dimmed")
                begun = time.monotonic()
                os.kill(pids["session"], signal.SIGCONT)
                while label() != live:
                    time.sleep(WATCH_SECONDS)
                times.append(1000 * (time.monotonic() - begun))
                # One that dies sooner is started again later.
                time.sleep(AGENT_SECONDS)
        finally:
            probe.close()
        return {"value": statistics.median(times), "longest": round(max(times), 1)}

    def memory(self, target):
        if target.name == "direct":
            return {"value": 0}
        probe = Probe(target, "fill", 1920, 1080)
        try:
            pids = target.pids()
            sizes = {name: accounting.memory(pids[name]) for name in ("oriel-view", "oriel-agent")}
        finally:
            probe.close()
        return {"value": sum(private for private, _ in sizes.values()),
                **{name: round(private, 1) for name, (private, _) in sizes.items()},
                "shared_buffers": round(sum(shared for _, shared in sizes.values()), 1)}


def measure_once(bench, measures):
    """measure: {direct: result, oriel: result} of one run."""
    results = {}
    top = pathlib.Path(tempfile.mkdtemp(prefix="oriel-bench."))
    primary = Primary(top)
    targets = []
    try:
        targets.append(Direct(primary))
        targets.append(Oriel(primary))
        for measure in measures:
            results[measure] = {}
            for target in targets:
                busy, start = accounting.busy_seconds(), time.monotonic()
                result = getattr(bench, measure)(target)
                result["machine_busy"] = round((accounting.busy_seconds() - busy) / (time.monotonic() - start), 2)
                results[measure][target.name] = result
                print(f"  {measure:10} {target.name:7} {result['value']:10.2f}", flush=True)
    finally:
        for target in targets:
            target.close()
        primary.close()
        end_left_overs()
        shutil.rmtree(top, ignore_errors=True)
    return results


def end_left_overs():
    for pid in accounting.descendants(os.getpid()):
        os.kill(pid, signal.SIGKILL)


def machine():
    cpu = next((line.split(":", 1)[1].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
                if line.startswith("model name")), platform.machine())
    version = subprocess.run(["git", "-C", TOP, "describe", "--always", "--dirty"], capture_output=True, text=True,
                             check=False).stdout.strip()
    return {"cpu": cpu, "cores": os.cpu_count(), "kernel": platform.release(), "oriel": version,
            "date": time.strftime("%Y-%m-%d", time.gmtime()), "load": round(os.getloadavg()[0], 2)}


def main():
    names = [row.name for row in report.MEASURES]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="short and imprecise, to see that it works")
    parser.add_argument("--runs", type=int, default=0, help="medians of so many runs (default 3, quick 1)")
    parser.add_argument("measures", nargs="*", metavar="MEASURE", help=", ".join(names))
    options = parser.parse_args()
    if wrong := set(options.measures) - set(names):
        parser.error(f"no such measure: {', '.join(sorted(wrong))}; there are {', '.join(names)}")
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    runs = []
    for number in range(options.runs or (1 if options.quick else 3)):
        print(f"Run {number + 1}", flush=True)
        runs.append(measure_once(Bench(options.quick), options.measures or names))
    out = BUILD / "bench"
    out.mkdir(exist_ok=True)
    results = {"machine": machine(), "quick": options.quick, "runs": runs, "table": report.table(runs)}
    (out / "results.json").write_text(json.dumps(results, indent=1))
    report.draw_chart(results, out / "chart.png")
    print(report.text(results))
    print(f"Written: {(out / 'results.json').relative_to(TOP)}, {(out / 'chart.png').relative_to(TOP)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
