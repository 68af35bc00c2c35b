"""数据管理: upload and preview; one workbook a school; versions; the quality report; the log."""

from pages.parts import desk, desk_log, desk_quality, desk_schools, desk_upload, desk_versions
from pages.parts.view import view

VIEWS = {
    "upload": desk_upload.show,
    "schools": desk_schools.show,
    "versions": desk_versions.show,
    "quality": desk_quality.show,
    "log": desk_log.show,
}
VIEWS[desk.head(view())](view())
