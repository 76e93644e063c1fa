#!/usr/bin/python3
"""What a reviewer would ask first of the files as they are committed."""
import pathlib
import re
import subprocess
import sys
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests"))
import tap

LINES_MAX = 800
LEFT_OVERS = re.compile(r"\b(TODO|FIXME|XXX|HACK|for now|not implemented)\b")
# Deadlines are by CLOCK_MONOTONIC: a clock that is set must not make anything late, or end it.
TIME_OF_DAY = re.compile(r"\b(g_get_real_time|gettimeofday|g_date_time_new_now\w*)\s*\(|\btime\((NULL|&)|"
                         r"\bCLOCK_REALTIME")
WHERE_PEOPLE_READ_IT = {"guest-agent/guest-session.c", "host-compositor/broker/guard.c",
                        "host-compositor/crash-reports.c", "host-compositor/view/control.c"}
NEEDED = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE", "run", ".ci/run", "meson.build"]


def tracked(*patterns):
    """The project's files: as git tracks them, or all but builds where there is no git (an archive)."""
    if not (TOP / ".git").exists():
        files = (p for p in TOP.rglob("*") if not p.relative_to(TOP).parts[0].startswith("build"))
        return [p for p in files if p.is_file() and (not patterns or any(p.match(x) for x in patterns))]
    out = subprocess.run(["git", "-c", f"safe.directory={TOP}", "-C", TOP, "ls-files", "-z", "--", *patterns],
                         check=True, capture_output=True, text=True).stdout
    return [TOP / name for name in out.split("\0") if name and (TOP / name).is_file()]


class Tree(unittest.TestCase):
    def test_no_source_is_longer_than_one_concept(self):
        long = [f"{p.relative_to(TOP)}: {n}" for p in tracked("*.c", "*.h", "*.py")
                if (n := len(p.read_text().splitlines())) > LINES_MAX]
        self.assertEqual(long, [])

    def test_c_is_laid_out_by_clang_format(self):
        out = subprocess.run(["clang-format", "--dry-run", *tracked("*.c", "*.h")], cwd=TOP,
                             check=True, capture_output=True, text=True).stderr
        self.assertEqual(sorted({line.split(":")[0] for line in out.splitlines() if ": warning:" in line}), [])

    def test_no_left_overs_in_the_code(self):
        found = [f"{p.relative_to(TOP)}:{n}: {line.strip()}" for p in tracked("*.c", "*.h", "*.def")
                 for n, line in enumerate(p.read_text().splitlines(), 1) if LEFT_OVERS.search(line)]
        self.assertEqual(found, [])

    def test_the_time_of_day_is_asked_for_only_where_people_read_it(self):
        found = {str(p.relative_to(TOP)) for p in tracked("*.c", "*.h") if TIME_OF_DAY.search(p.read_text())
                 and not str(p.relative_to(TOP)).startswith("tests/")}
        self.assertEqual(found - WHERE_PEOPLE_READ_IT, set())

    def test_no_path_of_this_checkout_is_in_its_files(self):
        here = f"{TOP}/".encode()
        found = [str(p.relative_to(TOP)) for p in tracked() if here in p.read_bytes()]
        self.assertEqual(found if here.count(b"/") > 2 else [], [])

    def test_what_names_its_interpreter_can_be_run(self):
        found = [str(p.relative_to(TOP)) for p in tracked()
                 if p.read_bytes().startswith(b"#!") and not p.stat().st_mode & 0o111]
        self.assertEqual(found, [])

    def test_what_a_visitor_looks_for_is_there(self):
        self.assertEqual([name for name in NEEDED if not (TOP / name).exists()], [])


if __name__ == "__main__":
    tap.main()
