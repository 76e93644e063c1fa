#!/usr/bin/python3
"""usage: analyze.py BUILD - runs clang's static analyzer over every source that a clang build compiles,
but for the tests; prints what it finds, then "PASSED FAILED"."""
import concurrent.futures
import json
import os
import pathlib
import shlex
import subprocess
import sys


def analyze(entry):
    """The analyzer's words on one source, empty when there is nothing to say."""
    words = iter(shlex.split(entry["command"])[1:])
    options = []
    for word in words:
        if word in ("-MQ", "-MF", "-o"):
            next(words)
        elif word not in ("-MD", "-c"):
            options.append(word)
    done = subprocess.run(["clang", "--analyze", "-Xclang", "-analyzer-werror", "--analyzer-output", "text",
                           "-Wno-unused-command-line-argument", *options], cwd=entry["directory"],
                          capture_output=True, text=True, check=False)
    return done.stdout + done.stderr if done.returncode else ""


def main():
    entries = json.loads((pathlib.Path(sys.argv[1]) / "compile_commands.json").read_text())
    entries = [e for e in entries if e["file"].endswith(".c") and not e["file"].startswith("../tests/")]
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for entry, words in zip(entries, pool.map(analyze, entries)):
            if words:
                failed += 1
                print(f"FAILED analysis of {entry['file']}\n{words}", file=sys.stderr)
    print(len(entries) - failed, failed)


if __name__ == "__main__":
    main()
