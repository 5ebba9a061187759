"""A QR matrix as SVG that scales to any size and needs no other file."""

import html
from io import BytesIO

import qrcode
from qrcode.constants import ERROR_CORRECT_M
from qrcode.image.svg import SvgPathImage

# Version 10 at level M: the longest link we print on a screen still scans from arm's length.
_LONGEST = 213


class TooLongForCode(ValueError):
    """The text would need modules too fine to scan."""


def svg(text: str, *, label: str) -> str:
    """Draw the text as an `<svg>` element with a quiet zone of four modules.

    `label` is read out by screen readers. Raises TooLongForCode above 213 bytes.
    """
    if len(text.encode()) > _LONGEST:
        raise TooLongForCode(f"{len(text.encode())} bytes, {_LONGEST} at most")
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=4)
    code.add_data(text)
    code.make(fit=True)
    buffer = BytesIO()
    code.make_image(image_factory=SvgPathImage).save(buffer)
    drawing = buffer.getvalue().decode()
    element = drawing[drawing.index("<svg") :]
    return element.replace("<svg", f'<svg role="img" aria-label="{html.escape(label)}"', 1)
