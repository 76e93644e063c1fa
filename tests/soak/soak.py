#!/usr/bin/python3
"""usage: soak.py ROUNDS [--seed S] [--first N] [--json]

Breaks Oriel ROUNDS times, at a random moment of random activity in three VMs with ten windows, and looks each time
whether all is as it was: windows, places, pixels, processes, descriptors, shared memory, X resources; and in the end
whether memory has grown. Writes build/soak/report.json."""
import argparse
import collections
import json
import os
import pathlib
import platform
import random as random_module
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests" / "integration"))
from desktop import Failed, wait_until

import census as census_module
import faults
from census import Census, differences
from drift import Drift
from scene import CONNECTION_LOST, PATIENT_SECONDS, VMS, WINDOWS, Scene, vm_of, wait_for_none

BUILD = TOP / "build"
DISK_SIZE = "64m"
DISK_VARIABLE = "ORIEL_SOAK_DISK"
BUSY_WINDOWS, KEYS_MAX = 3, 8
MOMENT_SECONDS = 0.4
JUMP_SECONDS = 3 * 365 * 24 * 3600
# How long something stands still: in short runs, so that many fit; and in long ones.
HOLD_SHORT, HOLD_LONG, LONG_RUN, LONG_SHARE = (0.1, 1.5), (0.1, 30.0), 200, 0.1


class Plan:
    """Which fault each round brings: every kind once a deck, in an order that the seed says."""
    def __init__(self, seed, rounds, disk):
        self.seed, self.rounds, self.disk = seed, rounds, disk
        self.clock = faults.Clock(disk / "clock")

    def random(self, *what):
        return random_module.Random("/".join(map(str, (self.seed, *what))))

    def hold(self, random):
        long = self.rounds >= LONG_RUN and random.random() < LONG_SHARE
        return random.uniform(*(HOLD_LONG if long else HOLD_SHORT))

    @staticmethod
    def one(random, role):
        return (role, faults.ALL if role in ("broker", "desk") else random.choice(list(VMS)))

    def recipes(self):
        """Functions of a random source that make a fault each."""
        everyone = ("broker", "desk", "view", "agent", "x_server")

        def pair(make):
            return lambda r: make(r, r.sample(faults.targets(), 2))

        found = [lambda r, role=role: faults.Kill([self.one(r, role)]) for role in everyone]
        found += [pair(lambda r, both: faults.Kill(both))] * len(everyone)
        found += [lambda r, role=role: faults.Stop([self.one(r, role)], self.hold(r)) for role in everyone]
        found += [lambda r: faults.Stop(faults.targets(), self.hold(r))]
        found += [pair(lambda r, both: faults.StopAndKill(both, self.hold(r)))] * 2
        found += [lambda r, role=role: faults.NoDescriptors([self.one(r, role)], self.hold(r))
                  for role in ("broker", "view", "agent")]
        found += [lambda r: faults.NoSharedMemory([self.one(r, "agent")], self.hold(r))]
        found += [lambda r: faults.FullDisk([], self.hold(r), self.disk)]
        found += [lambda r: faults.FullDisk([r.choice(faults.targets())], self.hold(r), self.disk)]
        found += [lambda r: faults.ClockJump([], self.clock, r.randint(-JUMP_SECONDS, JUMP_SECONDS))]
        found += [lambda r: faults.ClockJump([r.choice(faults.targets())], self.clock,
                                             r.randint(-JUMP_SECONDS, JUMP_SECONDS))]
        return found

    def fault(self, number):
        recipes = self.recipes()
        deck, place = divmod(number - 1, len(recipes))
        order = list(range(len(recipes)))
        self.random("deck", deck).shuffle(order)
        return recipes[order[place]](self.random("fault", number))


class Soak:
    def __init__(self, plan):
        self.plan = plan
        probes = BUILD / "tests" / "soak"
        self.scene = Scene(probes / "soak-window")
        self.scene.desktop.env.update(plan.clock.environment(probes / "soak-clock.so"))
        self.census = Census(self.scene.desktop, self.scene.host)
        self.drift = Drift()
        self.times = collections.defaultdict(list)  # kind: seconds until all was back
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
        """Wants of a process what it cannot have now: a command of the broker, larger windows of view and agent."""
        (role, vm), = fault.chosen
        if role == "broker":
            return self.scene.start_command("vm", "list")
        for name, window in self.windows.items():
            if vm_of(name) == vm:
                self.scene.move(name, window, random)
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
        self.times[fault.kind].append(seconds)
        self.scene.place_all(random)
        self.compare()
        for role, pid in self.census.roles().items():
            kilobytes = census_module.own_memory(pid)
            if kilobytes is not None:
                self.drift.add(number, census_module.role_name(role), pid, kilobytes)
        return seconds

    def close(self):
        self.scene.close()


def report_of(soak, arguments, done, failure, seconds):
    drift = {f"{role}, {what}": row for (role, what), row in soak.drift.rows().items()} if soak else {}
    return {
        "seed": arguments.seed, "first": arguments.first, "rounds": done, "seconds": round(seconds),
        "failure": failure,
        "passed": not failure and all(row["passed"] for row in drift.values()),
        "faults": {kind: {"rounds": len(times), "median": round(statistics.median(times), 2),
                          "max": round(max(times), 2)} for kind, times in sorted(soak.times.items())} if soak else {},
        "drift": drift,
        "machine": {"cores": os.cpu_count(), "kernel": platform.release(), "date": time.strftime("%Y-%m-%d")},
    }


def words(report):
    """The report for people."""
    lines = [f"{report['rounds']} rounds in {report['seconds']} s, seed {report['seed']}", "",
             "| fault | rounds | back after (median) | (longest) |", "|-|-|-|-|"]
    lines += [f"| {kind} | {row['rounds']} | {row['median']:.2f} s | {row['max']:.2f} s |"
              for kind, row in report["faults"].items()]
    bad = {role: row for role, row in report["drift"].items() if not row["passed"]}
    worst = max(report["drift"].items(), key=lambda item: item[1]["kilobytes_in_1000_rounds"], default=None)
    if worst:
        lines += ["", f"Memory: {worst[0]} grows most, by {worst[1]['kilobytes_in_1000_rounds']} KB in 1000 rounds "
                  f"(standard error {worst[1]['standard_error']} KB)"]
    lines += [f"Memory of {role} grows: {row}" for role, row in bad.items()]
    return "\n".join(lines)


def keep_logs(soak, fault_number):
    """Copies what the failed round has left; where to."""
    kept = BUILD / "soak" / f"failed-{fault_number}"
    shutil.rmtree(kept, ignore_errors=True)
    shutil.copytree(soak.scene.desktop.top, kept, symlinks=True, ignore_dangling_symlinks=True,
                    ignore=lambda directory, names: [n for n in names if not (pathlib.Path(directory) / n).is_dir()
                                                     and not (pathlib.Path(directory) / n).is_file()])
    return kept


def explain(arguments, number, fault, why, kept):
    return "\n".join([f"FAILED in round {number}, seed {arguments.seed}: {fault}", str(why),
                      f"What was left: {kept}",
                      f"Once more: ./run soak 1 --seed {arguments.seed} --first {number}"])


def run(arguments, say):
    """The report."""
    disk = pathlib.Path(os.environ[DISK_VARIABLE])
    tempfile.tempdir = str(disk)
    plan = Plan(arguments.seed, arguments.rounds, disk)
    say(f"Seed {arguments.seed}")
    began, done, failure = time.monotonic(), 0, None
    soak = Soak(plan)
    try:
        soak.open()
        for number in range(arguments.first, arguments.first + arguments.rounds):
            fault = plan.fault(number)
            try:
                seconds = soak.round(number)
            except (AssertionError, Failed, subprocess.TimeoutExpired, OSError, *CONNECTION_LOST) as why:
                failure = explain(arguments, number, fault, why, keep_logs(soak, number))
                break
            done += 1
            say(f"{number}: {fault}: back after {seconds:.2f} s")
    finally:
        soak.close()
    return report_of(soak, arguments, done, failure, time.monotonic() - began)


def in_own_mounts(arguments):
    """Runs this program once more, with a small disk that it can fill, and shared memory that nobody else uses; its exit status."""
    mount_point = tempfile.mkdtemp(prefix="soak.")
    own_user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    script = (f'mount -t tmpfs -o size={DISK_SIZE},mode=0700 tmpfs "$1" && mount -t tmpfs -o mode=1777 tmpfs /dev/shm '
              '&& shift && exec "$@"')
    try:
        return subprocess.run(["unshare", *own_user, "--mount", "--ipc", "sh", "-c", script, "sh", mount_point,
                               sys.executable, __file__, *arguments], check=False,
                              env={**os.environ, DISK_VARIABLE: mount_point}).returncode
    finally:
        os.rmdir(mount_point)


def parse(words_given):
    parser = argparse.ArgumentParser(prog="./run soak", description="Breaks Oriel again and again.")
    parser.add_argument("rounds", type=int, metavar="ROUNDS")
    parser.add_argument("--seed", default=None, help="repeat the rounds of this seed")
    parser.add_argument("--first", type=int, default=1, metavar="N", help="begin with round N")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    arguments = parser.parse_args(words_given)
    if arguments.rounds < 1 or arguments.first < 1:
        parser.error("ROUNDS and N are at least 1")
    if arguments.seed is None:
        arguments.seed = f"{random_module.SystemRandom().randrange(1 << 32)}"
    return arguments


def main():
    arguments = parse(sys.argv[1:])
    if DISK_VARIABLE not in os.environ:
        sys.exit(in_own_mounts(sys.argv[1:]))
    say = (lambda line: print(line, file=sys.stderr, flush=True)) if arguments.json else (
        lambda line: print(line, flush=True))
    report = run(arguments, say)
    (BUILD / "soak").mkdir(parents=True, exist_ok=True)
    (BUILD / "soak" / "report.json").write_text(json.dumps(report, indent=1) + "\n")
    print(json.dumps(report, indent=1) if arguments.json else f"\n{words(report)}")
    if report["failure"]:
        print(report["failure"], file=sys.stderr)
    sys.exit(0 if report["passed"] else 1)


if __name__ == "__main__":
    main()
