"""Write the patches, and the picture of one: ``python -m max_patches.pd_building``."""

from __future__ import annotations

from pathlib import Path

from max_patches.pd_building import FOLDER, built
from max_patches.pd_building.picture import svg

for name, content in built().items():
    (FOLDER / name).write_text(content, encoding="utf-8")
pictures = Path(__file__).parents[2] / "docs" / "hosts"
if pictures.is_dir():  # in a clone
    (pictures / "pd.svg").write_text(svg(built()["generate-help.pd"]), encoding="utf-8")
