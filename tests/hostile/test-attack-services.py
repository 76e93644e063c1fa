#!/usr/bin/python3
"""Attacks by a guest that go past its view: on the clipboard, files, links, notifications and the menu.

A hostile guest and an honest one, whose sessions are played by the test, with real views and a real orield. Each attack has
its expected end; after each, the honest guest is served as before.
"""
import hashlib
import json
import os
import pathlib
import struct
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import hostile_guest
import tap
from desktop import PATIENCE, Desktop, alive, wait_until
from fields import fields
from hostile_guest import Guest

POLICY = """clipboard evil honest allow mode=seamless max=64KiB notify=no
clipboard honest evil deny notify=no
clipboard @any @primary deny notify=no
copy evil honest allow max=64KiB notify=no
copy evil @primary allow max=64KiB notify=no
copy @any @any deny notify=no
copy @any @primary deny notify=no
open-url @any @any deny notify=no
open-url @any @primary deny notify=no
open-file evil honest allow types=text/plain notify=no
open-file evil @primary allow types=text/plain notify=no
open-file @any @any deny notify=no
open-file @any @primary deny notify=no
notify @any @primary deny
"""
TEXT, PNG = 1, 4
DONE, CANCELLED, FAILED, DENIED = 0, 1, 2, 4
MAX = 65536
CLIPBOARD = 0


def number(data, at=0):
    return int.from_bytes(data[at:at + 4], "little")


def packed_files(files):
    """Files by their names, as tree.h has them."""
    packed = b"ORIELTR1"
    for name, content in files.items():
        packed += struct.pack("<cHqQH", b"F", 0o755, 0, len(content), len(name)) + name.encode()
        packed += struct.pack("<I", len(content)) + content
        packed += struct.pack("<IB", 0, 0) + hashlib.sha256(content).digest()
    return packed + struct.pack("<cQQ", b"E", len(files), sum(map(len, files.values())))


def install_note(desktop, file):
    """An application of the primary for all that a guest might have opened, which writes down what it is given."""
    kinds = ("text/plain", "text/html", "application/x-desktop")
    applications = desktop.top / "data" / "applications"
    applications.mkdir(parents=True, exist_ok=True)
    (applications / "note.desktop").write_text(
        "[Desktop Entry]\nType=Application\nName=Note\n"
        f"Exec=sh -c 'printf \"%%s\\\\n\" \"$1\" >>{file}' note %u\n"
        "MimeType=" + "".join(f"{kind};" for kind in kinds) + "\n")
    (desktop.top / "config" / "mimeapps.list").write_text(
        "[Default Applications]\n" + "".join(f"{kind}=note.desktop\n" for kind in kinds))


class Attack(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.desktop = Desktop()
        cls.addClassCleanup(cls.desktop.close)
        cls.opened = cls.desktop.top / "opened"
        install_note(cls.desktop, cls.opened)
        rules = cls.desktop.top / "config" / "oriel" / "policy.d" / "attack.policy"
        rules.parent.mkdir()
        rules.write_text(POLICY)
        cls.guests = {}
        for name in ("evil", "honest"):
            cls.desktop.write_vm(name, keep_alive="forever")
            cls.desktop.oriel("vm", "start", name)
            cls.guests[name] = Guest(cls.desktop, name)
            cls.addClassCleanup(cls.guests[name].close)
        cls.broker = cls.desktop.broker()
        cls.offers = cls.requests = 0

    def setUp(self):
        self.evil, self.honest = self.guests["evil"], self.guests["honest"]
        self.evil.forget()
        self.honest.forget()

    def tearDown(self):
        """An honest paste is served, by the same processes."""
        self.setUp()
        self.assertEqual(self.paste(b"after the attack"), b"after the attack")
        self.assertEqual(self.desktop.broker(), self.broker)

    # The clipboard

    def copy(self, types=TEXT):
        """The hostile guest offers something; the honest one's name for it."""
        Attack.offers += 1
        self.honest.forget()
        self.evil.say("CLIPBOARD_OFFERED", "bww", CLIPBOARD, self.offers, types)
        return number(self.honest.expect("CLIPBOARD_OFFER", fields("w", types)), 1)

    def want(self, offer, kind=TEXT, guest=None):
        """The honest guest pastes it; the number of the wish."""
        Attack.requests += 1
        (guest or self.honest).say("CLIPBOARD_WANTED", "wbww", self.requests, CLIPBOARD, offer, kind)
        return self.requests

    def fetched(self):
        """The stream by which the hostile guest is to send it."""
        return number(self.evil.expect("CLIPBOARD_FETCH"))

    def got(self, request):
        """What the honest guest is given, None for nothing."""
        stream = number(self.honest.expect("CLIPBOARD_ANSWER", fields("w", request)), 4)
        if stream == 0:
            return None
        end = self.honest.expect("STREAM_END", fields("w", stream))
        data = b"".join(part[8:] for part in self.honest.found("STREAM_DATA") if number(part) == stream)
        return data if end[4] == DONE else None

    def paste(self, content, status=DONE, words=""):
        """What comes of it if the hostile guest sends that."""
        request = self.want(self.copy())
        stream = self.fetched()
        for at in range(0, len(content), MAX // 2):
            self.evil.say("STREAM_DATA", "ws", stream, content[at:at + MAX // 2])
        self.evil.say("STREAM_END", "wbs", stream, status, words)
        return self.got(request)

    def test_content_that_breaks_off_is_not_pasted_and_nor_is_its_error(self):
        self.assertIsNone(self.paste(b"half", FAILED, "rm -rf ~\n"))
        self.assertNotIn(b"rm -rf", b"".join(data for _, data in self.honest.seen))

    def test_an_error_alone_is_not_pasted(self):
        self.assertIsNone(self.paste(b"", DENIED, "rm -rf ~\n"))
        self.assertNotIn(b"rm -rf", b"".join(data for _, data in self.honest.seen))

    def test_content_of_nothing_is_nothing(self):
        self.assertEqual(self.paste(b""), b"")

    def test_content_at_the_bound_is_pasted(self):
        self.assertEqual(self.paste(b"x" * MAX), b"x" * MAX)

    def test_content_one_byte_beyond_the_bound_is_not_pasted_in_part(self):
        self.assertIsNone(self.paste(b"x" * (MAX + 1)))

    def test_content_that_nobody_asked_for_goes_nowhere(self):
        self.copy()
        for stream in (1, 4711, 2**32 - 1):
            self.evil.say("STREAM_DATA", "ws", stream, b"unsolicited")
            self.evil.say("STREAM_END", "wbs", stream, DONE, "")
        self.evil.settle()
        self.assertEqual(self.honest.found("STREAM_DATA"), [])

    def test_content_that_goes_on_after_its_end_is_cut(self):
        request = self.want(self.copy())
        stream = self.fetched()
        self.evil.say("STREAM_DATA", "ws", stream, b"whole")
        self.evil.say("STREAM_END", "wbs", stream, DONE, "")
        self.evil.say("STREAM_DATA", "ws", stream, b"and more")
        self.evil.say("STREAM_END", "wbs", stream, DONE, "")
        self.assertEqual(self.got(request), b"whole")

    def test_content_of_an_offer_that_has_been_replaced_is_not_pasted(self):
        request = self.want(self.copy())
        stream = self.fetched()
        self.evil.say("STREAM_DATA", "ws", stream, b"first")
        self.copy()
        self.evil.say("STREAM_DATA", "ws", stream, b"second")
        self.evil.say("STREAM_END", "wbs", stream, DONE, "")
        wait_until(lambda: self.evil.found("STREAM_CANCEL", fields("w", stream)), "the paste is given up", 60)
        self.assertNotIn(b"second", b"".join(data for _, data in self.honest.seen))
        self.assertFalse(any(number(data) == request and number(data, 4) for data in self.honest.found("CLIPBOARD_ANSWER")))

    def test_silence_is_not_waited_for_and_what_comes_late_goes_nowhere(self):
        request = self.want(self.copy())
        stream = self.fetched()
        self.assertIsNone(self.got(request))
        self.copy()
        self.evil.say("STREAM_DATA", "ws", stream, b"late")
        self.evil.say("STREAM_END", "wbs", stream, DONE, "")
        self.evil.settle()
        self.honest.settle()
        self.assertEqual(self.honest.found("STREAM_DATA"), [])

    def test_what_the_policy_keeps_from_it_cannot_be_guessed(self):
        self.honest.say("CLIPBOARD_OFFERED", "bww", CLIPBOARD, 1, TEXT)
        self.honest.settle()
        for offer in range(16):
            request = self.want(offer, guest=self.evil)
            self.assertEqual(number(self.evil.expect("CLIPBOARD_ANSWER", fields("w", request)), 4), 0)
        self.assertEqual(self.evil.found("CLIPBOARD_OFFER", fields("w", TEXT)), [])
        self.assertEqual(self.honest.found("CLIPBOARD_FETCH"), [])

    def test_a_type_that_was_not_offered_is_not_fetched(self):
        request = self.want(self.copy(), PNG)
        self.assertIsNone(self.got(request))
        self.assertEqual(self.evil.found("CLIPBOARD_FETCH"), [])

    def test_a_flood_of_offers_reaches_others_as_a_few(self):
        began = time.monotonic()
        for _ in range(500):
            Attack.offers += 1
            self.evil.say("CLIPBOARD_OFFERED", "bww", CLIPBOARD, self.offers, TEXT)
        self.evil.settle()
        self.honest.settle()
        passed = time.monotonic() - began
        self.assertLess(len(self.honest.found("CLIPBOARD_OFFER")), 10 + 20 * passed)
        # What is left of the flood comes before this.
        self.copy(TEXT | PNG)

    # Files

    def offer_files(self, request, to="honest", size=1):
        self.evil.say("FILES_OFFER", "wsqws", request, to, size, 1, "gift")

    def test_a_stream_longer_than_its_files_is_broken_off(self):
        self.offer_files(1)
        stream = number(self.evil.expect("FILES_TAKE", fields("w", 1)), 4)
        self.honest.expect("FILES_UNPACK", fields("w", stream))
        for _ in range(16):
            self.evil.say("STREAM_DATA", "ws", stream, bytes(MAX))
        self.assertEqual(self.evil.expect("FILES_ANSWER", fields("w", 1))[4], FAILED)
        self.assertNotEqual(self.honest.expect("STREAM_END", fields("w", stream))[4], DONE)

    def test_more_files_than_may_pass_are_not_even_begun(self):
        self.offer_files(2, size=2**64 - 1)
        self.assertEqual(self.evil.expect("FILES_ANSWER", fields("w", 2))[4], DENIED)
        self.assertEqual(self.honest.found("FILES_UNPACK"), [])

    def test_files_that_break_off_are_no_files(self):
        self.offer_files(3)
        stream = number(self.evil.expect("FILES_TAKE", fields("w", 3)), 4)
        self.evil.say("STREAM_DATA", "ws", stream, b"ORIELTR1")
        self.evil.say("STREAM_END", "wbs", stream, FAILED, "no more\x1b[2J")
        self.assertEqual(self.evil.expect("FILES_ANSWER", fields("w", 3))[4], FAILED)
        self.assertNotEqual(self.honest.expect("STREAM_END", fields("w", stream))[4], DONE)

    def test_the_sender_cannot_say_that_its_files_have_arrived(self):
        self.offer_files(4)
        stream = number(self.evil.expect("FILES_TAKE", fields("w", 4)), 4)
        self.honest.expect("FILES_UNPACK", fields("w", stream))
        self.evil.say("FILES_UNPACKED", "wbwss", stream, DONE, 0, b"/etc/passwd\0", "")
        self.evil.settle()
        self.assertEqual(self.evil.found("FILES_ANSWER"), [])
        self.evil.say("STREAM_END", "wbs", stream, CANCELLED, "")
        self.evil.expect("FILES_ANSWER", fields("w", 4))

    def test_an_offer_that_is_withdrawn_by_another_stays(self):
        self.offer_files(5)
        stream = number(self.evil.expect("FILES_TAKE", fields("w", 5)), 4)
        self.honest.say("FILES_WITHDRAW", "w", 5)
        self.honest.settle()
        self.assertEqual(self.evil.found("FILES_ANSWER"), [])
        self.evil.say("STREAM_END", "wbs", stream, CANCELLED, "")
        self.evil.expect("FILES_ANSWER", fields("w", 5))

    def pack(self, **files):
        """Answers a request for files by these ones, whatever was asked for."""
        stream = number(self.evil.expect("FILES_PACK"))
        packed = packed_files(files)
        self.evil.say("FILES_FOUND", "wqw", stream, len(packed), len(files))
        self.evil.say("STREAM_DATA", "ws", stream, packed)
        self.evil.say("STREAM_END", "wbs", stream, DONE, "")

    def test_files_that_nobody_asked_for_do_not_come_with_those_that_were(self):
        home = self.desktop.top / "home" / "copied"
        home.mkdir()
        for name in (".profile", "bin"):
            self.evil.forget()
            copying = self.desktop.spawn("oriel", "copy", "evil:docs/notes", home, stderr=subprocess.PIPE, text=True)
            self.pack(**{"notes": b"fine", name: b"rm -rf ~"})
            words = copying.communicate(timeout=60 * PATIENCE)[1]
            self.assertEqual((copying.returncode, os.listdir(home)), (1, []))
            self.assertIn(f"the sender sent '{name}', which it was not asked for", words)

    def open_file(self, request, target, name, **files):
        """Has a file opened, and sends these; whether it is said to have been."""
        self.evil.forget()
        self.evil.say("OPEN_REQUEST", "wss", request, target, f"file:///home/{name}")
        self.pack(**files)
        return self.evil.expect("OPEN_ANSWER", fields("w", request))[4] == 1

    def test_another_file_than_the_rules_let_pass_is_not_opened_on_the_primary(self):
        script = b"[Desktop Entry]\nType=Application\nName=x\nExec=true\n"
        self.assertFalse(self.open_file(101, "@primary", "note.txt", **{"page.html": b"<html>"}))
        self.assertTrue(self.open_file(102, "@primary", "note.txt", **{"note.txt": script}))
        lines = wait_until(lambda: self.opened.exists() and self.opened.read_text(), "the file that may be is opened")
        self.assertRegex(lines, r"\A/.*/Incoming/evil/note\.txt\n\Z")

    def test_another_file_than_the_rules_let_pass_is_not_opened_in_a_vm(self):
        self.evil.say("OPEN_REQUEST", "wss", 103, "honest", "file:///home/note.txt")
        self.pack(**{"page.html": b"<html>"})
        stream = number(self.honest.expect("FILES_UNPACK"))
        self.honest.expect("STREAM_END", fields("w", stream))
        self.honest.say("FILES_UNPACKED", "wbwss", stream, DONE, 0, b"/home/Incoming/evil/page.html\0", "")
        self.assertEqual(self.evil.expect("OPEN_ANSWER", fields("w", 103))[4], 0)
        self.honest.settle()
        self.assertEqual(self.honest.found("LAUNCH"), [])

    # Links, notifications, the menu

    def test_links_that_are_none_are_refused(self):
        for request, url in enumerate(("javascript:alert(1)", "http://a b/", "-x", "file:///etc/passwd", "HTTPS://\x7f"), 1):
            self.evil.say("OPEN_REQUEST", "wss", request, "@primary", url)
            self.assertEqual(self.evil.expect("OPEN_ANSWER", fields("w", request))[4], 0, url)

    def test_a_flood_of_notifications_is_closed(self):
        for notification in range(1, 301):
            self.evil.say("NOTIFY", "wsssbis", notification, "Bank", "t\x1b[2J", "b" * 1024, 2, 0, b"")
        self.evil.expect("NOTIFY_CLOSED", count=300)

    def apps(self):
        return {row["id"] for row in json.loads(self.desktop.oriel("apps", "evil", "--json"))}

    def list(self, *identifiers):
        for identifier in identifiers:
            self.evil.say("APPLICATION", "wsssssssssqb", 0, identifier, "Name", "", "", "", "", "", "", "", 0, 0)

    def test_a_list_whose_end_never_comes_ends_with_its_session(self):
        self.list(*(f"endless-{n}.desktop" for n in range(500)))
        self.evil.settle()
        self.evil.hang_up()
        self.evil.begin()
        self.evil.say("APPLICATIONS_END", "w", 0)
        self.evil.settle()
        listing = self.desktop.spawn("oriel", "apps", "evil")
        self.evil.say("APPLICATIONS_END", "w", number(self.evil.expect("APPLICATIONS_REQUEST", count=2)))
        self.assertEqual(listing.wait(60), 0)
        self.assertNotIn("endless", self.desktop.stderr())

    def test_more_applications_than_a_list_may_have_end_the_session(self):
        self.list(*(f"bomb-{n}.desktop" for n in range(4097)))
        self.evil.expect("THE END")
        self.evil.begin()
        self.assertTrue(alive(self.evil.view()))


if __name__ == "__main__":
    tap.main()
