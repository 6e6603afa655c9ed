"""
Read files of separated fields as Go's CSV reader does.

Rule 1: lines that are empty or begin with `#` are skipped; CRLF ends a line too.
Rule 2: blanks before a field are dropped, those after it are kept.
Rule 3: a field in double quotes may hold separators, line ends and doubled quotes; a
quote anywhere else is an error.
Rule 4: all records have as many fields as the first one.
"""


class RecordError(ValueError):
    """
    A file of records cannot be read.
    """


def read_records(text: str, separator: str) -> list[list[str]]:
    """
    Return all records of a file; raise RecordError.
    """
    reader = _Reader(text, separator)
    records: list[list[str]] = []
    while (record := reader.record()) is not None:
        if records and len(record) != len(records[0]):
            raise RecordError(f"line {reader.number}: wrong number of fields")
        records.append(record)
    return records


class _Reader:
    """
    Read record after record; `number` is that of the last line read.
    """

    def __init__(self, text: str, separator: str) -> None:
        self._lines = iter(text.split("\n"))
        self._separator = separator
        self.number = 0

    def record(self) -> list[str] | None:
        """
        Return the fields of the next record, or None at the end.
        """
        while (line := self._line()) is not None:
            if line and not line.startswith("#"):
                return self._fields(line)
        return None

    def _line(self) -> str | None:
        """
        Return the next line without its end, or None.
        """
        self.number += 1
        line = next(self._lines, None)
        return None if line is None else line.removesuffix("\r")

    def _fields(self, line: str) -> list[str]:
        fields: list[str] = []
        rest: str | None = line
        while rest is not None:
            rest = rest.lstrip()
            read = self._quoted if rest.startswith('"') else self._plain
            field, rest = read(rest)
            fields.append(field)
        return fields

    def _plain(self, text: str) -> tuple[str, str | None]:
        """
        Return a bare field and what follows its separator, None at the line's end.
        """
        field, separator, rest = text.partition(self._separator)
        if '"' in field:
            raise RecordError(f"line {self.number}: bare quote")
        return field, rest if separator else None

    def _quoted(self, text: str) -> tuple[str, str | None]:
        """
        Return a quoted field, which may go on over several lines, and what follows.
        """
        field = ""
        text = text[1:]
        while True:
            before, quote, after = text.partition('"')
            field += before
            if not quote:
                following = self._line()
                if following is None:
                    raise RecordError(f"line {self.number}: quote not closed")
                field += "\n"
                text = following
            elif after.startswith('"'):
                field += '"'
                text = after[1:]
            elif not after:
                return field, None
            elif after.startswith(self._separator):
                return field, after[len(self._separator) :]
            else:
                raise RecordError(f"line {self.number}: text after a closing quote")
