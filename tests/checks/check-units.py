#!/usr/bin/python3
"""usage: check-units.py PROGRAM... -- [--user] UNIT...

systemd understands the units: systemd-analyze verifies each as if the programs were installed where they have been built."""
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests"))
import tap

PROGRAMS = {pathlib.Path(program).name: pathlib.Path(program).resolve()
            for program in sys.argv[1:sys.argv.index("--")]}
MANAGER = ["--user"] if "--user" in sys.argv else []
UNITS = [pathlib.Path(unit) for unit in sys.argv[sys.argv.index("--") + 1:] if unit != "--user"]
del sys.argv[1:]  # they choose no tests


def built(match):
    """A command whose program is the built one."""
    return match[1] + str(PROGRAMS[pathlib.Path(match[2]).name])


def verify(unit):
    """What systemd has to say of the unit, of whose templates an instance is looked at."""
    with tempfile.TemporaryDirectory() as directory:
        for source in UNITS:
            text = source.read_text(encoding="utf-8")
            text = re.sub(r"(?m)^(Exec(?:Start|Stop)=)(/\S+)", built, text)
            (pathlib.Path(directory) / source.name.replace("@.", "@nobody.")).write_text(text, encoding="utf-8")
        copy = pathlib.Path(directory) / unit.name.replace("@.", "@nobody.")
        environment = {**os.environ, "SYSTEMD_LOG_LEVEL": "warning", "XDG_RUNTIME_DIR": directory}
        result = subprocess.run(["systemd-analyze", *MANAGER, "verify", "--man=no", copy], capture_output=True, text=True,
                                check=False, env=environment)
        return result.stderr if result.returncode != 0 or copy.name in result.stderr else ""


class Units(unittest.TestCase):
    def test_systemd_understands_each_unit(self):
        for unit in UNITS:
            self.assertEqual(verify(unit), "", unit.name)


if __name__ == "__main__":
    tap.main()
