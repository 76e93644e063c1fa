#!/usr/bin/python3
"""Runs the fuzz targets of a build made with -Dfuzz=true.

usage: fuzz.py fuzz BUILD SECONDS [TARGET...]   all of them, or these, for so long in all, with another
                                                seed each time; each runs its seeds and corpus first
       fuzz.py replay BUILD [TARGET...]         just that
       fuzz.py repeat BUILD [TARGET...]         that, and mutants of these: the same ones each time, for
                                                about a minute in all
       fuzz.py minimise BUILD [TARGET...]       makes corpus/ anew: the least that reaches what
                                                seeds, corpus and the last runs in BUILD have reached

What makes a target fail is shown and left in BUILD/crashes/; what else it finds, in BUILD/corpus/.
The last line of the output counts the targets that passed and failed."""
import concurrent.futures
import hashlib
import itertools
import os
import pathlib
import re
import secrets
import shutil
import subprocess
import sys
import tempfile

import mutants

HERE = pathlib.Path(__file__).resolve().parent
DICTIONARY = HERE.parents[1] / "vchan-proto" / "protocol.dict"
LOG_LINES = 60
PROGRESS = re.compile(r"#\d+\s|INFO: |\s+NEW_FUNC|Running: |Executed ")
RUNNING = re.compile(rb"^Running: (.+)$", re.MULTILINE)
SEEDS = 2 ** 32  # libFuzzer's
BATCH = 500
MEMORY = "/dev/shm"  # to make files on a disk may take longer than to fuzz with them
# How many mutants take about four seconds; of targets that are not named, MANY.
MANY = 15000
MUTANTS = {"agent-core": 8000, "broker": 600, "crossing": 6000, "desktop-file": 6000, "tree": 1500,
           "view-control": 4000, "view-core": 3500}


def targets(build, names):
    found = sorted(p for p in (build / "tests" / "fuzz").glob("fuzz-*") if p.is_file() and os.access(p, os.X_OK))
    return [p for p in found if not names or name_of(p) in names]


def name_of(program):
    return program.name.removeprefix("fuzz-")


def inputs(program):
    """Where the checked-in inputs of a target are."""
    return [d for d in (HERE / "seeds" / name_of(program), HERE / "corpus" / name_of(program)) if d.is_dir()]


def call(program, *arguments):
    """None, or all that it says when it fails."""
    result = subprocess.run([program, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT)
    return None if result.returncode == 0 else result.stdout


def tail(output):
    """The end of what a program has said, but for how far it had got."""
    lines = output.decode(errors="replace").splitlines()
    return "\n".join([line for line in lines if not PROGRESS.match(line)][-LOG_LINES:])


def run(program, *arguments):
    """None, or the end of what it says when it fails."""
    output = call(program, *arguments)
    return None if output is None else tail(output)


def fuzz(build, program, seconds):
    found = build / "corpus" / name_of(program)
    seed = secrets.randbelow(SEEDS - 1) + 1
    found.mkdir(parents=True, exist_ok=True)
    failure = run(program, f"-max_total_time={seconds}", f"-seed={seed}", f"-dict={DICTIONARY}", "-timeout=20",
                  f"-artifact_prefix={crashes(build)}/{name_of(program)}-", found, *inputs(program))
    return None if failure is None else f"{failure}\nseed: {seed}"


def crashes(build):
    directory = build / "crashes"
    directory.mkdir(exist_ok=True)
    return directory


def repeat(build, program):
    name = name_of(program)
    made = mutants.make(mutants.read_inputs(inputs(program)), mutants.read_dictionary(DICTIONARY), name,
                        MUTANTS.get(name, MANY))
    failure = replay(program)
    while failure is None and (batch := list(itertools.islice(made, BATCH))):
        failure = run_batch(build, program, batch)
    return failure


def run_batch(build, program, batch):
    """As files: the one that makes the target fail is kept."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as directory:
        paths = [pathlib.Path(directory, f"mutant-{digest_of(data)}") for data in batch]
        for path, data in zip(paths, batch):
            path.write_bytes(data)
        output = call(program, "-timeout=20", *paths)
        if output is None:
            return None
        ran = RUNNING.findall(output)
        if not ran:
            return tail(output)
        failed = pathlib.Path(os.fsdecode(ran[-1]))
        kept = shutil.copy(failed, crashes(build) / f"{name_of(program)}-{failed.name}")
    return f"{tail(output)}\ninput: {kept}"


def replay(program):
    return run(program, "-runs=0", *inputs(program))


def minimise(build, program):
    """Seeds are kept as they are: corpus/ has what they do not reach."""
    seeds, corpus = HERE / "seeds" / name_of(program), HERE / "corpus" / name_of(program)
    found = build / "corpus" / name_of(program)
    with tempfile.TemporaryDirectory() as directory:
        merged = pathlib.Path(directory)
        kept = {digest(shutil.copy(seed, merged)) for seed in seeds.iterdir()}
        failure = run(program, "-set_cover_merge=1", "-use_counters=0", merged,
                      *(d for d in (corpus, found) if d.is_dir()))
        if failure is not None:
            return failure
        shutil.rmtree(corpus, ignore_errors=True)
        corpus.mkdir(parents=True)
        for path in merged.iterdir():
            if digest(path) not in kept:
                shutil.copy(path, corpus / digest(path))
    return None


def digest(path):
    return digest_of(pathlib.Path(path).read_bytes())


def digest_of(data):
    return hashlib.sha256(data).hexdigest()[:16]


def work(command, build, seconds, programs):
    each = max(1, round(seconds / max(1, len(programs))))
    if command == "fuzz":
        return lambda program: fuzz(build, program, each)
    if command == "replay":
        return replay
    if command == "repeat":
        return lambda program: repeat(build, program)
    return lambda program: minimise(build, program)


def main():
    command, build, *names = sys.argv[1:]
    seconds = int(names.pop(0)) if command == "fuzz" else 0
    build = pathlib.Path(build).resolve()
    programs = targets(build, names)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        failures = list(pool.map(work(command, build, seconds, programs), programs))
    for program, failure in zip(programs, failures):
        if failure is not None:
            print(f"FAILED {program.name}\n{failure}", file=sys.stderr)
    failed = sum(failure is not None for failure in failures)
    print(len(programs) - failed, failed)
    return 0 if programs and not failed else 1


if __name__ == "__main__":
    sys.exit(main())
