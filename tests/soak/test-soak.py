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
from drift import ATOMS, OWN_MEMORY, SETTLED_AFTER, X_SERVER_MEMORY, Drift
from plan import EVERYONE, SPARED, Plan

ROUNDS = 1000
PAGE = 4


class Judgement(unittest.TestCase):
    def drift(self, size, processes=3, rule=OWN_MEMORY):
        """What is found of a role whose processes follow each other, with size(round, age) each."""
        drift, lived = Drift(rule), -(-ROUNDS // processes)
        for number in range(ROUNDS):
            drift.add(number, "view", number // lived, size(number, number % lived))
        return drift.rows()

    def test_a_page_lost_a_round_is_found(self):
        self.assertFalse(self.drift(lambda number, age: 2000 + PAGE * age)["view", "lived"]["passed"])

    def test_a_page_lost_a_round_is_found_in_the_one_life_that_is_long(self):
        drift, long_life = Drift(OWN_MEMORY), range(666, ROUNDS)
        for number in range(ROUNDS):
            age = number - long_life.start if number in long_life else number % 10
            drift.add(number, "broker", min(number, long_life.start) // 10, 2000 + PAGE * age)
        self.assertFalse(drift.rows()["broker", "lived"]["passed"])

    def test_a_leak_is_found_although_processes_die(self):
        self.assertFalse(self.drift(lambda number, age: 2000 + 10 * age, 10)["view", "lived"]["passed"])

    def test_a_leak_that_comes_in_steps_is_found(self):
        self.assertFalse(self.drift(lambda number, age: 2000 + age // 32 * 128)["view", "lived"]["passed"])

    def test_a_leak_in_noise_is_found(self):
        source = random.Random(1)
        rows = self.drift(lambda number, age: 2000 + PAGE * age + source.randint(-100, 100))
        self.assertFalse(rows["view", "lived"]["passed"])

    def test_noise_is_no_leak(self):
        source = random.Random(1)
        rows = self.drift(lambda number, age: 2000 + source.randint(-100, 100))
        self.assertTrue(all(row["passed"] for row in rows.values()))

    def test_what_a_new_process_takes_is_no_leak(self):
        rows = self.drift(lambda number, age: 1000 + 20 * min(age, SETTLED_AFTER))
        self.assertTrue(rows["view", "lived"]["passed"])
        self.assertLess(abs(rows["view", "lived"]["in_1000_rounds"]), OWN_MEMORY.allowed)

    def test_processes_that_are_larger_each_time_are_found(self):
        rows = self.drift(lambda number, age: 1000 + 4 * (number - age), processes=40)
        self.assertFalse(rows["view", "born"]["passed"])

    def test_an_x_server_may_not_grow_for_ever_either(self):
        rows = self.drift(lambda number, age: 50000 + PAGE * age, rule=X_SERVER_MEMORY)
        self.assertFalse(rows["view", "lived"]["passed"])

    def test_an_atom_made_every_tenth_round_is_found(self):
        rows = self.drift(lambda number, age: 300 + age // 10, rule=ATOMS)
        self.assertFalse(rows["view", "lived"]["passed"])

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

    def test_in_a_long_run_each_process_lives_through_a_part_of_it(self):
        plan = Plan("oriel", ROUNDS, self.disk)
        dead = [{role for number in range(part * ROUNDS // len(SPARED) + 2, (part + 1) * ROUNDS // len(SPARED))
                 for role, _ in plan.fault(number).broken} for part in range(len(SPARED))]
        self.assertEqual(dead, [set(EVERYONE) - set(spared) for spared in SPARED])

    def test_a_round_of_a_long_run_can_be_had_alone(self):
        self.assertEqual(str(Plan("a", ROUNDS, self.disk).fault(700)), str(Plan("a", ROUNDS, self.disk).fault(700)))
        self.assertNotEqual(self.plan("a", ROUNDS)[:50], self.plan("a", 50))


if __name__ == "__main__":
    tap.main()
