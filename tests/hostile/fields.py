"""The fields of messages, as vchan-proto/codec.h has them: one form on the wire and on the links."""
import struct

NUMBERS = {"b": "<B", "h": "<H", "w": "<I", "i": "<i", "q": "<Q"}


def fields(layout, *values):
    """b, h, w, i, q are numbers, s is a text or bytes, with its length before it."""
    data = b""
    for field, value in zip(layout, values, strict=True):
        if field == "s":
            value = value.encode() if isinstance(value, str) else bytes(value)
            data += struct.pack("<I", len(value)) + value
        else:
            data += struct.pack(NUMBERS[field], value)
    return data
