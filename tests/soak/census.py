"""What Oriel's processes hold: processes, descriptors, shared memory, resources of X servers, memory.

A process has a role, such as ("view", "work"), that outlives it: what a role holds after a fault is compared with
what it held before the first."""
import collections
import os
import pathlib
import re

from desktop import process_table
from xserver import XServer

ALL = ""
PER_VM = ("view", "agent", "x_server", "session")
# What agent and view may keep besides one for each window: see SPARE_MAX in guest-agent/buffers.c, and one
# that is on its way.
SPARE_BUFFERS = 9
BUFFER = "memfd:oriel-buffer"
# One of each is behind every buffer, so their number goes up and down with those that are kept.
BUFFER_RESOURCES = ("MIT-SHM", "ShmSeg", "FENCE", "PIXMAP", "REGION")
MAPPED_BUFFER = re.compile(r"^\S+ \S+ \S+ \S+ (\d+) +/(memfd:\S+|dev/shm/\S+|SYSV\w+)", re.M)


def role_name(role):
    return f"{role[0]} of {role[1]}" if role[1] else role[0]


def read(path):
    try:
        return pathlib.Path(path).read_text(errors="replace")
    except OSError:
        return ""


def kind_of(target):
    """What a descriptor is, without the numbers that differ from process to process."""
    if target.startswith("/memfd:"):
        return target[1:].split(" ")[0]
    if target.startswith(("socket:", "pipe:", "anon_inode:")):
        return target.split("[")[0] if not target.startswith("anon_inode") else target
    if target.startswith(("/dev/", "/proc/")):
        return target
    return "file"


def descriptors(pid):
    """kind: how many of them the process has open."""
    found = collections.Counter()
    try:
        for name in os.listdir(f"/proc/{pid}/fd"):
            try:
                found[kind_of(os.readlink(f"/proc/{pid}/fd/{name}"))] += 1
            except OSError:
                continue
    except OSError:
        pass
    return found


def mapped_memory(pid):
    """How many shared memories the process has mapped."""
    return len(set(MAPPED_BUFFER.findall(read(f"/proc/{pid}/maps"))))


def own_memory(pid):
    """Kilobytes of memory that is the process's own, neither a program's nor shared; None if there is no such
    process."""
    match = re.search(r"^Pss_Anon:\s+(\d+) kB", read(f"/proc/{pid}/smaps_rollup"), re.M)
    return int(match[1]) if match else None


def inner_pid(pid):
    """The process id that programs in the same container as the process know it by."""
    match = re.search(r"^NSpid:.*\s(\d+)$", read(f"/proc/{pid}/status"), re.M)
    return int(match[1]) if match else pid


def shared_memory_names():
    """What lies in /dev/shm, and System V's segments."""
    names = set(os.listdir("/dev/shm")) if os.path.isdir("/dev/shm") else set()
    lines = read("/proc/sysvipc/shm").splitlines()[1:]
    return names | {f"System V segment {line.split()[1]}" for line in lines}


class Census:
    def __init__(self, scene):
        self.scene = scene
        self.desktop = scene.desktop
        self.own = os.getpid()

    def roles(self):
        """role: process id, of what Oriel runs for the VMs."""
        found = {}
        for name, vm in self.desktop.vms().items():
            for kind in PER_VM:
                if vm["pids"].get(kind):
                    found[kind, name] = vm["pids"][kind]
        for pid, (_, state, command) in self.below().items():
            program = command.partition(" ")[0].rpartition("/")[2]
            if program in ("orield", "oriel-desk") and state != "Z":
                found["broker" if program == "orield" else "desk", ALL] = pid
        found["primary's X server", ALL] = self.desktop.x_server.pid
        return found

    def below(self):
        """The process table below this process."""
        table = process_table()
        children = collections.defaultdict(list)
        for pid, (parent, _, _) in table.items():
            children[parent].append(pid)
        found, open_ends = {}, [self.own]
        while open_ends:
            for pid in children[open_ends.pop()]:
                found[pid] = table[pid]
                open_ends.append(pid)
        return found

    def reap(self):
        """What a killed broker has started has this process as its parent, which is to do as init does."""
        for pid, (parent, state, _) in process_table().items():
            if parent == self.own and state == "Z" and pid not in {p.pid for p in self.desktop.processes}:
                os.waitpid(pid, os.WNOHANG)

    def processes(self):
        """program: how many processes of it there are, zombies apart."""
        self.reap()
        found = collections.Counter()
        for _, state, command in self.below().values():
            program = command.partition(" ")[0].rpartition("/")[2] or "one without a name"
            found[program + (" (a zombie)" if state == "Z" else "")] += 1
        return found

    def take(self, windows):
        """role: what it holds, by what it is called; windows: how many there are by VM."""
        roles, clients = self.roles(), XServer(self.scene.host.display).clients()
        found = {}
        for role, pid in roles.items():
            held = {f"descriptors: {kind}": count for kind, count in descriptors(pid).items()}
            held["mapped shared memories"] = mapped_memory(pid)
            held.update({f"X resources: {kind}": count for kind, count in clients.get(pid, {}).items()})
            if role[0] == "desk":  # it watches the window that has the focus, while one has
                held.pop("X resources: OTHER CLIENT", None)
            agents = len(windows) if role[1] == ALL else 1
            found[role] = self.without_buffers(held, windows.get(role[1], sum(windows.values())), agents)
        own = clients.get(self.own, {})
        known = set(roles.values()) | {self.own, 0}
        found["X clients besides", ALL] = {"number": sum(pid not in known for pid in clients)}
        found["processes", ALL] = dict(self.processes())
        found["shared memory", ALL] = {name: 1 for name in shared_memory_names()}
        found["the test", ALL] = {"X connections": own.get("connections", 0)}
        for vm, count in windows.items():
            found["guest's X clients", vm] = self.guest_clients(vm, roles.get(("agent", vm)), count)
        return found

    def guest_clients(self, vm, agent, windows):
        """What is held on a guest's X server: by its agent, and by all others together, the test apart."""
        found = collections.Counter()
        for pid, resources in XServer(self.scene.guest(vm).display).clients().items():
            if pid in (0, self.own):
                continue
            whose = "agent's" if agent and pid == inner_pid(agent) else "applications'"
            for kind, count in resources.items():
                found[f"{whose} X resources: {kind}"] += count
        return self.without_buffers(found, windows, 1)

    def atoms(self):
        """role of an X server: how many atoms it has."""
        found = {("primary's X server", ALL): XServer(self.scene.host.display).atoms()}
        found.update({("x_server", vm): XServer(self.scene.guest(vm).display).atoms() for vm in self.scene.guests})
        return found

    @staticmethod
    def without_buffers(held, windows, agents):
        """Buffers that are kept for the next window come and go within a bound; only what is beyond counts."""
        out = {}
        for key, count in held.items():
            kind = key.rpartition(": ")[2]
            if kind == BUFFER or kind in BUFFER_RESOURCES or key == "mapped shared memories":
                count = max(count - windows - agents * SPARE_BUFFERS, 0)
            if count:
                out[key] = count
        return out


def differences(before, after):
    """What is not as before, a line each."""
    lines = []
    for role in sorted(before.keys() | after.keys()):
        then, now = before.get(role, {}), after.get(role, {})
        for key in sorted(then.keys() | now.keys()):
            grown = now.get(key, 0) - then.get(key, 0)
            # Some files are opened when they are first needed, and a new broker has not needed them yet.
            if grown > 0 or (grown < 0 and not key.startswith("descriptors: ")):
                lines.append(f"{role_name(role)}: {key}: {then.get(key, 0)} before, {now.get(key, 0)} after")
    return lines
