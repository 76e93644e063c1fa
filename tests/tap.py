"""Runs unittest cases and prints TAP, so that meson and ./run count each of them."""
import os
import random
import sys
import unittest


class TapResult(unittest.TestResult):
    def __init__(self, stream=sys.stdout):
        super().__init__()
        self.stream = stream
        self.count = 0

    def line(self, ok, test, error=None):
        self.count += 1
        name = test.id().split(".")[-1] if hasattr(test, "id") else str(test)
        name = name.removeprefix("test_").replace("_", " ").replace("#", "")
        print("ok" if ok else "not ok", self.count, "-", name, file=self.stream)
        for text in (error or "").splitlines():
            print("#", text, file=self.stream)
        self.stream.flush()

    def addSuccess(self, test):
        self.line(True, test)

    def addError(self, test, err):
        super().addError(test, err)
        self.line(False, test, self._exc_info_to_string(err, test))

    addFailure = addError

    # A test that could not run is a failure.
    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.failures.append((test, reason))
        self.line(False, test, reason)

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self.line(False, subtest, self._exc_info_to_string(err, test))


def leaves(part):
    """The tests of a suite, each in a list with the others of its class."""
    tests = [test for test in part if not isinstance(test, unittest.TestSuite)]
    return [tests] * bool(tests) + [found for suite in part if isinstance(suite, unittest.TestSuite)
                                    for found in leaves(suite)]


def main(module="__main__"):
    """Runs the tests of a module; arguments choose those whose names contain one of them.

    ORIEL_TEST_SEED, a number, shuffles them: no test may need another before it.
    """
    classes = leaves(unittest.defaultTestLoader.loadTestsFromName(module))
    if seed := os.environ.get("ORIEL_TEST_SEED"):
        shuffle = random.Random(int(seed)).shuffle
        shuffle(classes)
        for tests in classes:
            shuffle(tests)
    chosen = unittest.TestSuite(test for tests in classes for test in tests
                                if len(sys.argv) < 2 or any(word in test.id() for word in sys.argv[1:]))
    result = TapResult()
    chosen.run(result)
    print(f"1..{result.count}")
    sys.exit(0 if result.count and not result.failures and not result.errors else 1)
