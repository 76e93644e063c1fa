"""A desktop with one VM that runs, and what looks at both X servers: where most tests of windows begin."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from desktop import Desktop
from screen import Screen


class OneGuest:
    """For all tests of a class."""
    window_manager = "openbox"
    vm_keys = {}  # of the file of the VM

    @classmethod
    def setUpClass(cls):
        cls.desktop = Desktop(cls.window_manager)
        cls.addClassCleanup(cls.desktop.close)
        cls.desktop.write_vm("work", **cls.vm_keys)
        cls.desktop.oriel("vm", "start", "work")
        cls.host = Screen(cls.desktop.display_name)
        cls.addClassCleanup(cls.host.close)
        cls.guest = cls.desktop.guest("work")
        cls.addClassCleanup(cls.guest.close)
