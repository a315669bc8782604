"""The templates of pages, and what they show of a text: nothing that nobody sees.

Which pages there are belongs to `build` and `data_docs`.
"""

from functools import cache
from typing import TYPE_CHECKING

from pricing_assets.common.visible_text import visible
from pricing_assets.db.statements import data_folder

if TYPE_CHECKING:
    import jinja2


@cache
def environment() -> "jinja2.Environment":
    """Return the templates, in which every text is escaped."""
    import jinja2

    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(data_folder("pricing_assets/pages/templates")),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        finalize=lambda value: visible(value) if type(value) is str else value,
    )
