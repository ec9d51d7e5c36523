#!/usr/bin/env python3
"""Turns a table of numbers into one self-contained HTML page with a chart.

stdin   {"table": "/a/table.csv", "label": "month", "value": "tonnes", "target": "/where/report.html", "title": "..."}
result  {"target", "rows", "total", "largest": {"label", "value"}}

Rows with the same label are added up. Safe to run again: the page is written beside its place and renamed into it.
"""
import csv
import html
import json
import os
import signal
import sys
import tempfile


class Reject(Exception):
    """The task itself is wrong; another try cannot help."""


def open_reeve():
    """Descriptor 3 when reeve started us, nothing when a person did."""
    try:
        return open(int(os.environ["REEVE_FD"]), "w", encoding="utf-8", buffering=1)
    except (KeyError, OSError):
        return open(os.devnull, "w", encoding="utf-8")


REEVE = open_reeve()


def tell(kind, **members):
    REEVE.write(json.dumps({"type": kind, **members}) + "\n")


def read_payload():
    try:
        payload = json.load(sys.stdin)
        return {key: str(payload[key]) for key in ("table", "label", "value", "target")} | {
            "title": str(payload.get("title", "Report"))}
    except (ValueError, KeyError, TypeError) as error:
        raise Reject(f"the payload is not usable: {error!r}") from error


def read_totals(task):
    """label -> sum, in the order of the table."""
    totals, rows = {}, 0
    try:
        with open(task["table"], newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                rows += 1
                label = row[task["label"]]
                totals[label] = totals.get(label, 0) + float(row[task["value"]])
                if rows % 50 == 0:
                    tell("progress", current=rows, label="reading")
    except KeyError as error:
        raise Reject(f"{task['table']}: no column {error}") from error
    except ValueError as error:
        raise Reject(f"{task['table']}:{rows + 1}: {error}") from error
    if not totals:
        raise Reject(f"{task['table']}: no rows")
    return totals, rows


def number(value):
    return f"{value:,.0f}" if value == int(value) else f"{value:,.2f}"


def chart(totals):
    """A bar for each label, as SVG."""
    width, bar, gap, left = 720, 22, 8, 120
    largest = max(max(totals.values()), 1e-9)
    bars = []
    for place, (label, value) in enumerate(totals.items()):
        y = place * (bar + gap)
        length = max(0.0, value / largest) * (width - left - 90)
        bars.append(
            f'<text x="{left - 8}" y="{y + 16}" text-anchor="end">{html.escape(label)}</text>'
            f'<rect x="{left}" y="{y}" width="{length:.1f}" height="{bar}" rx="3"/>'
            f'<text x="{left + length + 6:.1f}" y="{y + 16}">{number(value)}</text>')
    height = len(totals) * (bar + gap)
    return f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="a bar for each row">{"".join(bars)}</svg>'


def page(task, totals, rows):
    table = "".join(f"<tr><td>{html.escape(label)}</td><td>{number(value)}</td></tr>" for label, value in totals.items())
    title = html.escape(task["title"])
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<style>
  body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 3rem auto; padding: 0 1rem; color: #222 }}
  svg {{ width: 100%; font-size: 13px }} rect {{ fill: #3b7a57 }}
  table {{ border-collapse: collapse; margin-top: 2rem }} td, th {{ padding: .2rem 1rem; text-align: left }}
  td:last-child {{ text-align: right; font-variant-numeric: tabular-nums }}
</style></head><body>
<h1>{title}</h1>
<p>{rows} rows, {number(sum(totals.values()))} {html.escape(task["value"])} in all.</p>
{chart(totals)}
<table><tr><th>{html.escape(task["label"])}</th><th>{html.escape(task["value"])}</th></tr>{table}</table>
</body></html>
"""


def write_whole(path, text):
    """All of the text or nothing: a reader never meets half a page."""
    folder = os.path.dirname(os.path.abspath(path))
    os.makedirs(folder, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".unfinished.") as work:
        beside = os.path.join(work, "page")
        with open(beside, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(beside, path)


def main():
    task = read_payload()
    totals, rows = read_totals(task)
    tell("progress", percent=60, label="drawing")
    write_whole(task["target"], page(task, totals, rows))
    largest = max(totals, key=totals.get)
    print(f"{task['target']}: {rows} rows, {len(totals)} bars")
    tell("result", value={"target": task["target"], "rows": rows, "total": sum(totals.values()),
                          "largest": {"label": largest, "value": totals[largest]}})


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))     # stopped by reeve: leave nothing half done
    try:
        main()
    except Reject as reason:
        tell("reject", code="bad_table", message=str(reason))
        sys.exit(f"{reason}")
