"""Guests of a real orield and its real views that a test plays by hand: each in the place of a VM's agent."""
import os
import pathlib
import re
import select
import signal
import socket
import struct
import sys
import threading

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parents[1]
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "integration")]
from desktop import PATIENCE, descendants, wait_until
from fields import fields

TABLE = (TOP / "vchan-proto" / "messages.def").read_text()
OPS, CHANNELS = {}, {}
for number, name, channel in re.findall(r"M\((0x[0-9a-f]+), (\w+), \w+, \w+, (\d),", TABLE):
    OPS[name], CHANNELS[name] = int(number, 16), int(channel)
NAMES = {number: name for name, number in OPS.items()}
MAGIC = int(re.search(r"L\(MAGIC, (0x[0-9a-f]+)", TABLE)[1], 16)
VERSION = [int(re.search(rf"L\(VERSION_{part}, (\d+)", TABLE)[1]) for part in ("MAJOR", "MINOR")]
CHUNK_MAX, LAST = 4096, 1


class Guest:
    """Takes a running VM over from its agent: its view's next session is with the test."""

    def __init__(self, desktop, name):
        self.name, self.desktop = name, desktop
        path = pathlib.Path(desktop.env["XDG_RUNTIME_DIR"]) / "oriel" / name / "agent.sock"
        path.unlink()
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(str(path))
        self.listener.listen()
        self.news = threading.Condition()
        self.connection = None
        self.reader = None
        os.kill(self.view(), signal.SIGKILL)
        self.begin()

    def view(self):
        """The process id of its view."""
        return int((pathlib.Path(self.desktop.env["XDG_RUNTIME_DIR"]) / "oriel" / self.name / "view.pid").read_text().split()[0])

    def begin(self):
        """A session with the view that connects next."""
        self.hang_up()
        if not select.select([self.listener], [], [], 60 * PATIENCE)[0]:
            raise AssertionError(f"nobody connects to {self.name}")
        self.connection, _ = self.listener.accept()
        self.seen = []  # (name of the message, its bytes)
        self.reader = threading.Thread(target=self.read, args=(self.connection,), daemon=True)
        self.reader.start()
        self.say("HELLO", "whhqqs", MAGIC, *VERSION, 0, 1, "hostile guest")
        self.expect("HELLO")
        self.say("WINDOWS_ANNOUNCED", "w", 0)
        for selection in (0, 1):
            self.say("CLIPBOARD_OFFERED", "bww", selection, 0, 0)
        self.expect("APPLICATIONS_REQUEST")

    def hang_up(self):
        if self.connection:
            self.connection.shutdown(socket.SHUT_RDWR)
            self.reader.join()
            self.connection.close()
        self.connection = None

    def close(self):
        self.hang_up()
        self.listener.close()

    def note(self, name, data):
        with self.news:
            self.seen.append((name, data))
            self.news.notify_all()

    def read(self, connection):
        stream, messages = b"", {}
        while True:
            try:
                data = connection.recv(65536)
            except OSError:
                data = b""
            if not data:
                self.note("THE END", b"")
                return
            stream += data
            while len(stream) >= 4 and len(stream) >= 4 + int.from_bytes(stream[2:4], "little"):
                channel, flags, length = struct.unpack("<BBH", stream[:4])
                chunk, stream = stream[4:4 + length], stream[4 + length:]
                self.take_chunk(messages, channel, flags, chunk)

    def take_chunk(self, messages, channel, flags, chunk):
        messages[channel] = messages.get(channel, b"") + chunk
        if channel:
            self.say("CREDIT", "bw", channel, len(chunk))
        if flags & LAST:
            message = messages.pop(channel)
            name = NAMES[int.from_bytes(message[:2], "little")]
            if name == "PING":
                self.say("PONG", "w", int.from_bytes(message[2:6], "little"))
            self.note(name, message[2:])

    def say(self, op, layout="", *values):
        """Whole messages, which two threads may say at a time."""
        data = struct.pack("<H", OPS[op]) + fields(layout, *values)
        chunks = b""
        for at in range(0, len(data), CHUNK_MAX):
            part = data[at:at + CHUNK_MAX]
            chunks += struct.pack("<BBH", CHANNELS[op], LAST if at + CHUNK_MAX >= len(data) else 0, len(part)) + part
        try:
            with self.news:
                self.connection.sendall(chunks)
        except OSError:  # the view has hung up
            pass

    def found(self, name, words=b""):
        return [data for seen, data in self.seen if seen == name and words in data]

    def expect(self, name, words=b"", count=1, seconds=60):
        """Waits until the view has said that so often, with these bytes in it; those of the last."""
        with self.news:
            if not self.news.wait_for(lambda: len(self.found(name, words)) >= count, seconds * PATIENCE):
                raise AssertionError(f"{self.name}: not {count} {name} in {[seen for seen, _ in self.seen][-20:]}")
            return self.found(name, words)[-1]

    def forget(self):
        with self.news:
            self.seen.clear()

    def settle(self):
        """All that has been said is with the view, which has answered it."""
        self.say("PING", "w", 4711)
        self.expect("PONG", struct.pack("<I", 4711))
