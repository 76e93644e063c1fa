"""What processes use: processor time in nanoseconds, wake-ups, memory."""
import os
import pathlib
import re


def descendants(pid):
    parents = {}
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
    found = set()
    for child in parents:
        above = child
        while above in parents and above != pid:
            above = parents[above]
        if above == pid and child != pid:
            found.add(child)
    return found


def name_of(pid):
    """The name of the program that a process runs, empty if it has gone."""
    try:
        return os.path.basename((pathlib.Path("/proc") / str(pid) / "cmdline").read_bytes().split(b"\0")[0]
                                ).decode()
    except OSError:
        return ""


def cpu_times():
    """(pid, thread): nanoseconds on a processor, of all processes below this one."""
    times = {}
    for pid in descendants(os.getpid()):
        for path in pathlib.Path(f"/proc/{pid}/task").glob("*/schedstat"):
            try:
                times[pid, path.parent.name] = int(path.read_text().split()[0])
            except (OSError, IndexError):
                continue
    return times


def cpu_between(before, after, without, names):
    """name: milliseconds that the programs used, but for those named; names has those of some process ids."""
    used = {}
    for key, time in after.items():
        name = names.get(key[0]) or name_of(key[0])
        if name not in without:
            used[name] = used.get(name, 0) + (time - before.get(key, 0)) / 1e6
    return used


def busy_seconds():
    """Processor seconds that the whole machine has used."""
    fields = [int(f) for f in pathlib.Path("/proc/stat").read_text().splitlines()[0].split()[1:]]
    return (sum(fields) - fields[3] - fields[4]) / os.sysconf("SC_CLK_TCK")


def sleeps(pids):
    """(pid, thread): how often it went to sleep of its own accord, that is, voluntary context switches."""
    counts = {}
    for pid in pids:
        for path in pathlib.Path(f"/proc/{pid}/task").glob("*/status"):
            counts[pid, path.parent.name] = int(
                re.search(r"^voluntary_ctxt_switches:\s+(\d+)", path.read_text(), re.M)[1])
    return counts


def wake_ups(pid, before, after):
    """How often the process was woken between two counts; a thread that has ended was woken to do so."""
    began, ended = ({key: count for key, count in counts.items() if key[0] == pid} for counts in (before, after))
    return (sum(count - began.get(key, 0) for key, count in ended.items()) +
            len(began.keys() - ended.keys()))


def memory(pid):
    """(private, shared buffers): MiB of proportional set size, without and of memfd mappings."""
    private = shared = 0
    in_memfd = False
    for line in pathlib.Path(f"/proc/{pid}/smaps").read_text().splitlines():
        if re.match(r"^[0-9a-f]+-[0-9a-f]+ ", line):
            in_memfd = "/memfd:" in line
        elif line.startswith("Pss:"):
            kib = int(line.split()[1])
            private, shared = (private, shared + kib) if in_memfd else (private + kib, shared)
    return private / 1024, shared / 1024


def shared_buffers(pid):
    """The inodes of the memfds that a process has mapped."""
    return {line.split()[4] for line in pathlib.Path(f"/proc/{pid}/maps").read_text().splitlines()
            if "/memfd:" in line}
