#!/usr/bin/python3
"""Attacks on orield by a view that its guest has taken over: on the real link, each with its expected end.

After each, orield is the same process and serves an honest VM beside it.
"""
import fcntl
import json
import os
import pathlib
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import hostile_view
import tap
from desktop import holds
from hostile_view import PACKET_MAX, Stage, packet, wait_until

EVILS = ("evil0", "evil1", "evil2")  # by turns: a view that has been killed comes back ever later
FLOODER = "evil3"  # whose wishes are no longer heard as often as others'
BROKEN = "it broke the rules of its link"
PAST = "it claims a guest before it has been given one"
STRANGER = "it is another process than the one that was started"
ICON_SIZE = 16
TEXT = 1  # of the types of a clipboard
NO_TYPE = 0
FULLSCREEN = 8
GIVER, TAKER = "evil1", "evil0"
COPIES_MAX = 16  # of one VM
RULES = ("copy @any @any", "copy @any @primary", "open-url @any @any", "open-url @any @primary",
         "open-file @any @any", "open-file @any @primary", "notify @any @primary", "fullscreen @any @primary")


def memory(size, seals=0):
    """A memfd."""
    descriptor = os.memfd_create("attack", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.truncate(descriptor, size)
    fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, seals)
    return descriptor


def application(serial, name, identifier, icon=""):
    return packet("APPLICATION", "wsssssssssqb", serial, identifier, name, "", "", "", "", "", "", icon, 0, 0)


class Attack(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stage = Stage()
        cls.addClassCleanup(cls.stage.close)
        cls.desktop = cls.stage.desktop
        rules = cls.desktop.top / "config" / "oriel" / "policy.d" / "deny.policy"
        rules.parent.mkdir()
        rules.write_text(f"copy {GIVER} {TAKER} allow notify=no\n" + "".join(f"{rule} deny\n" for rule in RULES))
        cls.desktop.write_vm("honest", label="green")
        cls.desktop.run("honest", "xterm")
        cls.desktop.window(vm="honest")
        cls.broker = cls.desktop.broker()
        for name in (*EVILS, FLOODER):
            cls.desktop.write_vm(name, keep_alive="forever")
            starter = cls.desktop.spawn("oriel", "vm", "start", name)
            cls.stage.take_of(name).begin_session()
            starter.wait(60)
        cls.turn = 0

    def setUp(self):
        """A view with a session."""
        Attack.turn += 1
        self.play(EVILS[self.turn % len(EVILS)])

    def play(self, name):
        self.name = name
        self.view = self.stage.views[name]
        self.view.seen.clear()

    def tearDown(self):
        self.assertEqual(self.desktop.broker(), self.broker)
        picture = self.desktop.top / "honest.png"
        self.desktop.oriel("screenshot", "honest", picture)
        self.assertTrue(picture.read_bytes().startswith(b"\x89PNG"))

    def ends(self, reason=BROKEN):
        """The view is ended, and started again."""
        self.stage.await_end(self.view, reason)
        self.stage.take_of(self.name).begin_session()
        wait_until(lambda: self.desktop.vm(self.name)["state"] == "running", f"{self.name} runs")

    def goes_on(self):
        """The view is still there, and heard."""
        self.assertEqual([w for w in self.desktop.windows() if w["vm"] != "honest"], [])
        self.assertTrue(hostile_view.alive(self.view.pid))
        self.assertEqual(self.view.count("THE END"), 0)

    def start_anew(self):
        """Another view of the VM, which has not said anything yet."""
        self.view.say("READY", "wbs", self.view.pid, 0, "")
        self.stage.await_end(self.view, BROKEN)
        self.view = self.stage.take_of(self.name)

    # Who is there

    def test_a_view_that_says_ready_twice_is_ended(self):
        self.view.ready()
        self.ends()

    def test_a_view_that_speaks_before_it_is_ready_is_ended(self):
        self.start_anew()
        self.view.say("WINDOWS_CHANGED", "w", 1)
        self.ends()

    def test_a_view_that_says_it_is_orield_is_ended(self):
        self.start_anew()
        self.view.ready(pid=self.broker)
        self.ends(STRANGER)

    def test_a_view_that_says_it_is_init_is_ended(self):
        self.start_anew()
        self.view.ready(pid=1)
        self.ends(STRANGER)

    def test_a_new_view_that_claims_a_session_is_ended(self):
        self.start_anew()
        self.view.ready(connected=1)
        self.ends(PAST)

    def test_a_new_view_that_claims_another_VMs_windows_is_ended(self):
        self.start_anew()
        self.view.ready(name="honest")
        self.ends(PAST)

    def test_a_view_that_hangs_up_is_ended(self):
        self.view.link.shutdown(2)
        self.ends("it was ended by signal 9")

    # Packets

    def test_a_packet_without_an_opcode_ends_the_view(self):
        self.view.send(b"\x81")
        self.ends()

    def test_an_unknown_opcode_ends_the_view(self):
        self.view.say(0x7fff)
        self.ends()

    def test_a_message_of_the_other_direction_ends_the_view(self):
        self.view.say("QUIT", "b", 0)
        self.ends()

    def test_a_word_of_the_desk_ends_the_view(self):
        self.view.say("QUESTION_ANSWERED", "wb", 1, 1)
        self.ends()

    def test_a_message_one_byte_too_short_ends_the_view(self):
        self.view.send(packet("WINDOWS_CHANGED", "w", 1)[:-1])
        self.ends()

    def test_a_message_one_byte_too_long_ends_the_view(self):
        self.view.send(packet("WINDOWS_CHANGED", "w", 1) + b"\0")
        self.ends()

    def test_a_packet_larger_than_any_message_ends_the_view(self):
        self.view.send(packet("WINDOWS_CHANGED", "w", 1) + bytes(PACKET_MAX))
        self.ends()

    def test_a_number_out_of_range_ends_the_view(self):
        self.view.say("WINDOWS_CHANGED", "w", 0xffffffff)
        self.ends()

    def test_a_text_that_leaves_its_packet_ends_the_view(self):
        self.view.send(packet("SESSION_CLOSED", "hw", 0, 0xffffffff) + b"gone")
        self.ends()

    def test_a_text_that_is_no_UTF_8_ends_the_view(self):
        self.view.say("SESSION_CLOSED", "hs", 0, b"\xff\xfe")
        self.ends()

    def test_a_text_one_byte_too_long_ends_the_view(self):
        self.view.say("SESSION_CLOSED", "hs", 0, "x" * 513)
        self.ends()

    # Descriptors

    def check_descriptors(self, before):
        self.goes_on()
        wait_until(lambda: self.stage.descriptors_of_broker() <= before, "orield has closed what it was sent")

    def test_a_descriptor_with_a_message_that_has_none_ends_the_view(self):
        self.view.say("WINDOWS_CHANGED", "w", 1, descriptors=[0])
        self.ends()

    def test_a_picture_without_its_descriptor_ends_the_view(self):
        self.view.say("APPLICATION_ICON", "wh", 1, ICON_SIZE)
        self.ends()

    def test_two_descriptors_for_one_ends_the_view(self):
        self.view.say("APPLICATION_ICON", "wh", 1, ICON_SIZE, descriptors=[0, 0])
        self.ends()

    def test_as_many_descriptors_as_a_packet_can_have_ends_the_view(self):
        before = self.stage.descriptors_of_broker()
        self.view.say("APPLICATION_ICON", "wh", 1, ICON_SIZE, descriptors=[0] * 253)
        self.ends()
        self.play(self.name)
        self.check_descriptors(before)

    def test_icons_that_nobody_asked_for_leave_no_descriptors(self):
        before = self.stage.descriptors_of_broker()
        icon = memory(ICON_SIZE * ICON_SIZE * 4)
        for serial in range(1000):
            self.view.say("APPLICATION_ICON", "wh", serial, ICON_SIZE, descriptors=[icon])
        os.close(icon)
        self.check_descriptors(before)

    def test_pictures_that_nobody_asked_for_leave_no_descriptors(self):
        before = self.stage.descriptors_of_broker()
        picture = memory(4)
        for serial in range(1000):
            self.view.say("SCREENSHOT", "wwwws", serial, 1, 1, 4, "", descriptors=[picture])
        os.close(picture)
        self.check_descriptors(before)

    # Answers

    def screenshot(self, fields, descriptors):
        """What the user is told who wanted a picture, and was given that."""
        words = ["oriel", "screenshot", self.name, self.desktop.top / "evil.png"]
        asker = self.desktop.spawn(*words, stderr=subprocess.PIPE, text=True)
        serial = int.from_bytes(self.view.expect("SCREENSHOT_REQUEST")[:4], "little")
        self.view.say("SCREENSHOT", "wwwws", serial, *fields, descriptors=descriptors)
        _, told = asker.communicate(timeout=60)
        self.assertEqual(asker.returncode, 1)
        self.assertFalse((self.desktop.top / "evil.png").exists())
        return told

    def test_a_picture_larger_than_its_memory_is_refused(self):
        self.assertIn("shorter than it should be", self.screenshot((16384, 16384, 65536, ""), [memory(4)]))

    def test_a_pipe_for_a_picture_is_refused(self):
        reader, writer = os.pipe()
        self.assertIn("shorter than it should be", self.screenshot((16, 16, 64, ""), [reader]))
        os.close(reader)
        os.close(writer)

    def test_a_picture_whose_lines_are_shorter_than_it_is_wide_is_refused(self):
        self.assertIn("no valid size", self.screenshot((16, 16, 4, ""), [memory(4)]))

    def test_the_words_of_a_view_reach_the_terminal_as_one_plain_line(self):
        told = self.screenshot((0, 0, 0, "no\noriel: all is well\x1b[2J\u202e"), [])
        self.assertEqual(told, f"oriel: {self.name}: no oriel: all is well [2J\n")

    def test_what_a_view_calls_its_windows_is_made_plain(self):
        self.view.answers = False
        asker = self.desktop.spawn("oriel", "windows", "--json", stdout=subprocess.PIPE, text=True)
        serial = int.from_bytes(self.view.expect("WINDOWS_REQUEST")[:4], "little")
        self.view.say("WINDOW", "wwqqqbbiiwwwqqqqss", serial, 1, 1, 1, 1, 0, 1, 0, 0, 10, 10, 0, 1, 0, 0, 0,
                      "a\nb\x1b[2J\u009b2J\u202e", "c\x07")
        self.view.say("WINDOWS_END", "w", serial)
        told, _ = asker.communicate(timeout=60)
        self.view.answers = True
        (window,) = [row for row in json.loads(told) if row["vm"] == self.name]
        self.assertEqual((window["title"], window["app_id"]), ("a b [2J 2J", "c "))

    def test_a_view_that_does_not_answer_is_not_waited_for_long(self):
        self.view.answers = False
        done = self.desktop.oriel("screenshot", self.name, self.desktop.top / "evil.png", check=False)
        self.assertIn("did not answer in time", done.stderr)
        self.assertEqual([w["vm"] for w in self.desktop.windows()], ["honest"])
        self.view.answers = True

    def test_windows_that_nobody_asked_for_are_not_listed(self):
        for serial in range(2000):
            self.view.say("WINDOW", "wwqqqbbiiwwwqqqqss", serial, 1, 1, 1, 1, 0, 1, 0, 0, 10, 10, 0, 1, 0, 0, 0,
                          "forged", "Forged")
        self.goes_on()

    def test_answers_to_nothing_change_nothing(self):
        self.view.say("STATS", "wqqqqqqw", 4711, 1, 1, 1, 1, 1, 1, 1)
        self.view.say("LAUNCHED", "wws", 4711, 0, "no")
        self.view.say("LAUNCHED", "wws", 4711, 1, "")
        self.view.say("EXITED", "ww", 4711, 0)
        self.view.say("APPLICATION_ICONS_END", "w", 4711)
        self.view.say("STREAM_ENDED", "wbqs", 4711, 0, 2**64 - 1, "")
        self.view.say("FILES_FOUND", "wqw", 4711, 2**64 - 1, 1)
        self.view.say("FILES_UNPACKED", "wbwss", 4711, 0, 0, b"/etc/passwd\0", "")
        self.view.say("FILES_WITHDRAW", "w", 4711)
        self.view.say("NOTIFY_CLOSE", "w", 4711)
        self.goes_on()

    def test_sessions_that_begin_and_end_without_end_are_borne(self):
        for _ in range(2000):
            self.view.say("SESSION_CLOSED", "hs", 0, "gone")
            self.view.say("SESSION_READY", "q", 2)
        self.view.expect("CONNECT")
        self.goes_on()

    # What it wants of others

    def test_a_link_that_is_none_is_refused(self):
        for number, url in enumerate(("http://a b/\x1b[2J", "javascript:alert(1)", "file:///etc/passwd", "-oProxy=x",
                                      "https://" + "a" * 8000), 1):
            self.view.say("OPEN_REQUEST", "wss", number, "", url)
            self.assertEqual(self.view.expect("OPEN_ANSWER", number)[4], 0, url)
        self.goes_on()

    def test_a_flood_of_links_is_refused(self):
        self.play(FLOODER)
        for request in range(1, 201):
            self.view.say("OPEN_REQUEST", "wss", request, "@primary", "https://example.org/")
        self.assertIn(b"too much", self.view.expect("OPEN_ANSWER", 200))
        self.goes_on()

    def test_a_flood_of_notifications_is_closed(self):
        self.play(FLOODER)
        for number in range(1, 1001):
            self.view.say("NOTIFY", "wsssbis", number, "Bank", "t\x1b[2J", "b" * 4096, 2, 0, b"")
        self.view.expect("NOTIFY_CLOSED", 1000)
        self.goes_on()

    def test_a_flood_of_wishes_to_cover_others_is_denied(self):
        self.play(FLOODER)
        for window in range(1, 1001):
            self.view.say("COVER_REQUEST", "ww", window, FULLSCREEN)
        self.view.expect("COVER_ANSWER", 1000)
        self.goes_on()

    def test_pastes_of_what_was_never_offered_have_no_content(self):
        for request in range(1000):
            self.view.say("CLIPBOARD_WANTED", "wbww", request, 0, request, TEXT)
        self.assertEqual(self.view.expect("CLIPBOARD_ANSWER", 1000)[4:], bytes(4))
        self.goes_on()

    def test_a_flood_of_clipboards_is_borne(self):
        for offer in range(5000):
            self.view.say("CLIPBOARD_OFFERED", "bww", offer % 2, offer, offer % 2 and TEXT)
        self.view.say("CLIPBOARD_OFFERED", "bww", 0, 0, NO_TYPE)
        self.goes_on()

    def offer_files(self, request, to):
        self.view.say("FILES_OFFER", "wsqws", request, to, 2**64 - 1, 1000000, "../../etc/passwd")

    def test_files_for_whom_they_may_not_go_to_are_refused_alike(self):
        answers = []
        for number, to in enumerate(("@primary", "honest", "nobody", self.name, "../honest", "-x"), 1):
            self.offer_files(number, to)
            answers.append(self.view.expect("FILES_ANSWER", number)[4:])
        self.assertEqual(len(set(answers)), 1, answers)
        self.goes_on()

    def test_a_flood_of_files_is_refused(self):
        self.play(FLOODER)
        for request in range(1, 201):
            self.offer_files(request, "@primary")
        self.assertIn(b"too many", self.view.expect("FILES_ANSWER", 200))
        self.goes_on()

    def offer_another(self):
        """How many of the files that have been offered are wanted."""
        self.offered += 1
        self.view.say("FILES_OFFER", "wsqws", self.offered, TAKER, 1, 1, "gift")
        wait_until(lambda: self.view.count("FILES_TAKE") + self.view.count("FILES_ANSWER") >= self.offered, "an answer")
        return self.view.count("FILES_TAKE")

    def test_one_VM_cannot_use_up_what_all_may_copy(self):
        self.play(GIVER)
        self.offered = 0
        wait_until(lambda: self.offer_another() == COPIES_MAX, "as many are wanted as may be", 60)
        # Longer than until another offer would be heard.
        self.assertTrue(holds(lambda: self.offer_another() == COPIES_MAX, 2.5))
        self.view.ready()
        self.ends()

    # The menu

    def list(self, applications, end=True):
        """What the user is told of a VM that lists these: names by ids."""
        self.view.answers = False
        asker = self.desktop.spawn("oriel", "apps", self.name, "--json", stdout=subprocess.PIPE, text=True)
        serial = int.from_bytes(self.view.expect("APPLICATIONS_REQUEST")[:4], "little")
        for identifier, name in applications:
            self.view.send(application(serial, name, identifier))
        if end:
            self.view.say("APPLICATIONS_END", "w", serial)
        told, _ = asker.communicate(timeout=60)
        self.view.answers = True
        return {row["id"]: row["name"] for row in json.loads(told or "[]")}

    def test_applications_whose_ids_are_paths_or_commands_are_left_out(self):
        wrong = ("../evil.desktop", "a/b.desktop", "a\nExec=sh.desktop", "a%u.desktop", ".desktop", "-a.desktop",
                 "a b.desktop", "a\"b.desktop", "a", "a;b.desktop")
        told = self.list([(identifier, "Evil") for identifier in wrong] + [("good.desktop", "Good\nExec=sh\x1b[2J")])
        self.assertEqual(told, {"good.desktop": "Good Exec=sh [2J"})
        self.goes_on()

    def test_a_list_that_never_ends_is_never_taken_over(self):
        endless = [(f"endless-{number}.desktop", "x" * 200) for number in range(6000)]
        self.assertEqual(self.list(endless, end=False), {})
        self.view.ready()
        self.ends()

    def test_lists_that_end_without_end_are_borne(self):
        for number in range(3000):
            self.view.send(application(0, "Application", f"{number}.desktop"))
            self.view.say("APPLICATIONS_END", "w", number)
        self.goes_on()

    def test_actions_of_no_application_are_left_out(self):
        self.view.say("APPLICATION_ACTION", "wssss", 0, "none.desktop", "act", "Act", "")
        self.view.say("APPLICATIONS_END", "w", 0)
        self.goes_on()

    # Floods

    def test_a_flood_of_messages_does_not_keep_orield_from_others(self):
        message = packet("WINDOWS_CHANGED", "w", 0)
        for _ in range(40):
            for _ in range(1000):
                self.view.send(message)
        self.tearDown()
        self.goes_on()

    def test_a_flood_of_silence_and_none_is_borne(self):
        for number in range(5000):
            self.view.say("GUEST_SILENT", "b", number % 2)
        self.view.say("GUEST_SILENT", "b", 0)
        self.goes_on()

    # The log

    def test_the_reason_of_a_view_is_one_line_of_the_log(self):
        self.view.say("SESSION_CLOSED", "hs", 0, "gone\nforged: by a view\x1b[2J\r")
        wait_until(lambda: "gone forged: by a view" in self.stage.log(), "orield notes the end")
        self.assertNotIn("\nforged", self.stage.log())
        self.assertNotIn("\x1b", self.stage.log())
        self.view.expect("CONNECT")
        self.goes_on()

    def test_a_flood_of_words_does_not_fill_the_log(self):
        self.play(FLOODER)
        before = len(self.stage.log())
        for _ in range(5000):
            self.view.say("LOGGED", "s", "a word\nforged: by a view\x1b[2J" + 400 * "x")
        self.goes_on()
        wait_until(lambda: "has more to say than the log takes" in self.stage.log(), "orield says that it leaves some out")
        self.assertLess(len(self.stage.log()) - before, 200_000)
        self.assertIn(f"{FLOODER}: its view: a word forged: by a view", self.stage.log())
        self.assertNotIn("\x1b", self.stage.log())


if __name__ == "__main__":
    tap.main()
