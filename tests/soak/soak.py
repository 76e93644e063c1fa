#!/usr/bin/python3
"""usage: soak.py ROUNDS [--seed S] [--first N] [--of ROUNDS] [--keep-going] [--json]

Breaks Oriel ROUNDS times, at a random moment of random activity in three VMs with ten windows, and looks each time
whether all is as it was: windows, places, pixels, processes, descriptors, shared memory, X resources; and in the end
whether memory has grown. Writes build/soak/report.json, now and then and in the end."""
import argparse
import collections
import json
import os
import pathlib
import platform
import random as random_module
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import traceback

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests" / "integration"))
from desktop import Failed, wait_until

import census as census_module
import faults
from census import Census, differences
from drift import ATOMS, OWN_MEMORY, SETTLED_AFTER, X_SERVER_MEMORY, Drift
from plan import Plan
from scene import PATIENT_SECONDS, VMS, WINDOWS, Scene, vm_of, wait_for_none

BUILD = TOP / "build"
DISK_SIZE = SHARED_MEMORY_SIZE = "64m"
# Pixels of windows have memory of their own then, and leave no holes in an X server's heap when they go: what the heap
# takes beyond what is in use would hide a leak, or look like one.
HEAP = {"MALLOC_MMAP_THRESHOLD_": "16384", "MALLOC_ARENA_MAX": "1"}
DISK_VARIABLE = "ORIEL_SOAK_DISK"
BUSY_WINDOWS, KEYS_MAX = 3, 8
MOMENT_SECONDS = 0.4
# A new scene after each, so that the rounds after it say something.
FAILURES_MAX = 5
REPORT_EVERY = 25


class Records:
    """What the rounds have shown, over all scenes."""
    X_SERVERS = ("primary's X server", "x_server")

    def __init__(self):
        self.done = 0
        self.failures = []
        self.times = collections.defaultdict(list)  # kind: seconds until all was back
        self.own_memory, self.server_memory, self.atoms = map(Drift, (OWN_MEMORY, X_SERVER_MEMORY, ATOMS))

    def add_sizes(self, number, census):
        roles = census.roles()
        for role, pid in roles.items():
            kilobytes = census_module.own_memory(pid)
            drift = self.server_memory if role[0] in self.X_SERVERS else self.own_memory
            if kilobytes is not None:
                drift.add(number, census_module.role_name(role), pid, kilobytes)
        for role, count in census.atoms().items():
            self.atoms.add(number, census_module.role_name(role), roles[role], count)

    def drift(self):
        """what: what is known of its growth."""
        found = {}
        for name, drift in (("memory", self.own_memory), ("memory", self.server_memory), ("atoms", self.atoms)):
            found.update({f"{name} of {role}, {what}": row for (role, what), row in drift.rows().items()})
        return found

    def not_judged(self):
        """The roles of which no process lived long enough."""
        return [role for drift in (self.own_memory, self.server_memory) for role in sorted(drift.samples)
                if (role, "lived") not in drift.rows()]

    def samples(self):
        """Of each process, (round, kilobytes) of memory, for a closer look."""
        return {role: {pid: points for pid, points in processes.items()}
                for drift in (self.own_memory, self.server_memory) for role, processes in drift.samples.items()}


class Soak:
    """One scene, for as long as all returns in it."""
    def __init__(self, plan, records):
        self.plan = plan
        self.records = records
        probes = BUILD / "tests" / "soak"
        self.scene = Scene(probes / "soak-window")
        self.scene.desktop.env.update(plan.clock.environment(probes / "soak-clock.so"))
        self.census = Census(self.scene)
        self.restarts = {vm: collections.deque(maxlen=faults.RESTARTS) for vm in VMS}
        self.windows = {}  # as they were just before the fault
        self.before = None

    def open(self):
        random = self.plan.random("open")
        self.scene.launch_missing(random)
        wait_until(lambda: len(self.scene.windows()) == len(WINDOWS), "all windows are there", PATIENT_SECONDS)
        self.scene.place_all(random)
        self.settle()
        self.before = self.settled_census()

    def settled_census(self):
        """What is held once that does not change any more: windows that have moved leave things for a moment."""
        last = [None]

        def same():
            then, last[0] = last[0], self.held()
            return then == last[0]
        wait_until(same, "what is held stays the same", PATIENT_SECONDS)
        return last[0]

    def held(self):
        return self.census.take(collections.Counter(map(vm_of, WINDOWS)))

    def act(self, random):
        """What user and applications are at when it happens."""
        self.windows = self.scene.windows()
        self.scene.place(random.choice(WINDOWS), random)
        self.scene.make_busy(random.sample(WINDOWS, BUSY_WINDOWS))
        self.scene.host.activate(self.windows[random.choice(WINDOWS)]["toplevel_xid"])
        for _ in range(random.randint(0, KEYS_MAX)):
            self.scene.host.press(random.choice("abcdefgh"))
        time.sleep(random.uniform(0, MOMENT_SECONDS))

    def pace(self, fault):
        """A guest's X server may die only so often; a user would wait, too."""
        for role, vm in fault.broken:
            times = self.restarts.get(vm)
            if role != "x_server":
                continue
            if len(times) == faults.RESTARTS:
                time.sleep(max(0, times[0] + faults.RESTARTS_SECONDS - time.monotonic()))
            times.append(time.monotonic())

    def wait_for_guests(self, fault, pids):
        """A VM whose X server has died is started by the broker; or not, where that could not be."""
        for role, vm in fault.broken:
            if role != "x_server":
                continue
            self.scene.forget_guest(vm)

            def decided(vm=vm, gone=pids[role, vm]):
                found = self.scene.desktop.vm(vm)
                return (found["state"] == "running" and found["pids"]["x_server"] not in (0, gone)
                        or found["state"] in ("failed", "stopped"))
            wait_until(decided, f"{vm} is started again", PATIENT_SECONDS)

    def settle(self):
        wait_for_none(self.scene.troubles, "all windows are back")

    def compare(self):
        wait_for_none(lambda: differences(self.before, self.held()), "nothing is held that was not held before")

    def ask_for_more(self, fault, random):
        """Wants of a process what it cannot have now: an answer of the broker, a picture of the view, larger windows."""
        (role, vm), = fault.chosen
        if role == "broker":
            return self.scene.start_command("vm", "list")
        for name, window in self.windows.items():
            if vm_of(name) == vm:
                self.scene.move(name, window, random)
        if role == "view" and fault.needs_picture:
            return self.scene.start_command("screenshot", vm, self.scene.desktop.top / "picture.png")
        return None

    def check_survivors(self, fault, pids):
        now = self.census.roles()
        dead = [census_module.role_name(role) for role, pid in pids.items()
                if now.get(role) != pid and not fault.may_be_new(*role)]
        if dead:
            raise AssertionError(f"these have died of it, too: {', '.join(dead)}")

    def break_and_return(self, fault, random):
        pids = self.census.roles()
        try:
            fault.inject(pids)
            waiting = self.ask_for_more(fault, random) if fault.needs_more else None
            time.sleep(fault.seconds)
        finally:
            fault.release()
        if waiting:
            self.scene.end_command(waiting)
        self.scene.make_quiet()
        began = time.monotonic()
        self.wait_for_guests(fault, pids)
        self.scene.launch_missing(random)
        self.settle()
        self.check_survivors(fault, pids)
        return time.monotonic() - began

    def round(self, number):
        fault, random = self.plan.fault(number), self.plan.random("round", number)
        self.pace(fault)
        self.act(random)
        seconds = self.break_and_return(fault, random)
        self.scene.place_all(random)
        self.compare()
        self.records.add_sizes(number, self.census)
        self.records.times[fault.kind].append(seconds)
        return seconds

    def close(self):
        self.scene.close()


def report_of(records, arguments, seconds):
    drift = records.drift()
    return {
        "seed": arguments.seed, "first": arguments.first, "rounds": records.done, "seconds": round(seconds),
        "failures": records.failures,
        "passed": (records.done == arguments.rounds and not records.failures
                   and all(row["passed"] for row in drift.values())),
        "faults": {kind: {"rounds": len(times), "median": round(statistics.median(times), 2),
                          "max": round(max(times), 2)} for kind, times in sorted(records.times.items())},
        "drift": drift, "lived_too_shortly": records.not_judged(),
        "machine": {"cores": os.cpu_count(), "kernel": platform.release(), "date": time.strftime("%Y-%m-%d")},
    }


def words(report):
    """The report for people."""
    lines = [f"{report['rounds']} rounds in {report['seconds']} s, seed {report['seed']}", "",
             "| fault | rounds | back after (median) | (longest) |", "|-|-|-|-|"]
    lines += [f"| {kind} | {row['rounds']} | {row['median']:.2f} s | {row['max']:.2f} s |"
              for kind, row in report["faults"].items()]
    if report["drift"]:
        lines += ["", "| growth in 1000 rounds | | standard error | rounds looked at | |", "|-|-|-|-|-|"]
    lines += [f"| {what} | {row['in_1000_rounds']} {row['unit']} | {row['standard_error']} | {row['samples']} | "
              f"{'' if row['passed'] else 'too much'} |" for what, row in report["drift"].items()]
    if report["lived_too_shortly"]:
        lines += ["", f"No life of more than {SETTLED_AFTER} rounds, so that memory says nothing: "
                  + ", ".join(report["lived_too_shortly"])]
    return "\n".join([*lines, "", *report["failures"], "Passed" if report["passed"] else "FAILED"])


def keep_logs(soak, fault_number):
    """Copies what the failed round has left; where to."""
    kept = BUILD / "soak" / f"failed-{fault_number}"
    shutil.rmtree(kept, ignore_errors=True)
    try:
        shutil.copytree(soak.scene.desktop.top, kept, symlinks=True, ignore_dangling_symlinks=True,
                        ignore=lambda directory, names: [n for n in names if not (pathlib.Path(directory) / n).is_dir()
                                                         and not (pathlib.Path(directory) / n).is_file()])
    except shutil.Error:
        pass  # some of it has gone meanwhile
    return kept


def explain(arguments, number, fault, why, kept):
    return "\n".join([f"FAILED in round {number}, seed {arguments.seed}: {fault}", str(why),
                      f"What was left: {kept}",
                      f"Once more: ./run soak 1 --seed {arguments.seed} --first {number} --of {arguments.of}"])


class Run:
    """All rounds, and what is told of them."""
    def __init__(self, arguments, say):
        self.arguments, self.say = arguments, say
        self.records = Records()
        self.began = time.monotonic()
        tempfile.tempdir = os.environ[DISK_VARIABLE]
        self.plan = Plan(arguments.seed, arguments.of, pathlib.Path(tempfile.tempdir))
        self.numbers = iter(range(arguments.first, arguments.first + arguments.rounds))

    def report(self):
        report = report_of(self.records, self.arguments, time.monotonic() - self.began)
        (BUILD / "soak").mkdir(parents=True, exist_ok=True)
        (BUILD / "soak" / "report.json").write_text(json.dumps(report, indent=1) + "\n")
        (BUILD / "soak" / "samples.json").write_text(json.dumps(self.records.samples()) + "\n")
        return report

    def one_scene(self):
        """Rounds until there are no more, or one has failed; whether there may be more."""
        soak, number, fault = Soak(self.plan, self.records), self.arguments.first, "before the first fault"
        try:
            soak.open()
            for number in self.numbers:
                fault = self.plan.fault(number)
                seconds = soak.round(number)
                self.records.done += 1
                self.say(f"{number}: {fault}: back after {seconds:.2f} s")
                if self.records.done % REPORT_EVERY == 0:
                    self.report()
        except Exception as error:  # also what the test has not reckoned with is to be in the report
            why = error if isinstance(error, (AssertionError, Failed)) else traceback.format_exc()
            self.records.failures.append(explain(self.arguments, number, fault, why, keep_logs(soak, number)))
            self.say(self.records.failures[-1])
            return self.arguments.keep_going and len(self.records.failures) < FAILURES_MAX
        finally:
            soak.close()
        return False

    def all_rounds(self):
        """The report, also of a run that Ctrl-C has ended."""
        self.say(f"Seed {self.arguments.seed}")
        try:
            while self.one_scene():
                pass
        except KeyboardInterrupt:
            self.records.failures.append("interrupted")
        return self.report()


def in_own_mounts(arguments):
    """Runs this program once more, with a disk and shared memory that it can fill; its exit status."""
    mount_point = tempfile.mkdtemp(prefix="soak.")
    own_user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    script = (f'mount -t tmpfs -o size={DISK_SIZE},mode=0700 tmpfs "$1" && '
              f'mount -t tmpfs -o size={SHARED_MEMORY_SIZE},mode=1777 tmpfs /dev/shm && shift && exec "$@"')
    # Ctrl-C is for the program within, which has a report to write.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        return subprocess.run(["unshare", *own_user, "--mount", "--ipc", "sh", "-c", script, "sh", mount_point,
                               sys.executable, __file__, *arguments], check=False,
                              env={**os.environ, **HEAP, DISK_VARIABLE: mount_point}).returncode
    finally:
        os.rmdir(mount_point)


def parse(words_given):
    parser = argparse.ArgumentParser(prog="./run soak", description="Breaks Oriel again and again.")
    parser.add_argument("rounds", type=int, metavar="ROUNDS")
    parser.add_argument("--seed", default=None, help="repeat the rounds of this seed")
    parser.add_argument("--first", type=int, default=1, metavar="N", help="begin with round N")
    parser.add_argument("--of", type=int, metavar="ROUNDS", help="how many rounds the run had that round N is of")
    parser.add_argument("--keep-going", action="store_true", help=f"begin anew after a failure, up to {FAILURES_MAX}")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    arguments = parser.parse_args(words_given)
    if min(arguments.rounds, arguments.first, arguments.of or 1) < 1:
        parser.error("ROUNDS and N are at least 1")
    arguments.of = arguments.of or arguments.rounds
    if arguments.seed is None:
        arguments.seed = f"{random_module.SystemRandom().randrange(1 << 32)}"
    return arguments


def main():
    arguments = parse(sys.argv[1:])
    if DISK_VARIABLE not in os.environ:
        sys.exit(in_own_mounts(sys.argv[1:]))
    say = (lambda line: print(line, file=sys.stderr, flush=True)) if arguments.json else (
        lambda line: print(line, flush=True))
    report = Run(arguments, say).all_rounds()
    print(json.dumps(report, indent=1) if arguments.json else f"\n{words(report)}")
    sys.exit(0 if report["passed"] else 1)


if __name__ == "__main__":
    main()
