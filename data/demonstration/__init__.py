"""The made-up city behind ``data.demo``, one module a part, in the order in which they depend:
course (dates and designed values), schools, points, titles, figures, partners, duties."""
