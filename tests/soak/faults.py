"""The faults: each does something to one or two processes, and undoes what can be undone."""
import os
import resource
import signal
import struct

from desktop import alive, wait_until
from scene import VMS

ALL = ""
PER_VM = ("view", "agent", "x_server")
# What the broker allows a guest's X server: see HC_RESTARTS_MAX and RESTARTS_MS in host-compositor/broker/vm.c.
RESTARTS, RESTARTS_SECONDS = 3, 60
FREE_DESCRIPTORS = 0


def targets():
    """Every process that can be killed: (role, VM)."""
    return [("broker", ALL), ("desk", ALL)] + [(role, vm) for role in PER_VM for vm in VMS]


def name_of(target):
    return f"{target[0]} of {target[1]}" if target[1] else f"the {target[0]}"


class Fault:
    """inject() breaks something, release() mends what does not mend itself; between them lie `seconds`."""
    verb = "none"
    broken = ()  # targets that die of it
    needs_more = False
    needs_picture = False

    def __init__(self, chosen, seconds=0):
        self.chosen = chosen
        self.seconds = seconds
        self.kind = self.name_kind()

    def name_kind(self):
        """What it is counted as."""
        if len(self.chosen) > 1:
            return f"{self.verb} " + ("everything" if len(self.chosen) == len(targets()) else "a pair")
        return " ".join([self.verb, *(role for role, _ in self.chosen)])

    def __str__(self):
        whom = "everything" if len(self.chosen) == len(targets()) else " and ".join(map(name_of, self.chosen))
        return f"{self.verb} {whom}".strip() + (f" for {self.seconds:.1f} s" if self.seconds else "")

    def may_be_new(self, role, vm):
        """Whether another process may have the role afterwards."""
        # A guest's session ends with its X server, and the desk with its broker.
        return ((role, vm) in self.broken or (role == "desk" and ("broker", ALL) in self.broken)
                or (vm and ("x_server", vm) in self.broken))

    def inject(self, pids):
        raise NotImplementedError

    def release(self):
        pass


class Kill(Fault):
    verb = "kill"

    @property
    def broken(self):
        return self.chosen

    def inject(self, pids):
        for target in self.chosen:
            os.kill(pids[target], signal.SIGKILL)
        for target in self.chosen:
            wait_until(lambda pid=pids[target]: not alive(pid), f"{name_of(target)} is gone")


class Stop(Fault):
    """As a machine that is suspended: time goes on, the process does not."""
    verb = "stop"

    def inject(self, pids):
        self.stopped = [pids[target] for target in self.chosen]
        for pid in self.stopped:
            os.kill(pid, signal.SIGSTOP)

    def release(self):
        for pid in self.stopped:
            try:
                os.kill(pid, signal.SIGCONT)
            except ProcessLookupError:
                pass


class StopAndKill(Fault):
    """The second dies while the first stands still."""
    verb = "stop and kill"

    def name_kind(self):
        return "stop one, kill another"

    @property
    def broken(self):
        return self.chosen[1:]

    def inject(self, pids):
        self.stop, self.kill = Stop(self.chosen[:1]), Kill(self.chosen[1:])
        self.stop.inject(pids)
        self.kill.inject(pids)

    def release(self):
        self.stop.release()


class Limit(Fault):
    """A limit of a running process is lowered to what it uses."""
    limit = None
    needs_more = True  # the process is to want more meanwhile

    def used(self, pid):
        raise NotImplementedError

    def inject(self, pids):
        self.before = []
        for target in self.chosen:
            pid = pids[target]
            soft, hard = resource.prlimit(pid, self.limit)
            self.before.append((pid, (soft, hard)))
            resource.prlimit(pid, self.limit, (self.used(pid), hard))

    def release(self):
        for pid, limits in self.before:
            try:
                resource.prlimit(pid, self.limit, limits)
            except ProcessLookupError:
                pass


class NoDescriptors(Limit):
    """Not one more descriptor can be had."""
    verb = "no descriptors for"
    limit = resource.RLIMIT_NOFILE

    def used(self, pid):
        return max(map(int, os.listdir(f"/proc/{pid}/fd"))) + 1 + FREE_DESCRIPTORS


class NoSharedMemory(Limit):
    """No shared memory can be made: a memfd is a file, and grows no more."""
    verb = "no shared memory for"
    limit = resource.RLIMIT_FSIZE
    needs_picture = True

    def used(self, pid):
        return 0


class Full(Fault):
    """There is no room left in a file system, while a process dies, or none does."""
    def __init__(self, chosen, seconds, what, directory):
        super().__init__(chosen, seconds)
        self.verb = self.kind = f"{what} full" + (" and kill" if chosen else "")
        self.filler = directory / "filler"

    @property
    def broken(self):
        return self.chosen

    def inject(self, pids):
        with open(self.filler, "wb", buffering=0) as file:
            for size in (1 << 20, 1 << 12, 1):
                try:
                    while file.write(bytes(size)) == size:
                        pass
                except OSError:
                    continue
        Kill(self.chosen).inject(pids)

    def release(self):
        self.filler.unlink(missing_ok=True)


class ClockJump(Fault):
    """The time of day jumps for broker, desk, and all of a VM without a sandbox, while a process dies or none does."""

    def __init__(self, chosen, clock, seconds):
        super().__init__(chosen)
        self.clock = clock
        self.jump = seconds
        self.verb = self.kind = "time jump" + (" and kill" if chosen else "")

    def __str__(self):
        return f"{super().__str__()} by {self.jump} s"

    @property
    def broken(self):
        return self.chosen

    def inject(self, pids):
        self.clock.set(self.jump)
        Kill(self.chosen).inject(pids)


class Clock:
    """What is added to the time of day: see soak-clock.c."""
    FORMAT = struct.Struct("=q")

    def __init__(self, path):
        self.path = path
        self.path.write_bytes(self.FORMAT.pack(0))

    def environment(self, library):
        return {"LD_PRELOAD": str(library), "ORIEL_SOAK_CLOCK": str(self.path)}

    def set(self, seconds):
        with open(self.path, "r+b") as file:
            file.write(self.FORMAT.pack(seconds))
