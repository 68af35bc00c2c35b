"""产教对接: industries, classes and levels as flows; supply of graduates against demand."""

from pages.parts import alignment
from pages.parts.view import view

alignment.show(view())
