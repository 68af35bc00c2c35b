"""会议汇报: a meeting's slides chosen, ordered, presented and taken away."""

from pages.parts import meeting
from pages.parts.view import follow, view

shown = meeting.frozen(view())
wishes = meeting.settings(shown)
meeting.downloads(shown, wishes)
follow(meeting.slides(shown, wishes))
