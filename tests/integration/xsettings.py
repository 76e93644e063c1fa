"""An XSETTINGS manager, as a desktop has one."""
import struct

from Xlib import X, protocol

INTEGER, STRING = 0, 1


def padded(data):
    return data + bytes(-len(data) % 4)


class SettingsManager:
    def __init__(self, screen):
        self.screen = screen
        self.serial = 0
        self.window = screen.root.create_window(-1, -1, 1, 1, 0, X.CopyFromParent, X.InputOnly)
        selection = screen.atom("_XSETTINGS_S0")
        self.window.set_selection_owner(selection, X.CurrentTime)
        event = protocol.event.ClientMessage(window=screen.root, client_type=screen.atom("MANAGER"),
                                             data=(32, [X.CurrentTime, selection, self.window.id, 0, 0]))
        screen.root.send_event(event, X.StructureNotifyMask)
        screen.display.sync()

    def publish(self, settings):
        """The settings, integers and texts by name, from now on."""
        self.serial += 1
        body = b""
        for name, value in settings.items():
            kind = INTEGER if isinstance(value, int) else STRING
            body += struct.pack("<BxH", kind, len(name)) + padded(name.encode())
            body += struct.pack("<I", self.serial)
            body += struct.pack("<i", value) if kind == INTEGER else (
                struct.pack("<I", len(value.encode())) + padded(value.encode()))
        data = struct.pack("<BxxxII", 0, self.serial, len(settings)) + body
        atom = self.screen.atom("_XSETTINGS_SETTINGS")
        self.window.change_property(atom, atom, 8, data)
        self.screen.display.sync()

    def close(self):
        self.window.destroy()
        self.screen.display.sync()
