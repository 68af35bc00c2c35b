"""校企合作: enterprises, partnerships and cooperation bodies; who works with whom."""

from pages.parts import cooperation
from pages.parts.view import follow, view

shown = view()
follow(cooperation.heard(shown))
cooperation.downloads(shown)
