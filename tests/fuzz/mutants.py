"""Mutants of checked-in inputs: the same ones each time, whatever the program does with them, and in whatever order
a directory lists its files."""
import hashlib
import random
import re

CHANGES_MAX = 8
LENGTH_MAX = 4096
PIECE_MAX = 64
ODD_NUMBERS = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
ESCAPE = re.compile(rb'\\(x[0-9a-fA-F]{2}|[\\"])')


def read_dictionary(path):
    """The words of a libFuzzer dictionary."""
    quoted = re.findall(rb'^[^#"\n]*"(.*)"\s*$', path.read_bytes(), re.MULTILINE)
    return [ESCAPE.sub(lambda m: bytes([int(m[1][1:], 16)]) if m[1][0:1] == b"x" else m[1], word) for word in quoted]


def read_inputs(directories):
    """Their contents, each once."""
    contents = {path.read_bytes() for directory in directories for path in directory.iterdir()}
    return sorted(contents, key=lambda data: hashlib.sha256(data).digest())


def put(data, rng, word):
    """Over what is there, or between."""
    at = rng.randint(0, len(data))
    data[at:at + rng.choice((0, len(word)))] = word


def put_byte(data, rng, inputs, words):
    put(data, rng, bytes([rng.randrange(256)]))


def put_number(data, rng, inputs, words):
    size = rng.choice((1, 2, 4, 8))
    put(data, rng, (rng.choice(ODD_NUMBERS) & (256 ** size - 1)).to_bytes(size, "little"))


def put_word(data, rng, inputs, words):
    put(data, rng, rng.choice(words))


def put_piece(data, rng, inputs, words):
    source = rng.choice(inputs)
    start = rng.randint(0, len(source))
    put(data, rng, source[start:start + rng.randint(1, PIECE_MAX)])


def flip_bit(data, rng, inputs, words):
    if data:
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def remove_piece(data, rng, inputs, words):
    at = rng.randint(0, len(data))
    del data[at:at + rng.randint(1, PIECE_MAX)]


CHANGES = (put_byte, put_number, put_word, put_piece, flip_bit, remove_piece)


def make(inputs, words, seed, count):
    """So many mutants, which depend on nothing but these."""
    rng = random.Random(seed)
    for _ in range(count):
        data = bytearray(rng.choice(inputs))
        for _ in range(rng.randint(1, CHANGES_MAX)):
            rng.choice(CHANGES)(data, rng, inputs, words)
        yield bytes(data[:LENGTH_MAX])
