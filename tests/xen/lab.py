#!/usr/bin/python3
"""usage: lab.py IMAGES SCENARIO

Boots Xen, and dom0 on it, under QEMU's software emulation, and runs a scenario there. Prints to standard error
the scenario's checks as they come, and to standard output how many passed and failed. IMAGES/SCENARIO/ gets the
console and what the scenario has left as results."""
import pathlib
import shutil
import signal
import subprocess
import sys
import time

RESULTS_BYTES = 64 << 20
SECONDS = 600
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
    "loglvl=warning spec-ctrl=no,eager-fpu"
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


class Console:
    """dom0's console: kept in a file, its checks counted and shown."""
    def __init__(self, path):
        self.file = open(path, "w", encoding="utf-8")
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
            print(f"{time.monotonic() - self.started:4.0f} s  {line}", file=sys.stderr, flush=True)

    def is_in_xen(self, line):
        """Whether this is the state of a guest with Xen's own registers, which is QEMU's doing."""
        return "CONTEXT: hvm guest" in line and "RIP:    e008:" in self.lines[-2]

    def show_tail(self, why):
        print(f"{why} The end of its console:", *self.lines[-TAIL_LINES:], sep="\n", file=sys.stderr)


def boot(images, scenario, directory):
    console = Console(directory / "console.log")
    results_disk = directory / "results.tar"
    with open(results_disk, "wb") as file:
        file.truncate(RESULTS_BYTES)
    machine = subprocess.Popen(command(images, scenario, results_disk), stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        for line in machine.stdout:
            console.take(line.decode(errors="replace"))
            if console.spoilt:
                machine.terminate()
    finally:
        machine.terminate()
        machine.wait()
    return console


def unpack_results(directory):
    results = directory / "results.tar"
    subprocess.run(["tar", "-x", "--no-same-owner", "-f", results, "-C", directory], check=True)
    results.unlink()
    for picture in directory.glob("*.xwd"):
        subprocess.run(["convert", f"xwd:{picture}", picture.with_suffix(".png")], check=True)
        picture.unlink()


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    images, scenario = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2]
    directory = images / scenario
    for _ in range(ATTEMPTS):
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(parents=True)
        console = boot(images, scenario, directory)
        if not console.spoilt:
            break
        print("QEMU has entered a guest with the registers of Xen: this run says nothing.", file=sys.stderr)
    failed = console.failed
    if console.done:
        unpack_results(directory)
    else:
        console.show_tail(f"The scenario {scenario} did not come to its end.")
        failed += 1
    print(console.passed, failed)
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
