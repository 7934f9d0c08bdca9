"""Scores as the page shows them, and as the workbook says them."""

from __future__ import annotations

import io

import openpyxl
from playwright.sync_api import Page, expect

Scores = dict[str, tuple[str, ...]]


def scores_shown(page: Page) -> Scores:
    """By unit: the score of each item and the total, as the table of the page has them."""
    expect(page.locator("tr[data-unit] [data-score] b").first).to_be_visible()
    rows = page.locator("tr[data-unit]").evaluate_all(
        """rows => rows.map(row => [
            row.querySelector("th").textContent.trim(),
            [...row.querySelectorAll("td")].slice(0, -1).map(cell =>
                (cell.querySelector("b") ?? cell.querySelector(".k-tag") ?? cell).textContent.trim()),
        ])"""
    )
    return {unit: tuple(cells) for unit, cells in rows}


def scores_written(content: bytes) -> Scores:
    """The same from the first sheet of the workbook."""
    book = openpyxl.load_workbook(io.BytesIO(content), data_only=True)
    found, width = {}, 0
    for row in book.worksheets[0].iter_rows(min_row=4, values_only=True):
        if "总分" in row:
            width = row.index("总分") + 1
        elif row[0] is not None:
            found[str(row[0])] = tuple(_written(cell) for cell in row[1:width])
    return found


def _written(value: object) -> str:
    return f"{value:.2f}" if isinstance(value, int | float) else str(value)
