"""One plate for a screen, before or without a batch."""

from io import BytesIO

from .layouts import face, furniture, layout_of
from .matrices import matrices
from .pdf import Drawn, PrintFile
from .pictures import DPI, pictures
from .spec import BatchSpec, Plate, level_for, printed_url
from .svg import plate_svg
from .typeface import one_at_a_time


def preview_svg(plate: Plate, spec: BatchSpec) -> str:
    """Draw one plate, with bleed, as an SVG that needs no font. Refuses what `print_batch` does."""
    layout = layout_of(spec)
    title = f"{plate.number} {plate.place_name}"
    with one_at_a_time:
        drawn = _drawn(plate, spec)
        marks = [*furniture(layout, spec), *drawn.marks]
        return plate_svg(layout, marks, drawn.matrix, title=title)


def preview_png(plate: Plate, spec: BatchSpec, dpi: int = DPI) -> bytes:
    """Draw one trimmed plate as a PNG. Refuses what `print_batch` does."""
    layout, file = layout_of(spec), BytesIO()
    with one_at_a_time:
        shared = furniture(layout, spec)
        made = PrintFile(file, layout, shared, title=plate.number, owner=spec.district_name)
        made.add_page([_drawn(plate, spec)], note="")
        made.save()
        return next(pictures(file.getvalue(), layout, dpi))


def _drawn(plate: Plate, spec: BatchSpec) -> Drawn:
    level = level_for(spec.public_url, spec.level)
    code = matrices([printed_url(spec.public_url, plate.code)], level)[0]
    return Drawn(face(layout_of(spec), spec, plate), code)
