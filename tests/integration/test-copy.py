#!/usr/bin/python3
"""Files that are handed over: between guests, from and to the primary, by the user and by guests' programs."""
import hashlib
import json
import os
import pathlib
import resource
import signal
import stat
import subprocess
import sys
import unittest
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import tap
from desktop import Desktop, Failed, descendants, wait_until

MEBIBYTE = 1 << 20
LARGE = 48 * MEBIBYTE  # more than all buffers on the way hold


def tree_of(path):
    """name: digest of every file below a path, None for directories."""
    found = {}
    for entry in sorted(path.rglob("*")):
        found[str(entry.relative_to(path))] = \
            hashlib.sha256(entry.read_bytes()).hexdigest() if entry.is_file() else None
    return found


class CopyCase(unittest.TestCase):
    """Two guests and a primary, each with a place to send from; all may copy to all."""
    @classmethod
    def setUpClass(cls):
        cls.desktop = desktop = Desktop(window_manager=None)
        cls.addClassCleanup(desktop.close)
        desktop.write_vm("work")
        desktop.write_vm("personal", label="green")
        cls.policy = desktop.top / "config" / "oriel" / "policy.d" / "a.policy"
        cls.policy.parent.mkdir()
        cls.homes = {name: desktop.guest_home(name) for name in ("work", "personal")}
        cls.homes["primary"] = desktop.top / "home"
        cls.allow()
        desktop.oriel("vm", "start", "work")
        desktop.oriel("vm", "start", "personal")

    @classmethod
    def allow(cls, *rules):
        cls.policy.write_text("".join(f"copy {rule}\n" for rule in rules or
                                      ("@any @any allow", "@any @primary allow", "@primary @any allow")))
        cls.desktop.oriel("policy", "reload")

    def setUp(self):
        self.allow()
        for home in self.homes.values():
            subprocess.run(["rm", "-rf", home / "Incoming", home / "out"], check=True)
            (home / "out").mkdir()

    def make_tree(self, name):
        """A tree in a home, with all that a tree may have."""
        top = self.homes[name] / "out" / "tree"
        (top / "sub" / "deep").mkdir(parents=True)
        (top / "empty").mkdir()
        (top / "a file.txt").write_text("alpha\n")
        (top / "sub" / "nothing").write_text("")
        (top / "sub" / "deep" / "Größe.bin").write_bytes(os.urandom(3 * MEBIBYTE + 17))
        script = top / "run.sh"
        script.write_text("#!/bin/sh\n")
        script.chmod(0o4755)
        return top

    def make_large(self, name, size=LARGE):
        path = self.homes[name] / "out" / "large"
        path.write_bytes(os.urandom(MEBIBYTE) * (size // MEBIBYTE))
        return path

    def incoming(self, name, sender):
        return self.homes[name] / "Incoming" / sender

    def received(self, name, sender):
        """Names of all that has come, hidden ones too."""
        place = self.incoming(name, sender)
        return sorted(os.listdir(place)) if place.exists() else []

    def copy(self, *words, check=True):
        return self.desktop.oriel("copy", *words, check=check)

    def guest(self, vm, *command, check=True):
        """Runs a command in a guest to its end; its exit status and words."""
        done = self.desktop.oriel("run", "--wait", vm, "--", "sh", "-c", 'exec "$@" 2>"$HOME/words"', "sh",
                                  *command, check=False)
        words = (self.homes[vm] / "words").read_text()
        if check and done.returncode:
            raise Failed(done) from AssertionError(words)
        return done.returncode, words

    def expect_failure(self, done, *words):
        self.assertEqual(done.returncode, 1, done.stdout)
        for word in words:
            self.assertIn(word, done.stderr)

    def helpers(self):
        """Processes that pack or unpack."""
        return {pid: command for pid, command in descendants(os.getpid()).items()
                if command.split(" ")[0].endswith("oriel-files")}

    def expect_nothing_left(self):
        """No process, and nothing in any Incoming but what is whole."""
        wait_until(lambda: not self.helpers(), lambda: f"these end: {self.helpers()}")
        for name, home in self.homes.items():
            if (home / "Incoming").exists():
                self.assertEqual([p for p in (home / "Incoming").rglob("*") if not p.is_dir()], [], name)
                self.assertEqual([p for p in (home / "Incoming").rglob(".oriel*")], [], name)


class Copies(CopyCase):
    def expect_tree(self, sent, received):
        self.assertEqual(tree_of(sent), tree_of(received))
        self.assertEqual(stat.S_IMODE((received / "run.sh").stat().st_mode) & 0o7700, 0o700)
        self.assertEqual(int((received / "a file.txt").stat().st_mtime), int((sent / "a file.txt").stat().st_mtime))

    def test_a_tree_goes_from_guest_to_guest(self):
        sent = self.make_tree("work")
        out = self.copy("work:out/tree", "personal:")
        self.assertEqual(out.splitlines(), [str(self.incoming("personal", "work") / "tree")])
        self.expect_tree(sent, self.incoming("personal", "work") / "tree")

    def test_a_tree_goes_from_the_primary_to_a_guest(self):
        sent = self.make_tree("primary")
        self.copy(sent, "work:")
        self.expect_tree(sent, self.incoming("work", "primary") / "tree")

    def test_a_tree_goes_from_a_guest_to_the_primary(self):
        sent = self.make_tree("work")
        place = self.homes["primary"] / "out" / "here"
        self.copy("work:~/out/tree", place)
        self.expect_tree(sent, place / "tree")

    def test_json_tells_where_the_files_are(self):
        self.make_tree("work")
        (self.homes["work"] / "out" / "tree" / "link").symlink_to("/etc/passwd")
        os.mkfifo(self.homes["work"] / "out" / "tree" / "fifo")
        told = json.loads(self.copy("work:out/tree", "personal:", "--json"))
        self.assertEqual(told["paths"], [str(self.incoming("personal", "work") / "tree")])
        self.assertEqual(told["skipped"], 2)
        self.assertGreater(told["bytes"], 3 * MEBIBYTE)
        self.assertFalse((self.incoming("personal", "work") / "tree" / "link").is_symlink())

    def test_what_is_there_already_is_kept(self):
        path = self.homes["work"] / "out" / "note.txt"
        for text in ("first", "second", "third"):
            path.write_text(text)
            self.copy("work:out/note.txt", "personal:")
        place = self.incoming("personal", "work")
        self.assertEqual([(place / name).read_text() for name in ("note.txt", "note (2).txt", "note (3).txt")],
                         ["first", "second", "third"])

    def test_names_that_would_mislead_are_escaped(self):
        (self.homes["work"] / "out" / "a\nb").write_text("1")
        (self.homes["work"] / "out" / "\x1b[2J").write_text("2")
        self.copy("work:out", "personal:")
        self.assertEqual(sorted(os.listdir(self.incoming("personal", "work") / "out")), ["%1B[2J", "a%0Ab"])

    def test_a_large_file_comes_whole(self):
        sent = self.make_large("work")
        self.copy("work:out/large", "personal:")
        self.assertEqual((self.incoming("personal", "work") / "large").read_bytes(), sent.read_bytes())

    def test_a_vm_that_is_down_is_started(self):
        self.desktop.oriel("vm", "stop", "personal")
        self.homes["work"].joinpath("out", "x").write_text("1")
        self.copy("work:out/x", "personal:")
        self.assertEqual(self.received("personal", "work"), ["x"])

    def test_mistakes_are_told(self):
        self.expect_failure(self.copy("work:out/none", "personal:", check=False), "No such file or directory")
        self.expect_failure(self.copy("work:out", "nobody:", check=False), "there is no VM 'nobody'")
        self.expect_failure(self.copy("work:out", "work:", check=False), "both sides of the copy are the same")
        self.expect_failure(self.copy("none", "work:", check=False), "No such file or directory")
        os.mkfifo(self.homes["primary"] / "out" / "pipe")
        self.expect_failure(self.copy(self.homes["primary"] / "out" / "pipe", "work:", check=False),
                            "nothing of it is a file or a directory that can be read")
        file = self.homes["primary"] / "out" / "file"
        file.write_text("in the way")
        for place, why in ((file, "Not a directory"), (file / "below", "Not a directory"),
                           (self.homes["primary"] / "none" / "below", "No such file or directory")):
            self.expect_failure(self.copy("work:out", place, check=False), f"nothing can be put into {place}: {why}")
        for words in (("x", "y"), ("work:a", "personal:b", "."), ("work:", "."), ("work:a", "personal:b")):
            self.assertEqual(self.copy(*words, check=False).returncode, 2, words)
        self.expect_nothing_left()


class Decisions(CopyCase):
    def audit(self):
        log = pathlib.Path(self.desktop.env["XDG_STATE_HOME"]) / "oriel" / "audit.jsonl"
        return [json.loads(line) for line in log.read_text().splitlines()]

    def test_what_is_denied_is_not_even_read(self):
        self.allow("work personal deny")
        self.make_tree("work")
        self.expect_failure(self.copy("work:out/tree", "personal:", check=False), "does not allow copy")
        self.assertEqual(self.received("personal", "work"), [])
        self.assertEqual(self.audit()[-1]["service"], "copy")
        self.assertEqual(self.audit()[-1]["outcome"], "deny")

    def test_more_than_the_policy_lets_pass_is_denied(self):
        self.allow("work personal allow max=1MiB")
        self.make_tree("work")
        self.expect_failure(self.copy("work:out/tree", "personal:", check=False), "no more than 1M may pass")
        self.assertEqual(self.received("personal", "work"), [])
        (self.homes["work"] / "out" / "small").write_bytes(bytes(MEBIBYTE))
        self.copy("work:out/small", "personal:")

    def test_the_user_is_asked_and_may_think_better_of_it(self):
        self.allow("work personal ask")
        (self.homes["work"] / "out" / "x").write_text("content")
        copying = self.desktop.spawn("oriel", "copy", "work:out/x", "personal:", stderr=subprocess.PIPE, text=True)
        self.addCleanup(copying.stderr.close)
        self.assertIn("waits for your answer", copying.stderr.readline())
        copying.send_signal(signal.SIGINT)
        self.assertIn("it was cancelled", copying.communicate(timeout=60)[1])
        self.assertEqual(self.received("personal", "work"), [])
        self.expect_nothing_left()

    def test_the_audit_log_has_size_and_digest_of_what_passed(self):
        (self.homes["work"] / "out" / "x").write_text("content")
        self.copy("work:out/x", "personal:")
        line = self.audit()[-1]
        self.assertEqual((line["service"], line["from"], line["to"]), ("copy", "work", "personal"))
        self.assertEqual(len(line["sha256"]), 64)


class Launches(CopyCase):
    """Applications that are to open files of the primary."""
    def setUp(self):
        super().setUp()
        directory = self.homes["work"] / ".local" / "share" / "applications"
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "note.desktop").write_text(
            "[Desktop Entry]\nType=Application\nName=Note\n"
            "Exec=sh -c 'printf \"%%s\\n\" \"$@\" >\"$HOME/opened\"' note %U\n")
        (self.homes["work"] / "opened").unlink(missing_ok=True)

    def opened(self):
        return (self.homes["work"] / "opened").read_text().splitlines()

    def test_files_are_copied_first_and_the_copies_opened(self):
        for name in ("z first", "a second"):
            (self.homes["primary"] / "out" / name).write_text(name)
        first, second = (self.homes["primary"] / "out" / name for name in ("z first", "a second"))
        self.desktop.oriel("run", "--wait", "work", "note.desktop", first, "https://example.org/", second.as_uri(),
                           "work:/etc/hostname", "none")
        place = self.incoming("work", "primary")
        self.assertEqual([self.plain(word) for word in self.opened()],
                         [str(place / "z first"), "https://example.org/", str(place / "a second"), "/etc/hostname",
                          "none"])
        self.assertEqual((place / "z first").read_text(), "z first")

    @staticmethod
    def plain(word):
        """A field code for URLs makes them of paths."""
        return urllib.parse.unquote(word.removeprefix("file://"))

    def test_an_application_is_not_started_without_its_files(self):
        self.allow("@primary work deny")
        path = self.homes["primary"] / "out" / "x"
        path.write_text("1")
        self.expect_failure(self.desktop.oriel("run", "work", "note.desktop", path, check=False),
                            "does not allow copy")
        self.assertFalse((self.homes["work"] / "opened").exists())


    def test_nothing_is_copied_for_an_application_that_may_not_be_launched(self):
        path = self.homes["primary"] / "out" / "x"
        path.write_text("1")
        self.allow("@primary work allow")
        with self.policy.open("a") as policy:
            policy.write("launch @primary work deny\n")
        self.desktop.oriel("policy", "reload")
        self.expect_failure(self.desktop.oriel("run", "work", "note.desktop", path, check=False),
                            "does not allow launch")
        self.assertFalse((self.incoming("work", "primary") / "x").exists())

    def test_an_application_is_not_started_with_some_of_its_files(self):
        os.mkfifo(self.homes["primary"] / "out" / "fifo")
        (self.homes["primary"] / "out" / "x").write_text("1")
        words = [self.homes["primary"] / "out" / name for name in ("x", "fifo")]
        self.expect_failure(self.desktop.oriel("run", "work", "note.desktop", *words, check=False),
                            "not all files have reached the VM")
        self.assertFalse((self.homes["work"] / "opened").exists())


class Offers(CopyCase):
    """What programs of a guest send, by oriel-copy-to."""
    def test_a_guests_program_sends_a_tree_to_another_guest(self):
        sent = self.make_tree("work")
        self.guest("work", "sh", "-c", "cd out && exec oriel-copy-to personal tree")
        self.assertEqual(tree_of(sent), tree_of(self.incoming("personal", "work") / "tree"))

    def test_a_guests_program_sends_a_file_to_the_primary(self):
        (self.homes["work"] / "out" / "x").write_text("content")
        self.guest("work", "oriel-copy-to", "@primary", "out/x")
        self.assertEqual((self.incoming("primary", "work") / "x").read_text(), "content")

    def test_what_is_left_out_is_named(self):
        (self.homes["work"] / "out" / "link").symlink_to("/etc/passwd")
        words = self.guest("work", "oriel-copy-to", "personal", "out")[1]
        self.assertIn("out/link' is a symbolic link: it is left out", words)

    def test_what_is_denied_is_told_without_the_rule_or_which_vms_there_are(self):
        self.allow("work @primary allow")
        (self.homes["work"] / "out" / "x").write_text("content")
        status, words = self.guest("work", "oriel-copy-to", "personal", "out/x", check=False)
        self.assertEqual(status, 1)
        self.assertIn("does not let this VM send files there", words)
        self.assertEqual(self.guest("work", "oriel-copy-to", "none", "out/x", check=False), (1, words))
        self.assertEqual(self.guest("work", "oriel-copy-to", "work", "out/x", check=False), (1, words))
        self.assertEqual(self.received("personal", "work"), [])

    def test_nothing_stays_of_what_is_denied(self):
        self.allow("work personal deny")
        self.make_large("work")
        self.guest("work", "oriel-copy-to", "personal", "out/large", check=False)
        self.expect_nothing_left()

    def test_mistakes_are_told(self):
        self.assertIn("No such file or directory", self.guest("work", "oriel-copy-to", "personal", "none", check=False)[1])
        for words in ((), ("personal",), ("--no-such-option", "personal", "x")):
            self.assertEqual(self.guest("work", "oriel-copy-to", *words, check=False)[0], 2, words)


class Interruptions(CopyCase):
    """Whoever stops or dies in the middle of a copy, nothing of it stays, and the next goes well."""
    def begin(self, *words):
        """A copy that cannot end: what is to be sent has no end within the test."""
        self.make_endless()
        process = self.desktop.spawn("oriel", "copy", *words, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.stderr.close)
        wait_until(self.moving, "the copy moves")
        return process

    def make_endless(self):
        """Large as it looks, and without cost; sent in seconds, which the tests do not wait for."""
        for name in ("work", "primary"):
            with open(self.homes[name] / "out" / "endless", "wb") as file:
                file.truncate(64 << 30)

    def moving(self):
        try:
            return any(p.stat().st_size > MEBIBYTE for home in self.homes.values()
                       for p in home.glob("**/.oriel-incoming-*/*"))
        except FileNotFoundError:
            return False  # of a copy before, which is being removed

    def helper(self, kind):
        return next(pid for pid, command in self.helpers().items() if f"oriel-files {kind} " in command)

    def end(self, process, *words):
        told = process.communicate(timeout=60)[1]
        for word in words:
            self.assertIn(word, told)
        self.assertNotEqual(process.returncode, 0)
        self.expect_nothing_left()
        self.expect_next()

    def expect_next(self):
        """Sessions may have to be made anew first."""
        (self.homes["work"] / "out" / "next").write_text("1")
        wait_until(lambda: self.copy("work:out/next", "personal:", check=False).returncode == 0, "the next copy")
        self.assertIn("next", self.received("personal", "work"))

    def test_ctrl_c_gives_a_copy_up(self):
        process = self.begin("work:out/endless", "personal:")
        process.send_signal(signal.SIGINT)
        self.end(process, "it was cancelled")

    def test_a_command_line_that_is_killed_gives_its_copy_up(self):
        process = self.begin("work:out/endless", "personal:")
        process.kill()
        self.end(process)

    def test_a_copy_from_the_primary_can_be_given_up(self):
        process = self.begin(self.homes["primary"] / "out" / "endless", "personal:")
        process.send_signal(signal.SIGINT)
        self.end(process, "it was cancelled")

    def test_a_copy_to_the_primary_can_be_given_up(self):
        process = self.begin("work:out/endless", self.homes["primary"] / "Incoming")
        process.send_signal(signal.SIGINT)
        self.end(process, "it was cancelled")

    def test_the_sender_dies(self):
        process = self.begin("work:out/endless", "personal:")
        os.kill(self.helper("pack"), signal.SIGKILL)
        self.end(process, "has died")

    def test_the_receiver_is_stopped(self):
        process = self.begin("work:out/endless", "personal:")
        os.kill(self.helper("unpack"), signal.SIGTERM)
        self.end(process, "it was cancelled")

    def test_the_receiver_dies(self):
        process = self.begin("work:out/endless", "personal:")
        os.kill(self.helper("unpack"), signal.SIGKILL)
        self.assertIn("has died", process.communicate(timeout=60)[1])
        self.assertEqual([name for name in self.received("personal", "work") if not name.startswith(".")], [])
        self.expect_next()
        self.expect_nothing_hidden()

    def expect_nothing_hidden(self):
        """What a killed receiver left is removed by the next."""
        self.assertEqual([name for name in self.received("personal", "work") if name.startswith(".")], [])

    def test_views_and_agents_die(self):
        for vm, part in (("work", "agent"), ("personal", "agent"), ("work", "view"), ("personal", "view")):
            with self.subTest(vm=vm, part=part):
                process = self.begin("work:out/endless", "personal:")
                os.kill(self.desktop.vm(vm)["pids"][part], signal.SIGKILL)
                self.end(process)
                subprocess.run(["rm", "-rf", self.homes["personal"] / "Incoming"], check=True)

    def test_the_broker_dies(self):
        process = self.begin("work:out/endless", "personal:")
        os.kill(self.desktop.broker(), signal.SIGKILL)
        self.end(process, "the broker has ended")

    def test_the_receiving_vm_stops(self):
        process = self.begin("work:out/endless", "personal:")
        self.desktop.oriel("vm", "stop", "personal")
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, 1)
        self.expect_next()
        self.expect_nothing_hidden()

    def test_a_guests_program_gives_its_files_up(self):
        self.make_endless()
        pid = self.desktop.run("work", "oriel-copy-to", "personal", "out/endless")
        wait_until(self.moving, "the copy moves")
        self.desktop.oriel("run", "--wait", "work", "--", "kill", "-INT", str(pid))
        self.expect_nothing_left()
        self.expect_next()


class Space(CopyCase):
    def test_what_the_receiver_cannot_store_is_told_and_nothing_stays(self):
        """A limit on the size of files, which what unpacks has from its agent, stands for a full disk."""
        self.make_large("work")
        agent = self.desktop.vm("personal")["pids"]["agent"]
        before = resource.prlimit(agent, resource.RLIMIT_FSIZE)
        resource.prlimit(agent, resource.RLIMIT_FSIZE, (8 * MEBIBYTE, before[1]))
        self.addCleanup(resource.prlimit, agent, resource.RLIMIT_FSIZE, before)
        done = self.copy("work:out/large", "personal:", check=False)
        self.expect_failure(done, "'large' is larger than the receiver's limit or file system allows")
        self.expect_nothing_left()
        self.assertIn("the receiver has not taken all of it",
                      self.guest("work", "oriel-copy-to", "personal", "out/large", check=False)[1])

    @unittest.skipUnless(os.geteuid() == 0, "needs root, for a small file system")
    def test_a_full_disk_is_told_and_nothing_stays(self):
        self.make_large("work")
        place = self.homes["primary"] / "small"
        place.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8M", "tmpfs", place], check=True)
        self.addCleanup(subprocess.run, ["umount", place], check=True)
        done = self.copy("work:out/large", place, check=False)
        self.expect_failure(done, "the disk of the receiver is full")
        self.assertEqual(os.listdir(place), [])


if __name__ == "__main__":
    tap.main()
