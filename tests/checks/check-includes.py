#!/usr/bin/python3
"""Dependencies point towards vchan-proto: greps the includes of every room."""
import pathlib
import re
import sys
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests"))
import tap

# room: the rooms whose headers it may include
ROOMS = {
    "vchan-proto": set(),
    "hv-config": {"vchan-proto"},
    "guest-agent": {"vchan-proto"},
    "host-compositor": {"vchan-proto", "hv-config"},
    "win32-shim": {"vchan-proto"},
}
LIBC_ONLY = re.compile(r"<(glib|gio|gmodule|xcb/|X11/|cairo|pixman|png|threads\.h)")
MAIN_LOOP = re.compile(r"\b(GMainLoop|g_main_loop_\w+|g_timeout_add\w*|g_idle_add\w*|"
                       r"g_unix_fd_add\w*|g_unix_signal_add\w*)\b")
# a cookie file is a file, and needs no X server
WINDOW_SYSTEM = re.compile(r"<(xcb/|X11/(?!Xauth\.h)|xkbcommon/)")
XEN = re.compile(r"<(xen|libxen)")


def sources(room):
    return sorted(p for p in (TOP / room).rglob("*") if p.suffix in (".c", ".h", ".def"))


def includes(path):
    for line in path.read_text().splitlines():
        found = re.match(r'\s*#\s*include\s*([<"][^>"]+[>"])', line)
        if found:
            yield found.group(1)


def room_of(path):
    return path.relative_to(TOP).parts[0]


class Includes(unittest.TestCase):
    def setUp(self):
        self.headers = {}
        for room in [*ROOMS, "tests"]:
            for path in sources(room):
                self.headers.setdefault(path.name, []).append(path)

    def resolve(self, source, name):
        """The rooms that a quoted include of a source can mean; its own first."""
        beside = (source.parent / name).resolve()
        if beside.exists():
            return room_of(beside)
        found = [p for p in self.headers.get(pathlib.Path(name).name, []) if str(p).endswith("/" + name)]
        rooms = [room_of(p) for p in found]
        if room_of(source) in rooms or not rooms:
            return room_of(source)
        return rooms[0]

    def test_every_room_includes_only_the_rooms_below_it(self):
        wrong = []
        for room, below in ROOMS.items():
            for source in sources(room):
                for name in includes(source):
                    if name[0] == '"' and self.resolve(source, name[1:-1]) not in below | {room}:
                        wrong.append(f"{source.relative_to(TOP)} includes {name}")
        self.assertEqual(wrong, [])

    def test_the_wire_needs_libc_alone(self):
        wrong = [f"{s.relative_to(TOP)} includes {n}" for s in sources("vchan-proto")
                 for n in includes(s) if LIBC_ONLY.match(n) and "x11" not in s.parts]
        self.assertEqual(wrong, [])

    def test_only_main_files_know_the_main_loop(self):
        wrong = []
        for room in ROOMS:
            for source in sources(room):
                if "main" not in source.stem and MAIN_LOOP.search(source.read_text()):
                    wrong.append(str(source.relative_to(TOP)))
        self.assertEqual(wrong, [])

    def test_the_window_system_stays_in_its_own_folder(self):
        wrong = [f"{s.relative_to(TOP)} includes {n}" for r in ROOMS for s in sources(r)
                 for n in includes(s) if "x11" not in s.parts and WINDOW_SYSTEM.match(n)]
        self.assertEqual(wrong, [])

    def test_the_hypervisors_libraries_stay_in_the_files_of_its_name(self):
        wrong = [f"{s.relative_to(TOP)} includes {n}" for r in ROOMS for s in sources(r)
                 for n in includes(s) if XEN.match(n) and "xen" not in s.stem.split("-")]
        self.assertEqual(wrong, [])

    def test_views_brokers_and_command_line_share_only_their_link(self):
        wrong = []
        programs = {"view", "broker", "cli"}
        for source in sources("host-compositor"):
            own = set(source.relative_to(TOP).parts) & programs
            for name in includes(source):
                if name[0] == '"' and own and set(pathlib.Path(name[1:-1]).parts) & (programs - own):
                    wrong.append(f"{source.relative_to(TOP)} includes {name}")
        self.assertEqual(wrong, [])


if __name__ == "__main__":
    tap.main()
