#!/usr/bin/python3
"""Owns the clipboard of an X server, and misbehaves: bad-clip-owner.py silent|dies|endless|floods"""
import os
import sys

from Xlib import X, Xatom
from Xlib.protocol import event

from screen import Screen

CHUNK = 65536


class Owner:
    def __init__(self):
        self.display = Screen(os.environ["DISPLAY"]).display
        self.window = self.display.screen().root.create_window(0, 0, 1, 1, 0, 0, X.InputOnly)
        self.window.change_attributes(event_mask=X.PropertyChangeMask)
        self.clipboard, self.targets, self.text, self.incr = map(
            self.display.intern_atom, ("CLIPBOARD", "TARGETS", "UTF8_STRING", "INCR"))
        self.own()

    def own(self):
        self.window.set_selection_owner(self.clipboard, X.CurrentTime)
        self.display.flush()

    def requests(self):
        """Requests for content; those for the targets are answered."""
        while True:
            request = self.display.next_event()
            if request.type != X.SelectionRequest:
                continue
            if request.target == self.targets:
                self.answer(request, Xatom.ATOM, 32, [self.targets, self.text])
            else:
                yield request

    def answer(self, request, kind, bits, values):
        request.requestor.change_property(request.property, kind, bits, values)
        request.requestor.send_event(event.SelectionNotify(
            time=request.time, requestor=request.requestor, selection=request.selection,
            target=request.target, property=request.property))
        self.display.flush()

    def begin_pieces(self, request):
        request.requestor.change_attributes(event_mask=X.PropertyChangeMask)
        self.answer(request, self.incr, 32, [1 << 24])

    def send_piece(self, request):
        """When the one before has been taken."""
        while True:
            taken = self.display.next_event()
            if taken.type == X.PropertyNotify and taken.state == X.PropertyDelete \
                    and taken.atom == request.property:
                break
        request.requestor.change_property(request.property, self.text, 8, b"x" * CHUNK)
        self.display.flush()


def be_silent(owner):
    for _ in owner.requests():
        pass


def die_midway(owner):
    request = next(owner.requests())
    owner.begin_pieces(request)
    owner.send_piece(request)
    owner.send_piece(request)


def never_end(owner):
    request = next(owner.requests())
    owner.begin_pieces(request)
    while True:
        owner.send_piece(request)


def flood(owner):
    while True:
        owner.own()
        while owner.display.pending_events():
            owner.display.next_event()


if __name__ == "__main__":
    {"silent": be_silent, "dies": die_midway, "endless": never_end, "floods": flood}[sys.argv[1]](Owner())
