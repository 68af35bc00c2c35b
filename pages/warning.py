"""监测预警: five signals per point and year, what to do about each, and next year's enrolment."""

from pages.parts import warning
from pages.parts.view import view

warning.page(view())
