"""PDF files made by hand: ordinary ones, and some that no good program writes."""

import zlib
from collections.abc import Sequence
from io import BytesIO

from pypdf import PdfReader, PdfWriter


def pdf(objects: Sequence[bytes]) -> bytes:
    """A PDF of these objects, numbered from 1; the first is the catalogue."""
    out = bytearray(b"%PDF-1.7\n")
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)


def stream(content: bytes, extra: bytes = b"") -> bytes:
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(content), extra, content)


def pages(texts: Sequence[str]) -> bytes:
    """A PDF with a page for each text; an empty one has nothing on its page."""
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b"", b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]
    kids = []
    for text in texts:
        shown = text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)").encode("latin-1")
        objects.append(stream(b"BT /F1 12 Tf 72 700 Td (%s) Tj ET" % shown if text else b""))
        kids.append(len(objects) + 1)
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents %d 0 R "
            b"/Resources << /Font << /F1 3 0 R >> >> >>" % len(objects)
        )
    references = b" ".join(b"%d 0 R" % kid for kid in kids)
    objects[1] = b"<< /Type /Pages /Count %d /Kids [%s] >>" % (len(kids), references)
    return pdf(objects)


def many_pages(count: int) -> bytes:
    """A small PDF with so many pages, all of them the same object's."""
    font = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R /Resources << /Font << /F1 3 0 R >> >> >>"
    content = stream(b"BT /F1 12 Tf (a) Tj ET")
    kids = b" ".join(b"%d 0 R" % (5 + number) for number in range(count))
    tree = b"<< /Type /Pages /Count %d /Kids [%s] >>" % (count, kids)
    return pdf([b"<< /Type /Catalog /Pages 2 0 R >>", tree, font, content, *[page] * count])


def encrypted(data: bytes, password: str) -> bytes:
    """The same with a password to open it; an empty one forbids only to change it."""
    writer = PdfWriter(clone_from=PdfReader(BytesIO(data)))
    writer.encrypt(user_password=password, owner_password="owner", algorithm="RC4-128")
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def one_page(contents: bytes) -> bytes:
    """A PDF with one page whose content is the object `contents`."""
    return pdf(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Count 1 /Kids [4 0 R] >>",
            contents,
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 3 0 R /Resources << >> >>",
        ]
    )


def bomb(size: int) -> bytes:
    """A page whose content unpacks to `size` bytes, packed twice."""
    packer = zlib.compressobj(9)
    begin = packer.compress(b"\0") + packer.flush(zlib.Z_FULL_FLUSH)
    # After a full flush the same bytes are packed to the same bytes.
    block = packer.compress(b"\0" * 1024 * 1024) + packer.flush(zlib.Z_FULL_FLUSH)
    count = size // (1024 * 1024)
    end = b"\x03\0" + ((1 + count * 1024 * 1024) % 65_521 << 16 | 1).to_bytes(4, "big")
    packed = begin + block * count + end
    return one_page(stream(zlib.compress(packed, 9), b"/Filter [/FlateDecode /FlateDecode]"))


def many_operators() -> bytes:
    """A page of 52 MB of them."""
    return one_page(stream(zlib.compress(b"BT (a) Tj ET\n" * 4_000_000, 9), b"/Filter /FlateDecode"))


RECURSIVE_TREE = pdf(
    [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Count 2 /Kids [2 0 R 3 0 R] >>",
        b"<< /Type /Pages /Count 2 /Parent 2 0 R /Kids [2 0 R 3 0 R] >>",
    ]
)
RECURSIVE_OBJECT = one_page(b"<< /Length 3 0 R >>\nstream\nBT ET\nendstream")
RECURSIVE_FORM = pdf(
    [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Count 1 /Kids [4 0 R] >>",
        stream(b"/X Do " * 50, b"/Type /XObject /Subtype /Form /Resources << /XObject << /X 3 0 R >> >>"),
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 3 0 R /Resources << /XObject << /X 3 0 R >> >> >>",
    ]
)
NESTED_ARRAYS = one_page(b"[" * 100_000)
