#!/usr/bin/python3
"""usage: lab.py IMAGES SCENARIO...

For each scenario boots Xen, and dom0 on it, under QEMU's software emulation, and runs the scenario there: two of
them at a time where there are two processors, of which each keeps one busy. Prints to standard error the scenarios'
checks, in the order of the scenarios, and to standard output how many passed and failed. IMAGES/SCENARIO/ gets the
console and what the scenario has left as results."""
import asyncio
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

MACHINES_MAX = 2
LINE_BYTES_MAX = 1 << 20
RESULTS_BYTES = 64 << 20
SECONDS = 1200
ATTEMPTS = 3
TAIL_LINES = 40
DOM0_MEMORY = "1024M"
MACHINE = [
    # One processor: with two, PVH guests now and then die at their start.
    "qemu-system-x86_64", "-machine", "pc,accel=tcg", "-m", "2560M", "-smp", "1",
    # What QEMU emulates not well enough for Xen: with SMAP dom0 dies, with rdtscp or xsave a PVH guest does.
    "-cpu", "max,-smap,-smep,-xsave,-avx,-avx2,-rdtscp",
    "-display", "none", "-serial", "stdio", "-monitor", "none", "-net", "none", "-no-reboot",
]
# With lazy switching of the FPU, programs now and then find each other's SSE registers.
XEN = f"console=com1 com1=115200,8n1 dom0_mem={DOM0_MEMORY},max:{DOM0_MEMORY} " \
    "loglvl=warning conring_size=1M spec-ctrl=no,eager-fpu"
DOM0 = "console=hvc0 loglevel=2 mitigations=off root_disk=/dev/vda payload_disk=/dev/vdb first_program=/lab/dom0.sh"


def disk(path, mode):
    return ["-drive", f"file={path},if=virtio,format=raw,{mode}"]


def command(images, scenario, results_disk):
    """Xen is the kernel, and dom0's kernel and initramfs are its modules."""
    kernel = f"{images}/boot/vmlinux {DOM0} scenario={scenario}"
    return ["timeout", "--kill-after=5", str(SECONDS), *MACHINE,
            "-kernel", images / "boot/xen", "-append", XEN, "-initrd", f"{kernel},{images}/initramfs",
            *disk(images / "root.squashfs", "readonly=on"), *disk(images / "payload.squashfs", "readonly=on"),
            *disk(results_disk, "cache=unsafe")]


class Report:
    """What is to be printed of a scenario: kept until its turn has come."""
    def __init__(self):
        self.kept = []
        self.is_current = False

    def say(self, line):
        if self.is_current:
            print(line, file=sys.stderr, flush=True)
        else:
            self.kept.append(line)

    def take_turn(self):
        self.is_current = True
        for line in self.kept:
            self.say(line)


class Console:
    """dom0's console: kept in a file, its checks counted and shown."""
    def __init__(self, path, report):
        self.file = open(path, "w", encoding="utf-8")
        self.report = report
        self.lines = []
        self.passed = self.failed = 0
        self.done = self.spoilt = False
        self.started = time.monotonic()

    def take(self, line):
        line = line.rstrip()
        if not line:
            return
        self.file.write(f"{line}\n")
        self.file.flush()
        self.lines.append(line)
        self.passed += line.startswith("PASS ")
        self.failed += line.startswith("FAIL ")
        self.done |= line == "ALLDONE"
        self.spoilt |= self.is_in_xen(line)
        if line.startswith(("PASS ", "FAIL ")):
            self.report.say(f"{time.monotonic() - self.started:4.0f} s  {line}")

    def is_in_xen(self, line):
        """Whether this is the state of a guest with Xen's own registers, which is QEMU's doing."""
        return "CONTEXT: hvm guest" in line and "RIP:    e008:" in self.lines[-2]

    def show_tail(self, why):
        self.report.say("\n".join([f"{why} The end of its console:", *self.lines[-TAIL_LINES:]]))


async def boot(images, scenario, report):
    directory = images / scenario
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    console = Console(directory / "console.log", report)
    results_disk = directory / "results.tar"
    with open(results_disk, "wb") as file:
        file.truncate(RESULTS_BYTES)
    machine = await asyncio.create_subprocess_exec(
        *command(images, scenario, results_disk), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, limit=LINE_BYTES_MAX)
    try:
        async for line in machine.stdout:
            console.take(line.decode(errors="replace"))
            if console.spoilt:
                machine.terminate()
    except asyncio.CancelledError:
        machine.terminate()
        raise
    finally:
        await machine.wait()
    return console


def unpack_results(directory):
    results = directory / "results.tar"
    subprocess.run(["tar", "-x", "--no-same-owner", "-f", results, "-C", directory], check=True)
    results.unlink()
    for picture in directory.glob("*.xwd"):
        subprocess.run(["convert", f"xwd:{picture}", picture.with_suffix(".png")], check=True)
        picture.unlink()


async def run_scenario(images, scenario, report, machines):
    """How many checks have passed and failed."""
    async with machines:
        for _ in range(ATTEMPTS):
            console = await boot(images, scenario, report)
            if not console.spoilt:
                break
            report.say("QEMU has entered a guest with the registers of Xen: this run says nothing.")
    if not console.done:
        console.show_tail(f"The scenario {scenario} did not come to its end.")
        return console.passed, console.failed + 1
    await asyncio.to_thread(unpack_results, images / scenario)
    return console.passed, console.failed


async def run_all(images, scenarios):
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, asyncio.current_task().cancel)
    machines = asyncio.Semaphore(min(MACHINES_MAX, len(os.sched_getaffinity(0))))
    reports = {scenario: Report() for scenario in scenarios}
    runs = [asyncio.create_task(run_scenario(images, scenario, reports[scenario], machines))
            for scenario in scenarios]
    passed = failed = 0
    for scenario, run in zip(scenarios, runs):
        print(f"Scenario {scenario}", file=sys.stderr)
        reports[scenario].take_turn()
        sums = await run
        passed, failed = passed + sums[0], failed + sums[1]
    print(passed, failed)
    return failed != 0


def main():
    images, scenarios = pathlib.Path(sys.argv[1]).resolve(), list(dict.fromkeys(sys.argv[2:]))
    try:
        return asyncio.run(run_all(images, scenarios))
    except asyncio.CancelledError:
        return 1


if __name__ == "__main__":
    sys.exit(main())
