"""Compares what the primary shows of a window with what the guest has of it."""
import os
import pathlib
import tempfile

from desktop import WAIT_SECONDS, wait_until


def wait_settled(host, guest, window):
    """Waits until the window manager has placed a window, and its place is the same on both screens."""
    content, drawn = window["content_xid"], window["guest_window"]
    wait_until(lambda: host.managed(window["toplevel_xid"]) and host.geometry(content) == guest.geometry(drawn),
               f"{window['title']} has one place on both sides")


def pictures(host, guest, window):
    """The pictures of content_xid and guest_window, both masked by the guest's shape; None before both."""
    shown = host.picture(window["content_xid"])
    drawn = guest.picture(window["guest_window"])
    if shown is None or drawn is None:
        return None
    shape = guest.bounding_shape(window["guest_window"])
    if shape is not None and (shown.width, shown.height) == (drawn.width, drawn.height):
        shown, drawn = shown.masked(shape), drawn.masked(shape)
    return shown, drawn


def assert_same_pixels(host, guest, window, seconds=WAIT_SECONDS):
    """Waits until both pictures are equal and of more than one colour."""
    last = [None]

    def equal():
        last[0] = pictures(host, guest, window)
        return last[0] and last[0][0] == last[0][1] and last[0][0].colours() > 1

    try:
        wait_until(equal, f"{window['title']} looks the same on both sides", seconds)
    except AssertionError as why:
        if not last[0]:
            raise AssertionError(f"{why}; no picture could be had of {window}") from None
        where = pathlib.Path(os.environ.get("MESON_BUILD_ROOT", tempfile.gettempdir()))
        shown, drawn = last[0]
        for picture, side in ((shown, "primary"), (drawn, "guest")):
            picture.save(where / f"differs-{window['app_id'] or 'window'}-{side}.png")
        raise AssertionError(f"{why}; they differ in {shown.difference(drawn)}; see {where}/differs-*.png"
                             ) from None
