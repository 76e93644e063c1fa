#!/usr/bin/python3
"""Asks for the clipboard of an X server, and takes nothing of what it gets: bad-clip-reader.py waits|dies"""
import os
import sys
import time

from Xlib import X

from screen import Screen

if __name__ == "__main__":
    server = Screen(os.environ["DISPLAY"]).display
    window = server.screen().root.create_window(0, 0, 1, 1, 0, 0, X.InputOnly)
    clipboard, text, place = map(server.intern_atom, ("CLIPBOARD", "UTF8_STRING", "PLACE"))
    window.convert_selection(clipboard, text, place, X.CurrentTime)
    while server.next_event().type != X.SelectionNotify:
        pass
    print("answered", flush=True)
    while sys.argv[1] == "waits":
        time.sleep(1)
