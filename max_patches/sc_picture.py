"""The picture of SuperCollider for documents: a few lines of code, and what sclang posts when they are run.

``python -m max_patches.sc_picture`` writes it.
"""

from __future__ import annotations

from html import escape
from pathlib import Path

CODE = """\
b = Bridge.new;
fork {
    var job = b.generate("a door slams", (seconds: 1.5, takes: 3, seed: 7));
    job.wait.do { |take|
        "take %: % frames, seed %".format(take.index, take.frames, take.seed).postln;
    };
    job.buffer(s).play;
};"""

POSTED = ("take 0: 72000 frames, seed 7", "take 1: 72000 frames, seed 8", "take 2: 72000 frames, seed 9")
"""What it posts, as real sclang does in the tests."""

_LINE, _TOP, _SPLIT, _WIDTH = 18, 44, 720, 1000


def svg() -> str:
    """An editor with the code, and beside it the post window."""
    code = CODE.splitlines()
    height = _TOP + _LINE * len(code) + 10
    shapes = [
        f'<rect width="{_WIDTH}" height="{height}" fill="#fff"/>',
        f'<rect width="{_WIDTH}" height="22" fill="#ddd"/>',
        f'<line x1="{_SPLIT}" y1="0" x2="{_SPLIT}" y2="{height}" stroke="#999"/>',
        *_lines(("Untitled",), 10, 16, "#333"), *_lines(("Post window",), _SPLIT + 10, 16, "#333"),
        *_lines(code, 10, _TOP, "#000"), *_lines(POSTED, _SPLIT + 10, _TOP, "#000"),
    ]  # fmt: skip
    look = f'viewBox="0 0 {_WIDTH} {height}" font-family="monospace" font-size="13"'
    return "\n".join([f'<svg xmlns="http://www.w3.org/2000/svg" {look}>', *shapes, "</svg>", ""])


def _lines(texts: tuple[str, ...] | list[str], x: int, y: int, colour: str) -> list[str]:
    return [
        f'<text x="{x}" y="{y + _LINE * number}" fill="{colour}" xml:space="preserve">{escape(text)}</text>'
        for number, text in enumerate(texts)
    ]


if __name__ == "__main__":
    (Path(__file__).parents[1] / "docs" / "hosts" / "sc.svg").write_text(svg(), encoding="utf-8")
