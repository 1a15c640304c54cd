"""Recordings for others: sound and picture at the same places in the file, everything else of it blank.

An ISO base media file (ISO/IEC 14496-12; MP4, M4A, QuickTime) is a tree of boxes. What is copied is named here: the tables that play it,
and of the media data the bytes that tracks of sound and picture refer to. Places written by phones (`udta`, `meta`, tracks of positions),
times, covers and leftovers are not copied; boxes of that size stay as `free`, so that no offset changes.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from streams.attachments.kinds import Refused

_TREE: dict[bytes, frozenset[bytes]] = {
    b"moov": frozenset({b"mvhd", b"trak", b"mvex", b"iods"}),
    b"trak": frozenset({b"tkhd", b"edts", b"mdia", b"tref"}),
    b"edts": frozenset({b"elst"}),
    b"mdia": frozenset({b"mdhd", b"hdlr", b"minf"}),
    b"minf": frozenset({b"vmhd", b"smhd", b"gmhd", b"nmhd", b"hdlr", b"dinf", b"stbl"}),
    b"dinf": frozenset({b"dref"}),
    b"stbl": frozenset(
        {b"stsd", b"stts", b"ctts", b"cslg", b"stsc", b"stsz", b"stz2", b"stco", b"co64", b"stss", b"stps", b"sdtp", b"sgpd", b"sbgp"}
    ),
    b"mvex": frozenset({b"mehd", b"trex"}),
    b"moof": frozenset({b"mfhd", b"traf"}),
    b"traf": frozenset({b"tfhd", b"tfdt", b"trun", b"sdtp", b"sgpd", b"sbgp"}),
}
_TOP = frozenset({b"ftyp", b"styp", b"moov", b"moof", b"mdat", b"sidx"})
_TIMED = frozenset({b"mvhd", b"tkhd", b"mdhd"})
_MAX_SAMPLES = 4_000_000
_PLAYED = (b"vide", b"soun")


@dataclass(frozen=True, slots=True)
class Box:
    """One box: its type, where it begins, where its body does, and where it ends."""

    type: bytes
    start: int
    body: int
    end: int


def recording(content: bytes) -> tuple[bytes, str]:
    """The recording for others and its media type: `video/mp4`, or `audio/mp4` where it has no picture. Raises Refused."""
    try:
        return _Recording(content).made()
    except (struct.error, IndexError, RecursionError):
        raise damaged() from None


def damaged() -> Refused:
    """Its tables contradict each other."""
    return Refused("damaged", "the recording is damaged: send it again from where it was taken")


def cut_short() -> Refused:
    """It ends before it should."""
    return Refused("cut_short", "the recording is cut short: send it again from where it was taken")


class _Recording:
    def __init__(self, content: bytes) -> None:
        self._content = content
        self._made = bytearray(len(content))
        self._top = list(self._boxes(0, len(content)))
        self._fragmented = any(box.type == b"moof" for box in self._top)
        self._kept: list[tuple[int, int]] = []
        self._played: set[bytes] = set()

    def made(self) -> tuple[bytes, str]:
        movies = [box for box in self._top if box.type == b"moov"]
        if len(movies) != 1:
            raise cut_short() if not movies else damaged()
        for box in self._top:
            self._copy(box, _TOP)
        if not self._played:
            raise Refused("unknown", "it has neither sound nor picture: send an MP4 or M4A recording")
        data = [box for box in self._top if box.type == b"mdat"]
        if self._fragmented:
            # Its tables are spread over the file: with tracks of sound and picture alone, all of the data is theirs.
            self._kept = [(box.body, box.end) for box in data]
        for start, end in self._kept:
            if end > len(self._content):
                raise cut_short()
            if not any(box.body <= start and end <= box.end for box in data):
                raise damaged()
            self._made[start:end] = self._content[start:end]
        return bytes(self._made), "video/mp4" if b"vide" in self._played else "audio/mp4"

    def _boxes(self, at: int, end: int) -> Iterator[Box]:
        while at < end:
            if end - at < 8:
                # QuickTime ends some lists with four zero bytes.
                if any(self._content[at:end]):
                    raise cut_short()
                return
            size, kind = struct.unpack_from(">I4s", self._content, at)
            body = at + 8
            if size == 1:
                (size,), body = struct.unpack_from(">Q", self._content, body), body + 8
            elif size == 0:
                size = end - at
            if at + size < body:
                raise damaged()
            if at + size > end:
                raise cut_short()
            yield Box(kind, at, body, at + size)
            at += size

    def _copy(self, box: Box, known: frozenset[bytes]) -> None:
        if box.type not in known or (box.type == b"trak" and not self._plays(box)):
            self._made[box.start : box.body] = self._content[box.start : box.body]
            self._made[box.start + 4 : box.start + 8] = b"free"
            return
        inner = _TREE.get(box.type)
        until = box.body if inner is not None or box.type == b"mdat" else box.end
        self._made[box.start : until] = self._content[box.start : until]
        for each in self._boxes(box.body, box.end) if inner is not None else ():
            self._copy(each, inner or frozenset())
        if box.type in _TIMED:
            width = 16 if self._content[box.body] == 1 else 8
            self._made[box.body + 4 : box.body + 4 + width] = bytes(width)
        elif box.type == b"hdlr":
            # After the kind of track comes who made the program that wrote it.
            self._made[box.body + 12 : box.end] = bytes(max(0, box.end - box.body - 12))

    def _plays(self, track: Box) -> bool:
        """Whether it is a track of sound or picture; then its bytes of the media data are kept."""
        media = self._only(track, b"mdia")
        handler = self._only(media, b"hdlr")
        kind = self._content[handler.body + 8 : handler.body + 12]
        if kind not in _PLAYED:
            if self._fragmented:
                raise Refused("unknown", "it has a track that is neither sound nor picture, mixed with them: export it as a plain MP4")
            return False
        self._played.add(kind)
        if not self._fragmented:
            self._kept += self._samples(self._only(self._only(media, b"minf"), b"stbl"))
        return True

    def _only(self, parent: Box, kind: bytes) -> Box:
        found = [box for box in self._boxes(parent.body, parent.end) if box.type == kind]
        if len(found) != 1:
            raise damaged()
        return found[0]

    def _samples(self, tables: Box) -> Iterator[tuple[int, int]]:
        """Where the track's chunks begin and end in the file."""
        boxes = {box.type: box for box in self._boxes(tables.body, tables.end)}
        if b"stsz" not in boxes or b"stsc" not in boxes or not boxes.keys() & {b"stco", b"co64"}:
            raise damaged()
        same, count = struct.unpack_from(">II", self._content, boxes[b"stsz"].body + 4)
        if count > _MAX_SAMPLES:
            raise Refused("too_large", "it has too many samples to be examined: make it shorter")
        sizes = (same,) * count if same else self._numbers(boxes[b"stsz"].body + 12, boxes[b"stsz"].end, "I", count)
        wide = b"co64" in boxes
        table = boxes[b"co64" if wide else b"stco"]
        starts = self._numbers(table.body + 8, table.end, "Q" if wide else "I", self._count(table))
        runs = boxes[b"stsc"]
        told = self._numbers(runs.body + 8, runs.end, "III", self._count(runs))
        firsts = [(told[index], told[index + 1]) for index in range(0, len(told), 3)]
        done = 0
        for (first, samples), (following, _) in pairwise([*firsts, (len(starts) + 1, 0)]):
            if not 1 <= first <= following <= len(starts) + 1:
                raise damaged()
            for chunk in range(first, following):
                size = sum(sizes[done : done + samples])
                done += samples
                yield starts[chunk - 1], starts[chunk - 1] + size
        if done < count:
            raise damaged()

    def _count(self, table: Box) -> int:
        return int(struct.unpack_from(">I", self._content, table.body + 4)[0])

    def _numbers(self, at: int, end: int, row: str, count: int) -> tuple[int, ...]:
        if at + struct.calcsize(f">{row}") * count > end:
            raise damaged()
        return struct.unpack_from(f">{len(row) * count}{row[0]}", self._content, at)
