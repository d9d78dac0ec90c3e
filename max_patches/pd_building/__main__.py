"""Write the patches: ``python -m max_patches.pd_building``."""

from __future__ import annotations

from max_patches.pd_building import FOLDER, built

for name, content in built().items():
    (FOLDER / name).write_text(content, encoding="utf-8")
