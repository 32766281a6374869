"""What workers store: what comes in fleets. How things are called and hang together is for Home Assistant's side."""

from dataclasses import replace
from typing import Final

from ..f2.rows import F2_ROWS
from ..iss.rows import ISS_ROWS
from ..qs.rows import QS_ROWS
from ..store.entity_rows import ENTITY_ROWS, ReportRecorder
from ..store.topic import Catalogue

CATALOGUE: Final = Catalogue(
    (replace(ENTITY_ROWS, recorder=ReportRecorder), QS_ROWS, F2_ROWS, ISS_ROWS)
)
