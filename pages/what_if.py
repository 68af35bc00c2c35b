"""情景推演: move levers and see every indicator; ask what would reach them; keep scenarios."""

from pages.parts import what_if
from pages.parts.view import view

what_if.show(view())
