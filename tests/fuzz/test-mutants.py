#!/usr/bin/python3
"""The inputs of ./run test fuzz are the same ones each time."""
import hashlib
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import mutants
import tap

INPUTS = (b"", b"one", b"two\x00\xff", bytes(range(256)))
WORDS = [b"word", b"\x80\x00"]
DIGEST = "3b7ff166b43139fe93430f41a51099b20b4b1c4b8a223754bd8cd6453cc43145"  # of a thousand mutants of these


def digest_of(made):
    digest = hashlib.sha256()
    for data in made:
        digest.update(len(data).to_bytes(4, "little") + data)
    return digest.hexdigest()


def read_back(contents):
    """Inputs that have been written as files, one after the other."""
    with tempfile.TemporaryDirectory() as directory:
        for number, data in enumerate(contents):
            pathlib.Path(directory, str(number)).write_bytes(data)
        return mutants.read_inputs([pathlib.Path(directory)])


class Mutants(unittest.TestCase):
    def test_the_order_of_a_directory_does_not_matter(self):
        self.assertEqual(read_back(INPUTS), read_back(INPUTS[::-1]))

    def test_mutants_are_the_same_on_every_machine(self):
        self.assertEqual(digest_of(mutants.make(read_back(INPUTS), WORDS, "seed", 1000)), DIGEST)

    def test_another_seed_makes_others(self):
        first, second = (digest_of(mutants.make(INPUTS, WORDS, seed, 100)) for seed in ("first", "second"))
        self.assertNotEqual(first, second)

    def test_no_mutant_is_longer_than_the_longest(self):
        made = mutants.make([bytes(mutants.LENGTH_MAX)], WORDS, "seed", 1000)
        self.assertLessEqual(max(map(len, made)), mutants.LENGTH_MAX)

    def test_a_dictionary_is_read_as_libfuzzer_reads_it(self):
        with tempfile.NamedTemporaryFile() as file:
            file.write(b'# "comment"\n\nname="\\x00\\xfFa"\n"say \\"\\\\\\""\n')
            file.flush()
            self.assertEqual(mutants.read_dictionary(pathlib.Path(file.name)), [b"\x00\xffa", b'say "\\"'])


if __name__ == "__main__":
    sys.exit(tap.main())
