#!/usr/bin/env python3
"""The shape of a retailer's year in a few numbers: what `mainstay load shop` draws its visits from.

Reads the file as the proof does and prints the tables of mainstay/src/load/shape.rs.
"""

import sys
from collections import Counter

from retail import Line, COLUMNS, records


def quantiles(values, steps):
    values = sorted(values)
    return [values[min(len(values) - 1, len(values) * step // 1000)] for step in steps]


def main():
    rows = records(sys.argv[1])
    header = next(rows)
    assert sorted(header) == sorted(COLUMNS)
    baskets, hours, lines, pieces = Counter(), Counter(), Counter(), []
    seen = set()
    for row in rows:
        if row is None or len(row) != len(COLUMNS):
            continue
        line = Line(dict(zip(header, row)))
        if line.refuse or line.cancels or line.carriage:
            continue
        if (line.invoice, line.variant) not in seen:
            seen.add((line.invoice, line.variant))
            baskets[line.invoice] += 1
            lines[line.variant] += 1
        if baskets[line.invoice] == 1 and line.invoice not in hours:
            hours[line.invoice] = int(line.time[11:13])
        pieces.append(line.quantity)
    steps = [0, 100, 250, 500, 750, 900, 950, 990, 999, 1000]
    print("thousandths:", steps)
    print("lines of a basket:", quantiles(baskets.values(), steps))
    print("pieces of a line:", quantiles(pieces, steps))
    by_hour = Counter(hours.values())
    total = sum(by_hour.values())
    print("baskets by hour, in thousandths:", [round(1000 * by_hour[hour] / total) for hour in range(24)])
    ranked = sorted(lines.values(), reverse=True)
    share, sold = [], sum(ranked)
    for per_mille in [1, 5, 10, 20, 50, 100, 200, 500, 1000]:
        share.append((per_mille, round(1000 * sum(ranked[: max(1, len(ranked) * per_mille // 1000)]) / sold)))
    print("of the variants, the most popular thousandths take thousandths of the lines:", share)


if __name__ == "__main__":
    main()
