"""What a file is, by its content: never by its name or by what was said of it."""

import io
import zipfile

MAX_BYTES = 25 * 1024 * 1024
PICTURES = ("image/jpeg", "image/png")
TAKEN = "JPEG, PNG, PDF, MP4 and M4A recordings, and plain text"

_HEAD = 1024
_PAGES = (b"<!doctype", b"<html", b"<svg", b"<script", b"<?php", b"<head", b"<body", b"<iframe")
_MARKUP = (*_PAGES, b"<?xml")
_ARCHIVES = (b"Rar!\x1a\x07", b"7z\xbc\xaf\x27\x1c")
_HEIF = frozenset({b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1", b"avif", b"avis"})
_BLANKS = frozenset(b"\t\n\r\f")


class Refused(Exception):
    """A file that is not taken. `code` is for translations; the message says why, and the mend."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


def kind_of(content: bytes) -> str:
    """`image/jpeg`, `image/png`, `application/pdf`, `text/plain` or `video/mp4` (any ISO base media file). Raises Refused.

    A file that other programs would read as something else (an archive behind a photograph, a page in its head) is refused.
    """
    kind = _signature(content)
    head = content[:_HEAD].lower()
    if kind != "text/plain" and any(mark in head for mark in _PAGES):
        raise _twofold(kind, "a web page")
    if kind != "application/pdf" and b"%pdf-" in head:
        raise _twofold(kind, "a PDF")
    if any(mark in content for mark in _ARCHIVES) or zipfile.is_zipfile(io.BytesIO(content)):
        raise _twofold(kind, "an archive")
    return kind


def _signature(content: bytes) -> str:
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content.startswith(b"%PDF-"):
        return "application/pdf"
    if content[4:8] == b"ftyp":
        if content[8:12] in _HEIF:
            raise Refused("heif", "HEIC and AVIF pictures are not taken: set the camera to JPEG (“most compatible”), or convert it")
        return "video/mp4"
    return _text(content)


def _text(content: bytes) -> str:
    try:
        content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refused("unknown", f"the content is none that is taken: send {TAKEN}") from None
    if any(byte < 0x20 and byte not in _BLANKS for byte in set(content)) or not content.strip():
        raise Refused("unknown", f"the content is none that is taken: send {TAKEN}")
    if content[:_HEAD].lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_MARKUP):
        raise Refused("markup", "it is a web page or an SVG drawing, which can hold programs: send it as PDF, or a picture of it")
    return "text/plain"


def _twofold(kind: str, other: str) -> Refused:
    return Refused("twofold", f"it is {kind} and {other} in one: send what you mean as a file of its own")
