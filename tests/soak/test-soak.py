#!/usr/bin/python3
"""The soak's own judgement: what it takes for a leak, and that a seed says all."""
import pathlib
import random
import sys
import tempfile
import unittest

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS), str(TESTS / "integration")]
import tap
from census import differences
from drift import ALLOWED, SETTLED_AFTER, Drift
from soak import Plan

ROUNDS = 400


class Judgement(unittest.TestCase):
    def drift(self, kilobytes, processes=4):
        """What is found of a role whose processes follow each other, with kilobytes(round, age) each."""
        drift, lived = Drift(), ROUNDS // processes
        for number in range(ROUNDS):
            drift.add(number, "view", number // lived, kilobytes(number, number % lived))
        return drift.rows()

    def test_a_leak_is_found_although_processes_die(self):
        self.assertFalse(self.drift(lambda number, age: 2000 + 10 * age)["view", "lived"]["passed"])

    def test_a_leak_that_comes_in_steps_is_found(self):
        self.assertFalse(self.drift(lambda number, age: 2000 + age // 20 * 128, 2)["view", "lived"]["passed"])

    def test_noise_is_no_leak(self):
        source = random.Random(1)
        rows = self.drift(lambda number, age: 2000 + source.randint(-100, 100))
        self.assertTrue(all(row["passed"] for row in rows.values()))

    def test_what_a_new_process_takes_is_no_leak(self):
        rows = self.drift(lambda number, age: 1000 + 20 * min(age, SETTLED_AFTER))
        self.assertTrue(rows["view", "lived"]["passed"])
        self.assertLess(abs(rows["view", "lived"]["kilobytes_in_1000_rounds"]), ALLOWED)

    def test_processes_that_are_larger_each_time_are_found(self):
        rows = self.drift(lambda number, age: 1000 + 4 * (number - age), processes=40)
        self.assertFalse(rows["view", "born"]["passed"])

    def test_what_is_held_more_than_before_is_told_by_its_role(self):
        before = {("view", "work"): {"X resources: WINDOW": 7, "descriptors: file": 2}}
        after = {("view", "work"): {"X resources: WINDOW": 8, "descriptors: file": 1}}
        self.assertEqual(differences(before, after), ["view of work: X resources: WINDOW: 7 before, 8 after"])


class Seeds(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.disk = pathlib.Path(directory.name)

    def plan(self, seed, rounds=50):
        return [str(Plan(seed, rounds, self.disk).fault(number)) for number in range(1, rounds + 1)]

    def test_a_seed_says_all(self):
        self.assertEqual(self.plan("a"), self.plan("a"))
        self.assertNotEqual(self.plan("a"), self.plan("b"))

    def test_fifty_rounds_have_every_kind_of_fault(self):
        plan = Plan("oriel", 50, self.disk)
        kinds = {plan.fault(number).kind for number in range(1, 51)}
        self.assertEqual(kinds, {plan.fault(number).kind for number in range(1, 501)})


if __name__ == "__main__":
    tap.main()
