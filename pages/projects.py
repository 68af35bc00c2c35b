"""项目资金: the project pool, its money, what slips, what it covers, and whom to support."""

from pages.parts import projects
from pages.parts.block import block
from pages.parts.view import follow, view

shown = view()
follow(block(projects.markup(shown), key="projects"))
projects.downloads(shown)
projects.ranking(shown)
