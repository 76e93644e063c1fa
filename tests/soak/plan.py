"""Which fault each round brings, and to whom: all of it follows from a seed."""
import pathlib
import random as random_module

import faults
from scene import VMS

JUMP_SECONDS = 3 * 365 * 24 * 3600
# How long something stands still: in short runs, so that many fit; and in long ones.
HOLD_SHORT, HOLD_LONG, LONG_RUN, LONG_SHARE = (0.1, 1.5), (0.1, 30.0), 200, 0.1
SHARED_MEMORY = pathlib.Path("/dev/shm")
EVERYONE = ("broker", "desk", "view", "agent", "x_server")
# A process whose memory is to be known has to live long, while what it deals with dies: a long run
# has a part for each of these, in which they are not killed. A guest's X server takes all of its VM along.
SPARED = (("agent", "x_server"), ("view", "x_server"), ("broker", "desk"))


class Plan:
    """Every kind of fault once a deck, in an order that the seed says."""
    def __init__(self, seed, rounds, disk):
        self.seed, self.rounds, self.disk = seed, rounds, disk
        self.long = rounds >= LONG_RUN
        self.clock = faults.Clock(disk / "clock")

    def random(self, *what):
        return random_module.Random("/".join(map(str, (self.seed, *what))))

    def hold(self, random):
        long = self.long and random.random() < LONG_SHARE
        return random.uniform(*(HOLD_LONG if long else HOLD_SHORT))

    def spared(self, number):
        """The roles whose processes are not killed in the round."""
        if not self.long:
            return ()
        return SPARED[min((number - 1) * len(SPARED) // self.rounds, len(SPARED) - 1)]

    @staticmethod
    def one(random, role):
        return (role, faults.ALL if role in ("broker", "desk") else random.choice(list(VMS)))

    def recipes(self, spared):
        """Functions of a random source that make a fault each."""
        mortal = [role for role in EVERYONE if role not in spared]
        victims = [target for target in faults.targets() if target[0] in mortal]

        def stop_and_kill(r):
            killed = r.choice(victims)
            return faults.StopAndKill([r.choice([t for t in faults.targets() if t != killed]), killed], self.hold(r))

        found = [lambda r, role=role: faults.Kill([self.one(r, role)]) for role in mortal]
        found += [lambda r: faults.Kill(r.sample(victims, 2))] * len(EVERYONE)
        found += [lambda r, role=role: faults.Stop([self.one(r, role)], self.hold(r)) for role in EVERYONE]
        found += [lambda r: faults.Stop(faults.targets(), self.hold(r))]
        found += [stop_and_kill] * 2
        found += [lambda r, role=role: faults.NoDescriptors([self.one(r, role)], self.hold(r))
                  for role in ("broker", "view", "agent")]
        found += [lambda r, role=role: faults.NoSharedMemory([self.one(r, role)], self.hold(r))
                  for role in ("view", "agent")]
        for what, where in (("disk", self.disk), ("shared memory", SHARED_MEMORY)):
            found += [lambda r, what=what, where=where: faults.Full([], self.hold(r), what, where)]
            found += [lambda r, what=what, where=where: faults.Full([r.choice(victims)], self.hold(r), what, where)]
        found += [lambda r: faults.ClockJump([], self.clock, r.randint(-JUMP_SECONDS, JUMP_SECONDS))]
        found += [lambda r: faults.ClockJump([r.choice(victims)], self.clock,
                                             r.randint(-JUMP_SECONDS, JUMP_SECONDS))]
        return found

    def fault(self, number):
        recipes = self.recipes(self.spared(number))
        deck, place = divmod(number - 1, len(recipes))
        order = list(range(len(recipes)))
        self.random("deck", deck).shuffle(order)
        return recipes[order[place]](self.random("fault", number))
