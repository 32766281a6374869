"""What the integration carries along from other folders of the repository: HACS brings its own folder alone."""

import shutil

from .paths import ROOT

BLUEPRINTS = ROOT / "blueprints"
SHIPPED = ROOT / "custom_components" / "maestra" / "blueprints"


def copy_blueprints() -> None:
    """Make the copy anew."""
    shutil.rmtree(SHIPPED, ignore_errors=True)
    shutil.copytree(BLUEPRINTS, SHIPPED)
