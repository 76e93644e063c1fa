#!/usr/bin/python3
"""What documents refer to is there, and what they list is whole."""
import pathlib
import re
import sys
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests"))
import tap

DOCUMENTS = [TOP / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")] + sorted(TOP.glob("docs/*.md"))
# Words in capitals stand for something.
STANDS_FOR = re.compile(r"\b[A-Z]{4,}\b(?!\.md)")
ROOMS = "vchan-proto|hv-config|guest-agent|host-compositor|win32-shim|tests|docs|data|man"


def anchors(document):
    """Of its headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", document.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


class Documents(unittest.TestCase):
    def test_links_lead_somewhere(self):
        broken = []
        for document in DOCUMENTS:
            for link in re.findall(r"\]\(([^)\s]+)\)", document.read_text()):
                if "://" in link:
                    continue
                name, _, anchor = link.partition("#")
                target = document.parent / name if name else document
                if not target.exists() or (anchor and anchor not in anchors(target)):
                    broken.append(f"{document.relative_to(TOP)}: {link}")
        self.assertEqual(broken, [])

    def test_files_that_are_named_are_there(self):
        missing = [f"{document.relative_to(TOP)}: {name}" for document in DOCUMENTS
                   for name in re.findall(rf"`((?:{ROOMS})/[\w./-]+)`", document.read_text())
                   if not STANDS_FOR.search(name) and not (TOP / name).exists()]
        self.assertEqual(missing, [])

    def test_tests_that_are_named_are_there(self):
        tests = {path.name for path in (TOP / "tests").rglob("*") if path.is_file()}
        missing = [f"{document.relative_to(TOP)}: {name}" for document in DOCUMENTS
                   for name in re.findall(r"`(?:tests/\w+/)?((?:test|fuzz|hostile)-[\w-]+\.(?:c|py))`", document.read_text())
                   if name not in tests]
        self.assertEqual(missing, [])

    def test_the_whole_interface_on_the_bus_is_described(self):
        text = (TOP / "docs" / "dbus.md").read_text()
        names = re.findall(r'<(?:method|signal|property) name="(\w+)"', (TOP / "data" / "io.oriel.Broker1.xml").read_text())
        self.assertTrue(names)
        self.assertEqual([name for name in names if not re.search(rf"\b{name}\b", text)], [])

    def test_the_manual_names_every_command(self):
        manual = (TOP / "man" / "oriel.1.scd").read_text()
        table = (TOP / "host-compositor" / "cli" / "main.c").read_text()
        names = re.findall(r'^\t\{ "([a-z ]+)", "', table, re.MULTILINE)
        self.assertTrue(names)
        self.assertEqual([name for name in names if f"*{name}*" not in manual], [])

    def test_completion_knows_every_command(self):
        completion = (TOP / "data" / "bash-completion" / "oriel").read_text()
        table = (TOP / "host-compositor" / "cli" / "main.c").read_text()
        words = {word for name in re.findall(r'^\t\{ "([a-z ]+)", "', table, re.MULTILINE) for word in name.split()}
        self.assertEqual([word for word in sorted(words) if not re.search(rf"\b{word}\b", completion)], [])


if __name__ == "__main__":
    tap.main()
