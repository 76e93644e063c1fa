#!/usr/bin/python3
"""What a guest has opened elsewhere: by oriel-open, by xdg-open, and over its session bus."""
import json
import pathlib
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import tap
from desktop import STAGE, Desktop, Failed, wait_until

URL = "https://example.org/a%20page?q=1#here"
TYPES = ("x-scheme-handler/http", "x-scheme-handler/https", "x-scheme-handler/mailto", "text/plain",
         "application/x-desktop")


def install_browser(data, config, note):
    """A browser that writes down what it is given, chosen for all URLs."""
    (data / "applications").mkdir(parents=True, exist_ok=True)
    (data / "applications" / "note.desktop").write_text(
        "[Desktop Entry]\nType=Application\nName=Note\n"
        f"Exec=sh -c 'printf \"%%s\\\\n\" \"$1\" >>{note}' note %u\n"
        "MimeType=" + "".join(f"{kind};" for kind in TYPES) + "\n")
    config.mkdir(parents=True, exist_ok=True)
    (config / "mimeapps.list").write_text(
        "[Default Applications]\n" + "".join(f"{kind}=note.desktop\n" for kind in TYPES))


def choose_elsewhere(home):
    """Has links of a guest's applications opened outside of it; what it has of its own comes second."""
    (installed,) = STAGE.glob("usr/**/applications/oriel-open.desktop")
    (home / ".local/share/applications").mkdir(parents=True, exist_ok=True)
    shutil.copy(installed, home / ".local/share/applications")
    (home / ".config").mkdir(exist_ok=True)
    (home / ".config/mimeapps.list").write_text("[Default Applications]\nx-scheme-handler/https=oriel-open.desktop\n"
                                                "[Added Associations]\nx-scheme-handler/https=note.desktop\n")


class Open(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.desktop = desktop = Desktop(window_manager=None)
        cls.addClassCleanup(desktop.close)
        for name in ("browser", "vault", "work"):
            desktop.write_vm(name)
        cls.policy = desktop.top / "config" / "oriel" / "policy.d" / "a.policy"
        cls.policy.parent.mkdir()
        desktop.oriel("vm", "start", "work")
        home = desktop.guest_home("browser")
        install_browser(desktop.top / "data", desktop.top / "config", desktop.top / "opened")
        cls.opened = {"browser": home / "opened", "@primary": desktop.top / "opened"}

    def setUp(self):
        home = self.desktop.guest_home("browser")
        install_browser(home / ".local/share", home / ".config", "$HOME/opened")

    def allow(self, *rules):
        self.policy.write_text("".join(f"{service} {rule}\n" for rule in rules for service in ("open-url", "open-file")))
        self.desktop.oriel("policy", "reload")
        for file in self.opened.values():
            file.unlink(missing_ok=True)

    def attempt(self, vm, command):
        """None if the VM has had so much opened by the tests before that it has to wait."""
        script = 'exec "$@" 2>"$HOME/words"'
        done = self.desktop.oriel("run", "--wait", vm, "--", "sh", "-c", script, "sh", *command, check=False)
        words = (self.desktop.guest_home(vm) / "words").read_text()
        return None if "has asked for too much" in words else (done, words)

    def guest(self, *command, vm="work", check=True):
        """Runs a command in a guest to its end."""
        done, words = wait_until(lambda: self.attempt(vm, command), "the VM may have something opened again")
        if check and done.returncode:
            raise Failed(done) from AssertionError(words)
        return done.returncode, words

    def expect(self, place, *urls):
        """In any order: each is opened by a process of its own."""
        file = self.opened[place]
        wait_until(lambda: file.exists() and sorted(file.read_text().splitlines()) == sorted(urls),
                   f"{urls} in {place}")

    def one_opened(self, place):
        """Waits until one thing is opened there: which."""
        file = self.opened[place]
        (line,) = wait_until(lambda: file.exists() and file.read_text().splitlines(), f"it is opened in {place}")
        return line

    def test_a_url_is_opened_in_a_vm_that_is_started_for_it(self):
        self.allow("work browser allow")
        self.desktop.oriel("vm", "stop", "browser")
        self.guest("oriel-open", URL)
        self.expect("browser", URL)
        self.assertEqual(self.desktop.vm("vault")["state"], "stopped")

    def test_a_url_is_opened_on_the_primary(self):
        self.allow("work @primary allow", "work browser allow")
        self.guest("oriel-open", "--vm", "@primary", "HTTPS://example.org", "mailto:someone@example.org")
        self.expect("@primary", "https://example.org", "mailto:someone@example.org")
        self.assertFalse(self.opened["browser"].exists())

    def test_the_user_opens_a_url_in_a_vm(self):
        self.allow()
        self.desktop.oriel("run", "--wait", "browser", "@default", URL)
        self.expect("browser", URL)

    def test_links_of_applications_go_by_xdg_open(self):
        self.allow("work browser allow")
        choose_elsewhere(self.desktop.guest_home("work"))
        self.guest("xdg-open", URL)
        self.expect("browser", URL)

    def test_one_that_has_them_opened_elsewhere_does_not_get_them_back(self):
        self.allow("work browser allow", "browser work allow")
        choose_elsewhere(self.desktop.guest_home("browser"))
        self.guest("oriel-open", URL)
        self.expect("browser", URL)

    def test_what_is_denied_is_told_without_the_rule(self):
        self.allow("work @any deny")
        status, words = self.guest("oriel-open", "--vm", "browser", URL, check=False)
        self.assertEqual(status, 1)
        self.assertIn("the primary does not let this VM open that in browser", words)
        self.assertNotIn("a.policy", words)
        unknown = self.guest("oriel-open", "--vm", "none", URL, check=False)[1]
        self.assertEqual(unknown, words.replace("browser", "none"))

    def test_what_the_user_is_asked_about_is_denied_when_he_says_nothing(self):
        self.allow()
        self.assertEqual(self.guest("oriel-open", URL, check=False)[0], 1)

    def test_only_web_pages_and_mail_are_opened(self):
        self.allow("work @primary allow")
        for url in ("file:relative", "javascript:alert(1)", "https://", "https://a@example.org/",
                    "https://example.org/a b", "https://example.org/\n", "-https://example.org", "a" * 9000):
            with self.subTest(url=url[:40]):
                status, words = self.guest("oriel-open", "--vm", "@primary", "--", url, check=False)
                self.assertEqual(status, 1, words)
        self.assertFalse(self.opened["@primary"].exists())

    def test_decisions_are_noted_without_the_url(self):
        self.allow("work browser allow")
        self.guest("oriel-open", URL)
        self.expect("browser", URL)
        text = (self.desktop.top / "state" / "oriel" / "audit.jsonl").read_text()
        noted = [json.loads(line) for line in text.splitlines() if '"open-url"' in line]
        self.assertEqual([noted[-1][key] for key in ("from", "to", "outcome")], ["work", "browser", "allow"])
        self.assertNotIn("example.org", text)

    def test_a_file_is_handed_over_and_opened_in_a_vm(self):
        self.allow("work browser allow")
        (self.desktop.guest_home("work") / "note ä.txt").write_text("hello")
        self.guest("sh", "-c", 'cd && oriel-open "note ä.txt"')
        file = self.desktop.guest_home("browser") / "Incoming" / "work" / "note ä.txt"
        self.assertIn("Incoming/", self.one_opened("browser"))
        self.assertTrue(list(self.desktop.guest_home("browser").glob("Incoming/*/note ä.txt")), file)

    def test_a_file_is_opened_on_the_primary_but_no_program(self):
        self.allow("work @primary allow")
        home = self.desktop.guest_home("work")
        (home / "note.txt").write_text("hello")
        for name in ("trap.desktop", "trap"):
            (home / name).write_text("[Desktop Entry]\nType=Application\nName=Trap\nExec=touch trapped\n")
        self.guest("sh", "-c", "cd && oriel-open --vm @primary note.txt")
        path = self.one_opened("@primary")
        self.assertTrue(path.endswith("/note.txt"), path)
        self.opened["@primary"].unlink()
        for name, why in (("trap.desktop", "a program is not opened there"), ("trap", "it could not be opened there")):
            status, words = self.guest("sh", "-c", f"cd && oriel-open --vm @primary {name}", check=False)
            self.assertEqual(status, 1)
            self.assertIn(why, words)
        self.assertFalse(self.opened["@primary"].exists())

    def test_a_file_is_opened_only_if_the_rules_for_files_allow_it(self):
        self.policy.write_text("open-url work @any allow\nopen-file work @any deny\nopen-file work @primary deny\n")
        self.desktop.oriel("policy", "reload")
        (self.desktop.guest_home("work") / "note.txt").write_text("hello")
        for target in ((), ("--vm", "browser")):
            status, words = self.guest("sh", "-c", 'cd && oriel-open "$@" note.txt', "sh", *target, check=False)
            self.assertEqual(status, 1)
            self.assertIn("does not let this VM open that", words)
        status, words = self.guest("oriel-open", "no-such-file", check=False)
        self.assertEqual(status, 1)
        self.assertIn("there is no such file", words)

    def test_what_goes_wrong_elsewhere_is_not_told(self):
        self.desktop.write_vm("hidden", backend="xen", domain="none")
        self.addCleanup((self.desktop.vm_directory / "hidden.vm").unlink)
        self.allow("work browser deny", "work vault deny", "work hidden allow")
        status, words = self.guest("oriel-open", URL, check=False)
        self.assertEqual((status, words), (1, f"oriel-open: {URL}: it could not be opened there\n"))
        noted = json.loads(self.desktop.oriel("log", "--json").splitlines()[-1])
        self.assertEqual([noted[key] for key in ("to", "outcome")], ["hidden", "fail"])

    def test_what_the_primary_has_in_the_way_is_not_told(self):
        self.allow("work @primary allow")
        obstacle = self.desktop.top / "home" / "Incoming"
        subprocess.run(["rm", "-rf", obstacle], check=True)
        obstacle.write_text("")
        self.addCleanup(obstacle.unlink)
        (self.desktop.guest_home("work") / "note.txt").write_text("hello")
        status, words = self.guest("sh", "-c", "cd && oriel-open --vm @primary note.txt", check=False)
        self.assertEqual((status, words), (1, "oriel-open: note.txt: the file has not been handed over\n"))

    def test_the_agent_is_introspectable_on_the_bus(self):
        self.guest("sh", "-c", "gdbus introspect --session --dest io.oriel.Agent1 --object-path /io/oriel/Agent1 "
                   ">\"$HOME/interface\"")
        text = (self.desktop.guest_home("work") / "interface").read_text()
        self.assertIn("interface io.oriel.Agent1", text)
        self.assertIn("Open(", text)

    def test_the_agent_returns_to_a_bus_that_is_restarted(self):
        self.allow("work browser allow")
        self.guest("sh", "-c", "kill $(gdbus call --session --dest org.freedesktop.DBus --object-path / "
                   "--method org.freedesktop.DBus.GetConnectionUnixProcessID org.freedesktop.DBus | "
                   "sed 's/.*uint32 //; s/,.*//')")
        wait_until(lambda: self.guest("oriel-open", URL, check=False)[0] == 0, "the agent is on the new bus")
        self.expect("browser", URL)


if __name__ == "__main__":
    tap.main()
