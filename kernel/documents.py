"""Opens a file that somebody sends, whatever its name: by its content, as a table or as records."""

from .errors import FileTooLarge, UnreadableFile
from .readers import Document, Limits, Options, Source, open_csv
from .records import open_records
from .spreadsheets import open_spreadsheet

_OTHERS = (
    (
        b"\xd0\xcf\x11\xe0",
        "这是旧版 Excel 文件（.xls）或加了密码：请用 Excel 另存为 .xlsx 再上传。",
    ),
    (b"%PDF", "这是 PDF：请向提供单位要 Excel 或 CSV 文件。"),
    (b"\x1f\x8b", "这是压缩文件：请先解压，再上传里面的文件。"),
    (b"Rar!", "这是压缩文件：请先解压，再上传里面的文件。"),
    (b"7z\xbc\xaf", "这是压缩文件：请先解压，再上传里面的文件。"),
    (b"<", "这是网页或 XML 文件：请导出为 CSV、Excel 或 GeoJSON 再上传。"),
)


def open_document(document: Document, options: Options, limits: Limits) -> Source:
    """Understand a file; raise UnreadableFile, EmptyFile, NoHeader or FileTooLarge."""
    if document.size > limits.size:
        raise FileTooLarge
    with document.open() as file:
        head = file.read(4096)
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith(b"PK\x03\x04"):
        return open_spreadsheet(document, options, limits)
    if start[:1] in (b"{", b"["):
        return open_records(document, limits)
    for sign, sentence in _OTHERS:
        if start.startswith(sign):
            raise UnreadableFile(sentence)
    if b"\0" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UnreadableFile
    return open_csv(document, options, limits)
