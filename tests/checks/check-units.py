#!/usr/bin/python3
"""usage: check-units.py AGENT UNIT...

systemd understands the units: systemd-analyze verifies each as if the agent were installed where it has been built."""
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests"))
import tap

AGENT, UNITS = pathlib.Path(sys.argv[1]).resolve(), [pathlib.Path(unit) for unit in sys.argv[2:]]
del sys.argv[1:]  # they choose no tests


def verify(unit):
    """What systemd has to say of the unit, of whose templates an instance is looked at."""
    lines = [f"ExecStart={AGENT} {line.split(' ', 1)[1]}" if line.startswith("ExecStart=") else line
             for line in unit.read_text(encoding="utf-8").splitlines()]
    with tempfile.TemporaryDirectory() as directory:
        copy = pathlib.Path(directory) / unit.name.replace("@.", "@nobody.")
        copy.write_text("\n".join(lines) + "\n", encoding="utf-8")
        result = subprocess.run(["systemd-analyze", "verify", "--man=no", copy], capture_output=True, text=True,
                                check=False, env={**os.environ, "SYSTEMD_LOG_LEVEL": "warning"})
        return result.stderr if result.returncode != 0 or copy.name in result.stderr else ""


class Units(unittest.TestCase):
    def test_systemd_understands_each_unit(self):
        for unit in UNITS:
            self.assertEqual(verify(unit), "", unit.name)


if __name__ == "__main__":
    tap.main()
