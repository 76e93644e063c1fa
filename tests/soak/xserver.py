"""What the clients of one X server hold there, as the server counts it."""
import collections

from Xlib import error
from Xlib.ext import res


class XServer:
    def __init__(self, display):
        self.display = display
        self.names = {}  # of resource types

    def type_name(self, atom):
        if atom not in self.names:
            try:
                self.names[atom] = self.display.get_atom_name(atom)
            except error.XError:
                self.names[atom] = str(atom)
        return self.names[atom]

    def clients(self):
        """process id: Counter of its resources, by type; the id is 0 where the server sees none."""
        found = {}
        for client in self.display.res_query_clients().clients:
            try:
                spec = [{"client": client.resource_base, "mask": res.LocalClientPIDMask}]
                ids = self.display.res_query_client_ids(spec).ids
                types = self.display.res_query_client_resources(client.resource_base).types
            except error.XError:
                continue
            pid = next((i.value[0] for i in ids if i.value), 0)
            counter = found.setdefault(pid, collections.Counter())
            counter["connections"] += 1
            for entry in types:
                counter[self.type_name(entry.resource_type)] += entry.count
        return found

    def is_atom(self, number):
        try:
            return bool(self.display.get_atom_name(number))
        except error.XError:
            return False

    def atoms(self):
        """How many atoms there are: they are numbered from 1 on, and none is ever freed."""
        known, unknown = 1, 2
        while self.is_atom(unknown):
            known, unknown = unknown, 2 * unknown
        while unknown - known > 1:
            middle = (known + unknown) // 2
            known, unknown = (middle, unknown) if self.is_atom(middle) else (known, middle)
        return known
