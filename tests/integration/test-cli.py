#!/usr/bin/python3
"""The command line: every command, its JSON, and clear words for what goes wrong."""
import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import struct
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import tap
from desktop import STAGE, Desktop, alive, descendants, wait_until
from pixels import wait_settled
from screen import Screen

DONE, FAILED, USAGE = 0, 1, 2


def cpu_ticks(pid):
    """What a process and its children that ended have used."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15]))


def memory(pid):
    """Its proportional set size in bytes."""
    rollup = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(rollup.partition("\nPss:")[2].split()[0]) * 1024


class Commands(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.desktop = Desktop()
        cls.addClassCleanup(cls.desktop.close)
        cls.desktop.write_vm("work")
        cls.desktop.write_vm("personal", label="green", isolation="none")
        cls.oriel = cls.desktop.oriel

    def json(self, *arguments):
        return json.loads(self.oriel(*arguments, "--json"))

    def test_every_program_has_help_a_version_and_a_man_page(self):
        for program in ("oriel", "orield", "oriel-view", "oriel-agent"):
            for option, word in (("--help", program), ("--version", "0.")):
                done = subprocess.run([program, option], env=self.desktop.env, capture_output=True, text=True,
                                      check=False, stdin=subprocess.DEVNULL)
                self.assertEqual(done.returncode, DONE, (program, option, done.stderr))
                self.assertIn(word, done.stdout, (program, option))
            self.assertTrue(list(STAGE.glob(f"usr/local/share/man/man[18]/{program}.[18]*")), program)

    def test_completions_of_each_shell_know_every_command(self):
        commands = {word for line in self.oriel("help").splitlines() if line.startswith("  ") and line[2:3].islower()
                    for word in re.findall("^[a-z]+(?: [a-z]+)?", line.strip())[0].split()}
        self.assertLessEqual({"vm", "create", "run", "doctor"}, commands)
        for pattern in ("bash-completion/completions/oriel", "fish/vendor_completions.d/oriel.fish",
                        "zsh/site-functions/_oriel"):
            (file,) = STAGE.glob(f"usr/local/share/{pattern}")
            self.assertFalse(commands - set(re.findall("[a-z]+", file.read_text())), file)

    @unittest.skipUnless(shutil.which("fish"), "needs fish")
    def test_fish_offers_what_fits_the_line(self):
        (file,) = STAGE.glob("usr/local/share/fish/vendor_completions.d/oriel.fish")
        for line, offered in (("oriel vm st", {"start", "stop"}), ("oriel vm start ", {"work", "personal"}),
                              ("oriel clip copy @", {"@primary"}), ("oriel top --", {"--json", "--once"})):
            done = subprocess.run(["fish", "--no-config", "-c", f"source {file}; complete -C '{line}'"],
                                  env=self.desktop.env, capture_output=True, text=True, check=True)
            self.assertEqual({row.split("\t")[0] for row in done.stdout.splitlines()}, offered, line)

    @unittest.skipUnless(shutil.which("systemd-analyze"), "needs systemd-analyze")
    def test_systemd_finds_nothing_wrong_with_the_service_for_guests(self):
        installed = list(STAGE.glob("usr/**/oriel-guest@.service"))
        if not installed:
            self.skipTest("built without Xen")
        unit = pathlib.Path(self.desktop.top) / "oriel-guest@root.service"
        unit.write_text(installed[0].read_text().replace("ExecStart=", f"ExecStart={STAGE}"))
        done = subprocess.run(["systemd-analyze", "verify", "--man=no", unit], env=self.desktop.env,
                              capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_wrong_usage_exits_with_2(self):
        for arguments in ((), ("no-such-command",), ("vm",), ("vm", "start"), ("run",), ("screenshot",),
                          ("windows", "--no-such-option")):
            done = self.oriel(*arguments, check=False)
            self.assertEqual(done.returncode, USAGE, arguments)
            self.assertTrue(done.stderr, arguments)

    def test_the_first_word_of_several_commands_has_help_of_its_own(self):
        lines = self.oriel("clip", "--help").splitlines()
        self.assertIn("  clip clear", lines)
        self.assertFalse([line for line in lines if line.startswith("  vm ")])

    def test_help_for_a_command_can_be_asked_for_in_each_way(self):
        usage = self.oriel("vm", "start", "--help")
        self.assertTrue(usage.startswith("Usage: oriel vm start "))
        self.assertEqual(self.oriel("help", "vm", "start"), usage)
        self.assertEqual(self.oriel("vm", "start", "work", "-h"), usage)
        self.assertEqual(self.oriel("help", "clip"), self.oriel("clip", "--help"))
        self.assertEqual(self.oriel("help"), self.oriel("--help"))
        self.assertEqual(self.oriel("help", "no-such-command", check=False).returncode, USAGE)

    def test_names_that_are_no_text_are_told_to_the_user_alone(self):
        name = os.fsdecode(b"\xff")
        for arguments in (("vm", "start", name), ("run", name, "true"), ("apps", name), ("clip", "copy", name),
                          ("copy", f"{name}:a", "."), ("copy", "a", f"{name}:")):
            done = self.oriel(*arguments, check=False)
            self.assertEqual((done.returncode, len(done.stderr.splitlines())), (USAGE, 1), done.stderr)
            self.assertTrue(done.stderr.startswith("oriel: "), done.stderr)

    def test_output_that_cannot_be_written_is_an_error(self):
        with open("/dev/full", "w", encoding="utf-8") as full:
            done = subprocess.run(["oriel", "vm", "list"], env=self.desktop.env, stdout=full, stderr=subprocess.PIPE,
                                  text=True, check=False)
        self.assertEqual((done.returncode, done.stderr),
                         (FAILED, "oriel: cannot write its output: No space left on device\n"))

    def test_top_ends_when_nobody_reads_it_any_more(self):
        with subprocess.Popen(["oriel", "top"], env=self.desktop.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True) as top:
            self.assertTrue(top.stdout.readline().startswith("NAME "))
            top.stdout.close()
            self.assertEqual((top.wait(timeout=60), top.stderr.read()), (FAILED, ""))

    def test_a_desktop_finds_what_starts_vms_at_the_login(self):
        self.assertTrue((STAGE / "etc/xdg/autostart/oriel-login.desktop").is_file())

    def test_what_is_wrong_is_named_as_it_was_written(self):
        for command, status, words in (
                ("oriel vm", USAGE, "a word is missing after 'vm'; 'oriel vm --help' lists them"),
                ("oriel vm lst", USAGE, "there is no command 'vm lst'; did you mean 'vm list'?"),
                ("oriel restart x", USAGE, "restart: that is too much; usage: oriel restart"),
                ("oriel screenshot 0x99 shot.png", FAILED, "no VM has a window 0x99: 'oriel windows' lists them"),
                ("oriel screenshot 99999999999999999999 shot.png", FAILED,
                 "no VM has a window 99999999999999999999: 'oriel windows' lists them"),
                ("oriel log --service paint", FAILED, "there is no service 'paint': oriel-policy(5) lists them"),
                ("oriel-agent --listen=", USAGE, "a value is missing after --listen=; see oriel-agent --help"),
                ("oriel-agent --activate=", USAGE, "a value is missing after --activate=; see oriel-agent --help")):
            done = subprocess.run(command.split(), env=self.desktop.env, capture_output=True, text=True, check=False)
            self.assertEqual((done.returncode, done.stderr), (status, f"{command.split()[0]}: {words}\n"))

    def test_an_agent_without_a_display_says_that_alone(self):
        env = {name: value for name, value in self.desktop.env.items() if name != "DISPLAY"}
        done = subprocess.run(["oriel-agent", f"--listen={self.desktop.top}/agent.sock"], env=env,
                              capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stderr.count("\n")), (FAILED, 1), done.stderr)
        self.assertIn("$DISPLAY is not set", done.stderr)

    def test_vm_list_names_every_vm_and_its_state(self):
        self.oriel("vm", "start", "work")
        vms = {vm["name"]: vm for vm in self.json("vm", "list")}
        self.assertEqual(set(vms), {"work", "personal"})
        work = vms["work"]
        self.assertEqual((work["state"], work["label"], work["backend"]), ("running", "blue", "local"))
        self.assertTrue(work["display"].startswith(":"))
        self.assertTrue(os.access(work["xauthority"], os.R_OK))
        for process in ("session", "x_server", "agent", "view"):
            self.assertIsInstance(work["pids"][process], int)
            self.assertTrue(alive(work["pids"][process]), process)
        self.assertEqual(vms["personal"]["state"], "stopped")
        table = self.oriel("vm", "list")
        self.assertIn("work", table)
        self.assertIn("running", table)

    def test_vm_show_tells_of_one(self):
        self.assertIn("blue", self.oriel("vm", "show", "work"))

    def test_vm_show_xl_prints_what_xl_is_given(self):
        self.desktop.write_vm("domain", backend="xen", isolation=None, kernel="/boot/vmlinuz", memory="512M")
        self.addCleanup((self.desktop.vm_directory / "domain.vm").unlink)
        self.assertIn('kernel = "/boot/vmlinuz"\nmemory = 512\n', self.oriel("vm", "show", "--xl", "domain"))
        for name, why in (("work", "backend=local"), ("nobody", "no VM 'nobody'")):
            done = self.oriel("vm", "show", "--xl", name, check=False)
            self.assertEqual(done.returncode, FAILED)
            self.assertIn(why, done.stderr)

    def test_the_doctor_finds_what_is_wrong(self):
        findings = self.json("doctor")
        self.assertFalse([finding for finding in findings if finding["level"] == "wrong"])
        self.assertIn("fine ", self.oriel("doctor"))
        (self.desktop.vm_directory / "wrong.vm").write_text("[vm]\nlabel=blau\n")
        self.addCleanup((self.desktop.vm_directory / "wrong.vm").unlink)
        done = self.oriel("doctor", check=False)
        self.assertEqual(done.returncode, FAILED)
        self.assertIn("wrong.vm:2: label", done.stdout)

    def test_what_a_backend_cannot_do_is_said(self):
        self.desktop.write_vm("domain", backend="xen", isolation=None, kernel="/boot/vmlinuz")
        self.addCleanup((self.desktop.vm_directory / "domain.vm").unlink)
        for arguments, why in ((("pause", "work"), "backend=xen"), (("resume", "work"), "backend=xen"),
                               (("destroy", "work"), "backend=xen"), (("save", "work", "file"), "backend=xen"),
                               (("create", "domain"), "domain: "), (("pause", "domain"), "domain: ")):
            done = self.oriel("vm", *arguments, check=False)
            self.assertEqual(done.returncode, FAILED, arguments)
            self.assertIn(why, done.stderr, arguments)
        self.assertNotEqual(self.oriel("vm", "save", "work", check=False).returncode, DONE)

    def test_a_vm_starts_and_stops(self):
        self.oriel("vm", "start", "personal")
        self.assertEqual(self.desktop.vm("personal")["state"], "running")
        self.oriel("vm", "start", "personal")
        self.oriel("vm", "stop", "personal")
        self.assertEqual(self.desktop.vm("personal")["state"], "stopped")
        self.oriel("vm", "stop", "personal")

    def test_run_starts_the_vm_and_prints_the_process_id(self):
        self.oriel("vm", "stop", "work")
        self.assertGreater(int(self.oriel("run", "work", "--", "sleep", "100")), 0)
        self.assertEqual(self.desktop.vm("work")["state"], "running")

    def test_run_needs_no_dashes(self):
        self.assertGreater(int(self.oriel("run", "work", "true")), 0)

    def test_run_wait_gives_the_exit_status(self):
        for status in (0, 7):
            done = self.oriel("run", "--wait", "work", "--", "sh", "-c", f"exit {status}", check=False)
            self.assertEqual(done.returncode, status, done.stderr)
        done = self.oriel("run", "--wait", "work", "--", "sh", "-c", "kill -9 $$", check=False)
        self.assertEqual(done.returncode, 128 + 9, done.stderr)

    def test_a_command_may_take_longer_than_the_broker_has_to_greet(self):
        self.oriel("run", "--wait", "work", "--", "sleep", "6")

    def test_arguments_arrive_as_they_are(self):
        home = self.desktop.guest_home("work")
        out = home / "arguments"
        words = ["", "two words", "ß", "$HOME", "'", "--wait", "line\nbreak"]
        self.oriel("run", "--wait", "work", "--", "sh", "-c", 'printf "%s\\0" "$@" >"$0"', out, *words)
        self.assertEqual(out.read_text(), "".join(word + "\0" for word in words))

    def test_a_program_in_the_sandbox_has_its_own_home_tmp_and_no_network(self):
        out = self.desktop.guest_home("work") / "facts"
        marker = self.desktop.top / "marker"
        marker.write_text("of the primary")
        script = ('{ echo "$HOME"; ls /tmp; test -e "$1" || echo hidden; '
                  'ls /sys/class/net 2>/dev/null || cut -d: -f1 /proc/net/dev; } >"$0"')
        self.oriel("run", "--wait", "work", "--", "sh", "-c", script, out, marker)
        facts = out.read_text()
        self.assertIn(str(self.desktop.guest_home("work")), facts)
        self.assertIn("hidden", facts)
        self.assertNotIn("eth0", facts)

    def test_windows_have_all_fields(self):
        self.oriel("run", "work", "--", "xcalc")
        window = self.desktop.window(vm="work", app_id="XCalc")
        for key in ("guest_window", "content_xid", "toplevel_xid", "frames", "bytes_copied"):
            self.assertIsInstance(window[key], int, key)
            self.assertGreater(window[key], 0, key)
        for key in ("vm", "title", "app_id"):
            self.assertIsInstance(window[key], str, key)
        self.assertEqual(set(window["geometry"]), {"x", "y", "width", "height"})
        self.assertTrue(all(isinstance(v, int) for v in window["geometry"].values()))
        self.assertIsInstance(window["state"], list)
        with Screen(self.desktop.display_name) as host, self.desktop.guest("work") as guest:
            wait_settled(host, guest, window)
            place = self.desktop.window(vm="work", app_id="XCalc")["geometry"]
            self.assertEqual(host.geometry(window["content_xid"]),
                             (place["x"], place["y"], place["width"], place["height"]))
            self.assertEqual(guest.text(window["guest_window"], "WM_NAME"), window["title"])
        self.assertIn("Calculator", self.oriel("windows"))

    def test_apps_lists_desktop_files_and_run_starts_them(self):
        applications = self.desktop.guest_home("work") / ".local/share/applications"
        applications.mkdir(parents=True, exist_ok=True)
        (applications / "eyes.desktop").write_text(
            "[Desktop Entry]\nType=Application\nName=Watching eyes\nExec=xeyes\n")
        self.oriel("vm", "start", "work")
        listed = {a["id"]: a for a in self.json("apps", "work")}
        identity = "eyes.desktop"
        self.assertEqual(listed[identity]["name"], "Watching eyes")
        self.assertIn("Watching eyes", self.oriel("apps", "work"))
        self.oriel("run", "work", identity)
        self.desktop.window(vm="work", app_id="XEyes")

    def test_an_application_without_exec_is_started_over_the_session_bus(self):
        share = self.desktop.guest_home("work") / ".local/share"
        files = {"applications/org.xfce.mousepad.desktop":
                 "[Desktop Entry]\nType=Application\nName=Bus editor\nDBusActivatable=true\n",
                 "dbus-1/services/org.xfce.mousepad.service":
                 "[D-BUS Service]\nName=org.xfce.mousepad\nExec=/usr/bin/mousepad --gapplication-service\n",
                 "applications/org.example.Nobody.desktop":
                 "[Desktop Entry]\nType=Application\nName=Nobody\nDBusActivatable=true\n"}
        self.oriel("vm", "stop", "work")  # its bus looks for services when it starts
        for name, text in files.items():
            (share / name).parent.mkdir(parents=True, exist_ok=True)
            (share / name).write_text(text)
        self.oriel("vm", "start", "work")
        self.assertIn("Bus editor", self.oriel("apps", "work"))
        self.oriel("run", "--wait", "work", "org.xfce.mousepad")
        self.desktop.window(vm="work", app_id="Mousepad", title=lambda t: "Mousepad" in t)
        done = self.oriel("run", "--wait", "work", "org.example.Nobody.desktop", check=False)
        self.assertEqual(done.returncode, FAILED)
        log = self.desktop.guest_home("work") / ".local/state/oriel/applications.log"
        self.assertIn("org.example.Nobody could not be started over D-Bus", log.read_text())

    def test_screenshots_of_a_window_and_of_a_vm_are_png_files(self):
        self.oriel("run", "work", "--", "xclock")
        window = self.desktop.window(vm="work", app_id="XClock")
        for target in ("work", window["toplevel_xid"], window["content_xid"]):
            file = self.desktop.top / "shot.png"
            self.oriel("screenshot", target, file)
            head = file.read_bytes()[:24]
            self.assertEqual(head[:8], b"\x89PNG\r\n\x1a\n")
            width, height = struct.unpack(">II", head[16:])
            self.assertGreaterEqual((width, height), (100, 100))
            file.unlink()

    def test_top_shows_every_vm(self):
        top = self.desktop.spawn("oriel", "top", stdout=subprocess.PIPE)
        seen = b""
        try:
            os.set_blocking(top.stdout.fileno(), False)

            def shown():
                nonlocal seen
                seen += top.stdout.read() or b""
                return b"work" in seen
            wait_until(shown, "oriel top names the VM")
        finally:
            top.send_signal(signal.SIGINT)
            top.wait(60)

    def test_cpu_time_and_memory_of_a_vm_are_those_of_its_guest_and_its_view(self):
        self.oriel("vm", "stop", "work")  # applications of other tests may still grow
        self.oriel("run", "work", "--", "xclock")
        self.desktop.window(vm="work", app_id="XClock")
        pids = self.desktop.vm("work")["pids"]

        def view_has_worked():
            self.oriel("screenshot", "work", self.desktop.top / "shot.png")
            return cpu_ticks(pids["view"]) > 2
        wait_until(view_has_worked, "the view has used some CPU time")
        vm, told = None, None

        def are_equal():
            nonlocal vm, told
            # The server runs a compiler of keymaps now and then.
            with contextlib.suppress(OSError):
                guest = [pids["session"], *descendants(pids["session"])]
                ticks = cpu_ticks(pids["view"]) + sum(map(cpu_ticks, guest))
                guest_memory, view_memory = sum(map(memory, guest)), memory(pids["view"])
                vm, told = self.desktop.vm("work"), (ticks, guest_memory, view_memory)
                return (view_memory > 0 and vm["cpu_time"] >= ticks * 1_000_000 // os.sysconf("SC_CLK_TCK")
                        and abs(vm["memory"] - guest_memory - view_memory) < view_memory / 2)
            return False
        try:
            wait_until(are_equal, "time and memory are those of all processes")
        except AssertionError as why:
            raise AssertionError(f"{why}: {vm}, ticks and memory of guest and view {told}") from None

    def test_vms_that_ask_for_it_are_started_at_login(self):
        self.desktop.write_vm("early", start="login")
        self.desktop.write_vm("wrong", start="login", home="/dev/null/home")
        done = self.desktop.oriel("vm", "start", "--login", check=False)
        self.addCleanup(self.desktop.oriel, "vm", "stop", "early")
        for name in ("early", "wrong"):
            self.addCleanup((self.desktop.vm_directory / f"{name}.vm").unlink)
        self.assertEqual(done.returncode, 1)
        self.assertIn("oriel: wrong: ", done.stderr)
        states = {name: vm["state"] for name, vm in self.desktop.vms().items()}
        self.assertEqual((states["early"], states["wrong"]), ("running", "failed"))
        self.assertEqual(self.desktop.oriel("vm", "start", check=False).returncode, 2)
        self.assertEqual(self.desktop.oriel("vm", "start", "--login", "early", check=False).returncode, 2)

    def test_a_vm_with_keep_alive_stops_after_its_last_window(self):
        self.desktop.write_vm("short", keep_alive="1")
        try:
            self.oriel("run", "short", "--", "xclock")
            window = self.desktop.window(vm="short")
            with Screen(self.desktop.display_name) as host:
                wait_until(lambda: host.managed(window["toplevel_xid"]), "the window is placed")
                host.ask_to_close(window["toplevel_xid"])
            wait_until(lambda: self.desktop.vm("short")["state"] == "stopped", "the VM stops")
        finally:
            (self.desktop.vm_directory / "short.vm").unlink()

    def test_quit_leaves_nothing_behind(self):
        self.oriel("run", "work", "--", "xclock")
        self.desktop.window(vm="work")
        self.desktop.vms()
        self.oriel("quit")
        wait_until(lambda: not self.desktop.left_behind(), lambda: f"nothing is left: {self.desktop.left_behind()}")


if __name__ == "__main__":
    tap.main()
