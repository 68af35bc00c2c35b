"""调整机制健全: every promise of the third action, counts by kind and year, what is owed yearly."""

from pages.parts import editing, mechanisms
from pages.parts.block import block
from pages.parts.view import follow, view

shown = view()
editing.form(shown)
follow(block(mechanisms.markup(shown, editing.offered()), key="mechanisms"))
mechanisms.downloads(shown)
