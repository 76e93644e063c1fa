#!/usr/bin/python3
"""usage: totals.py TESTLOG.json - prints what failed, then "PASSED FAILED" over all tests of a meson run.

Counts the single tests of CUnit and TAP programs, and one test for any other program."""
import json
import re
import sys

CUNIT = re.compile(r"^\s+tests\s+\d+\s+\d+\s+(\d+)\s+(\d+)\s+\d+\s*$", re.M)
TAP = re.compile(r"^(not )?ok\b.*$", re.M)


def count(test):
    """(passed, failed, names of the failed) of one meson test."""
    out = test.get("stdout", "")
    good = test["result"] in ("OK", "EXPECTEDFAIL")
    if sums := CUNIT.search(out):
        passed, failed = int(sums[1]), int(sums[2])
        names = re.findall(r"Test: (.*?) ?\.\.\.FAILED", out)
    else:
        lines = [m for m in TAP.finditer(out)]
        names = [m[0] for m in lines if m[1]]
        passed, failed = len(lines) - len(names), len(names)
    if not good and not failed:
        return passed, 1, [test["result"].lower()]
    if good and not passed:
        return 1, 0, []
    return passed, failed, names


def main():
    passed = failed = 0
    with open(sys.argv[1], encoding="utf-8") as log:
        for line in log:
            test = json.loads(line)
            good, bad, names = count(test)
            passed += good
            failed += bad
            for name in names:
                print(f"FAILED {test['name']}: {name}", file=sys.stderr)
    print(passed, failed)


if __name__ == "__main__":
    main()
