"""调整机制健全: every promise of the third action, counts by kind and year, what is owed yearly."""

from pages.parts import mechanisms
from pages.parts.block import block
from pages.parts.view import follow, view

shown = view()
follow(block(mechanisms.markup(shown), key="mechanisms"))
mechanisms.downloads(shown)
