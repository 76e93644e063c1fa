"""How something grows with rounds: one slope over all processes that have had a role, each with a level of its own."""
import collections
import math

# Rounds in which a process comes to know all that a round can bring, and has not its whole heap before.
SETTLED_AFTER = 60
# Below so many degrees of freedom chance looks like growth.
FREEDOM = 10
# How many standard errors a slope has to be beyond what is allowed.
CERTAIN = 3


class Rule:
    """It fails if a slope is above `allowed` in 1000 rounds, and what has grown in a life so is at_least so much.

    The second is for lives that are short: there, pages that come late look like a slope."""
    def __init__(self, unit, allowed, at_least):
        self.unit, self.allowed, self.at_least = unit, allowed, at_least


OWN_MEMORY = Rule("KB", 1024, 128)
# Its heap goes up and down with the sizes of windows: it keeps their pixels there.
X_SERVER_MEMORY = Rule("KB", 1024, 512)
# Of all that lives in an X server, only atoms are never freed.
ATOMS = Rule("atoms", 20, 10)


def slope(series):
    """(growth a round, its standard error) of lists of (round, size), a list for each process."""
    centred = []
    for points in series:
        mean_x = sum(x for x, _ in points) / len(points)
        mean_y = sum(y for _, y in points) / len(points)
        centred += [(x - mean_x, y - mean_y) for x, y in points]
    above = sum(x * y for x, y in centred)
    below = sum(x * x for x, _ in centred)
    freedom = len(centred) - len(series) - 1
    if not below or freedom < FREEDOM:
        return None
    growth = above / below
    rest = sum((y - growth * x) ** 2 for x, y in centred)
    return growth, math.sqrt(rest / freedom / below)


class Drift:
    def __init__(self, rule):
        self.rule = rule
        self.samples = collections.defaultdict(lambda: collections.defaultdict(list))

    def add(self, number, role, pid, size):
        self.samples[role][pid].append((number, size))

    def lived(self, role):
        """Settled samples of each process that has had the role."""
        return [points[SETTLED_AFTER:] for points in self.samples[role].values()
                if len(points) > SETTLED_AFTER + 1]

    def births(self, role):
        """What the role's processes had when they were new: it must not grow from one to the next, either."""
        return [points[0] for points in self.samples[role].values()]

    def row(self, series):
        """What is known of the growth of one role; None if that is nothing."""
        found = slope(series) if series else None
        if not found:
            return None
        growth, doubt = found
        life = max(points[-1][0] - points[0][0] for points in series)
        certain = growth - CERTAIN * doubt
        return {"unit": self.rule.unit, "in_1000_rounds": round(growth * 1000), "standard_error": round(doubt * 1000),
                "samples": sum(map(len, series)), "processes": len(series), "longest_life": life,
                "passed": certain * 1000 <= self.rule.allowed or certain * life < self.rule.at_least}

    def rows(self):
        """(role, 'lived' or 'born'): row."""
        found = {}
        for role in sorted(self.samples):
            for what, series in (("lived", self.lived(role)), ("born", [self.births(role)])):
                if row := self.row([points for points in series if len(points) > 1]):
                    found[role, what] = row
        return found
