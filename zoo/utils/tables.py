"""Tables for notebooks."""

import html
from collections.abc import Iterable


def html_table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Returns a table as HTML, its texts escaped.

    Args:
        header: Names of the columns.
        rows: The texts of each row.
    """
    return (
        f"<table><thead>{_row('th', header)}</thead><tbody>"
        + "".join(_row("td", row) for row in rows)
        + "</tbody></table>"
    )


def _row(tag, texts):
    cells = "".join(f"<{tag}>{html.escape(x)}</{tag}>" for x in texts)
    return f"<tr>{cells}</tr>"
