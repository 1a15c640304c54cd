"""Files for tests of attachments, made here: photographs with a place in them, recordings with one, and hostile ones."""

import io
import struct
import zlib

from PIL import Image
from PIL.TiffImagePlugin import IFDRational

DUSHANBE = (38.56, 68.78)
SECRET = b"+38.5600+068.7800/"
DEVICE = "SuperPhone 12 of n.rahimov"
ORIENTATION, GPS = 0x0112, 0x8825


def painted(width: int = 640, height: int = 480) -> Image.Image:
    """A picture in which every corner differs."""
    ramps = [Image.linear_gradient("L").resize((width, height)), Image.radial_gradient("L").resize((width, height))]
    return Image.merge("RGB", (ramps[0], ramps[1], ramps[0].transpose(Image.Transpose.ROTATE_180)))


def photograph(orientation: int = 1, *, width: int = 640, height: int = 480, comment: bytes = SECRET) -> bytes:
    """A JPEG as a telephone makes it: the place, the device and a comment are in it."""
    exif = Image.Exif()
    exif[ORIENTATION], exif[0x0110] = orientation, DEVICE
    degrees, minutes = IFDRational(38), IFDRational(336, 10)
    exif[GPS] = {1: "N", 2: (degrees, minutes, IFDRational(0)), 3: "E", 4: (IFDRational(68), IFDRational(468, 10), IFDRational(0))}
    made = io.BytesIO()
    painted(width, height).save(made, "JPEG", quality=88, exif=exif, comment=comment, xmp=b"<x:xmpmeta>" + SECRET + b"</x:xmpmeta>")
    return made.getvalue()


def drawing() -> bytes:
    """A PNG with holes and words in it."""
    from PIL.PngImagePlugin import PngInfo

    words = PngInfo()
    words.add_text("Location", SECRET.decode())
    made = io.BytesIO()
    picture = painted(200, 100).convert("RGBA")
    picture.putalpha(Image.linear_gradient("L").resize((200, 100)))
    picture.save(made, "PNG", pnginfo=words)
    return made.getvalue()


def bomb() -> bytes:
    """A PNG of a few bytes that says it has 900 million pixels."""
    head = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b""))
    body = b"".join(struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks)
    return b"\x89PNG\r\n\x1a\n" + body


def paper(pages: int = 2) -> bytes:
    """A PDF with an author and a program in it."""
    from reportlab.pdfgen.canvas import Canvas

    made = io.BytesIO()
    canvas = Canvas(made)
    canvas.setAuthor(DEVICE)
    for number in range(pages):
        canvas.drawString(100, 700, f"protocol, page {number + 1}")
        canvas.showPage()
    canvas.save()
    return made.getvalue()


def box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def track(number: int, handler: bytes, starts: list[int], sizes: list[int]) -> bytes:
    """A track with one sample a chunk."""
    tables = (
        box(b"stsd", struct.pack(">II", 0, 0)),
        box(b"stsc", struct.pack(">IIIII", 0, 1, 1, 1, 1)),
        box(b"stsz", struct.pack(f">III{len(sizes)}I", 0, 0, len(sizes), *sizes)),
        box(b"stco", struct.pack(f">II{len(starts)}I", 0, len(starts), *starts)),
    )
    media = (
        box(b"mdhd", struct.pack(">IIIIII", 0, 3_800_000_000, 3_800_000_000, 1000, 1000, 0)),
        box(b"hdlr", struct.pack(">II4s", 0, 0, handler), bytes(12), DEVICE.encode()),
        box(b"minf", box(b"stbl", *tables)),
    )
    head = box(b"tkhd", struct.pack(">IIIII", 0, 3_800_000_000, 3_800_000_000, number, 0))
    return box(b"trak", head, box(b"mdia", *media), box(b"udta", SECRET))


def recording(*handlers: bytes) -> bytes:
    """An MP4 with tracks of these kinds, two samples each, one after the other; the place is in `udta`, `meta` and a track of its own."""
    head = box(b"ftyp", b"isom", bytes(4), b"isommp42")
    samples = [
        b"%s-%d-%s" % (handler, number, SECRET if handler == b"meta" else b"frame" * 20) for number in (1, 2) for handler in handlers
    ]
    data = box(b"mdat", *samples, b"left over " + SECRET)

    def movie(first: int) -> bytes:
        ends = [first + sum(len(one) for one in samples[:index]) for index in range(len(samples))]
        tracks = [
            track(number + 1, handler, ends[number :: len(handlers)], [len(one) for one in samples[number :: len(handlers)]])
            for number, handler in enumerate(handlers)
        ]
        lasts = box(b"mvhd", struct.pack(">IIIII", 0, 3_800_000_000, 3_800_000_000, 1000, 1000))
        return box(b"moov", lasts, *tracks, box(b"udta", box(b"\xa9xyz", SECRET)), box(b"meta", SECRET))

    length = len(movie(0))
    return head + movie(len(head) + length + 8) + data + box(b"uuid", SECRET) + box(b"free", SECRET)
