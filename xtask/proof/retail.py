#!/usr/bin/env python3
"""What the shop's books must say after a retailer's file was replayed, computed apart from the shop.

It applies docs/retail-mapping.md and nothing else, with the standard library only, and shares no code with the shop.
One JSON document goes to standard output. `--until YYYY-MM-DD` stops before that day, as `mainstay shop replay` does.
"""

import argparse
import gzip
import json
import re
import sys
from collections import Counter, defaultdict
from datetime import datetime
from decimal import Decimal

COLUMNS = ["InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country"]
CART_LINES = 500
CART_PIECES = 10_000
LINE_BYTES = 131_072

COUNTRIES = {
    "Australia": "AU", "Austria": "AT", "Bahrain": "BH", "Belgium": "BE", "Brazil": "BR", "Canada": "CA",
    "Channel Islands": "JE", "Cyprus": "CY", "Czech Republic": "CZ", "Denmark": "DK", "EIRE": "IE",
    "Finland": "FI", "France": "FR", "Germany": "DE", "Greece": "GR", "Hong Kong": "HK", "Iceland": "IS",
    "Israel": "IL", "Italy": "IT", "Japan": "JP", "Lebanon": "LB", "Lithuania": "LT", "Malta": "MT",
    "Netherlands": "NL", "Norway": "NO", "Poland": "PL", "Portugal": "PT", "RSA": "ZA", "Saudi Arabia": "SA",
    "Singapore": "SG", "Spain": "ES", "Sweden": "SE", "Switzerland": "CH", "USA": "US",
    "United Arab Emirates": "AE", "United Kingdom": "GB",
}

# The rest of a quoted field with the quote that closes it, and a whole field, quoted or not.
CLOSING = re.compile(rb'(?:[^"]|"")*"(?!")')
FIELD = re.compile(r'"((?:[^"]|"")*)"(?!")|([^,]*)')
INVOICE = re.compile(r"C?[0-9]{6}")
ARTICLE = re.compile(r"[0-9]{5}[A-Z]{0,2}")
CARRIAGE = {"POST", "DOT"}
WHOLE = re.compile(r"(-?[0-9]{1,9})(\.0+)?")
NATURAL = re.compile(r"([0-9]{1,9})(\.0+)?")
DECIMAL = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,9})?")
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}")


def records(path):
    """The records of the file, each a list of fields, or None for one that is unreadable."""
    with open(path, "rb") as file:
        raw = file.read()
    if raw[:2] == b"\x1f\x8b":
        raw = gzip.decompress(raw)
    lines = raw.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    place = 0
    while place < len(lines):
        end = end_of_record(lines, place)
        if end < 0:
            yield None
            place = -end
            continue
        record = b"\n".join(lines[place:end]).removesuffix(b"\r")
        place = end
        if record:
            yield fields(record)


def end_of_record(lines, first):
    """The number of the line after the record that begins on line `first`; negative if the record is unreadable."""
    line, place, length, opened = first, 0, len(lines[first]), None
    if length > LINE_BYTES:
        return -(first + 1)
    while True:
        text = lines[line]
        if opened is None and b'"' not in text:
            return line + 1
        if opened is None:
            # At the beginning of a field, where alone a quote opens one.
            if text[place:place + 1] == b'"':
                opened, place = line, place + 1
            else:
                place = text.find(b",", place) + 1
                if place == 0:
                    return line + 1
                continue
        closing = CLOSING.match(text, place)
        if closing:
            place = closing.end()
            if text[place:] in (b"", b"\r"):
                return line + 1
            if text[place:place + 1] != b",":
                return -(opened + 1)
            opened, place = None, place + 1
            continue
        # The field goes on over the next line, up to the limit.
        line, place = line + 1, 0
        if line == len(lines):
            return -(opened + 1)
        length += 1 + len(lines[line])
        if length > LINE_BYTES:
            return -(opened + 1)


def fields(record):
    if b"\0" in record:
        return None
    try:
        text = record.decode("utf-8")
    except UnicodeDecodeError:
        return None
    if '"' not in text:
        return text.split(",")
    cells, place = [], 0
    while True:
        field = FIELD.match(text, place)
        quoted, plain = field.groups()
        cells.append(plain if quoted is None else quoted.replace('""', '"'))
        place = field.end() + 1
        if place > len(text):
            return cells


class Line:
    """A line that can be read. `refuse` is the reason that it is refused for, if it is."""

    def __init__(self, cells):
        self.invoice = cells["InvoiceNo"]
        self.refuse = None
        self.time = None
        if not INVOICE.fullmatch(self.invoice):
            self.refuse = "not_an_invoice"
            return
        self.cancels = self.invoice.startswith("C")
        date = cells["InvoiceDate"]
        try:
            self.when = datetime.strptime(date, "%Y-%m-%d %H:%M:%S") if DATE.fullmatch(date) else None
        except ValueError:
            self.when = None
        if self.when is None:
            self.refuse = "bad_date"
            return
        self.time = date
        self.refuse = self.judge(cells)

    def judge(self, cells):
        quantity = WHOLE.fullmatch(cells["Quantity"])
        price = cells["UnitPrice"]
        customer = NATURAL.fullmatch(cells["CustomerID"])
        if not quantity or not DECIMAL.fullmatch(price) or (cells["CustomerID"] and not customer):
            return "bad_number"
        self.quantity = int(quantity[1])
        self.customer = int(customer[1]) if customer else None
        self.country = COUNTRIES.get(cells["Country"])
        if self.country is None:
            return "unknown_country"
        self.code = upper(cells["StockCode"])
        self.carriage = self.code in CARRIAGE
        if not self.carriage and not ARTICLE.fullmatch(self.code):
            return "not_a_product"
        if (self.quantity >= 0) if self.cancels else (self.quantity <= 0):
            return "wrong_quantity"
        price = Decimal(price)
        if price <= 0:
            return "price_not_positive"
        if price * 100 != int(price * 100):
            return "finer_than_a_penny"
        self.pence = int(price * 100)
        self.variant = f"{self.code}@{self.pence}"
        return None


def upper(text):
    """ASCII letters as capitals, nothing else changed."""
    return "".join(letter.upper() if "a" <= letter <= "z" else letter for letter in text)


def order_of(invoice):
    number, lines = invoice
    return min(line.time for line in lines if line.time), int(number.removeprefix("C")), number.startswith("C")


def orders_of(pieces):
    """How many carts the variants of a sale fill: portions of 10,000 pieces, 500 lines a cart, a variant once a cart."""
    count, cart = 1, set()
    for variant, quantity in pieces.items():
        while quantity > 0:
            if len(cart) == CART_LINES or variant in cart:
                count, cart = count + 1, set()
            cart.add(variant)
            quantity -= CART_PIECES
    return count


class Books:
    def __init__(self):
        self.refused = Counter()
        self.accepted = 0
        self.months = defaultdict(lambda: {"orders": 0, "revenue": 0, "refunded": 0})
        self.opening = Counter()
        self.closing = Counter()
        self.bought = defaultdict(list)  # (customer, variant): [pieces left, country] of each sale, oldest first
        self.carriage = defaultdict(list)  # customer: [pence left, country] of each sale, oldest first
        self.sales = self.cancellations = 0

    def sell(self, lines):
        good = [line for line in lines if line.refuse is None]
        if not any(not line.carriage for line in good):
            for line in good:
                line.refuse = "carriage_alone"
            return
        first = good[0]
        pieces = Counter()
        for line in good:
            if not line.carriage:
                pieces[line.variant] += line.quantity
        revenue = sum(line.quantity * line.pence for line in good)
        carriage = sum(line.quantity * line.pence for line in good if line.carriage)
        month = self.months[(min(line.time for line in lines if line.time)[:7], first.country)]
        month["orders"] += orders_of(pieces)
        month["revenue"] += revenue
        self.sales += 1
        self.opening.update(pieces)
        if first.customer is None:
            return
        for variant, quantity in pieces.items():
            self.bought[first.customer, variant].append([quantity, first.country])
        if carriage:
            self.carriage[first.customer].append([carriage, first.country])

    def cancel(self, lines):
        month = min(line.time for line in lines if line.time)[:7]
        good = [line for line in lines if line.refuse is None]
        for line in good:
            line.refuse = self.give_back(line, good[0].customer, month)
        self.cancellations += any(line.refuse is None for line in good)

    def give_back(self, line, customer, month):
        if customer is None:
            return "refund_of_guest"
        if line.carriage:
            amount = -line.quantity * line.pence
            for lot in reversed(self.carriage[customer]):
                if lot[0] >= amount:
                    lot[0] -= amount
                    self.months[month, lot[1]]["refunded"] += amount
                    return None
            return "refund_unmatched"
        lots = self.bought[customer, line.variant]
        left = -line.quantity
        if sum(pieces for pieces, _ in lots) < left:
            return "refund_unmatched"
        self.closing[line.variant] += left
        for lot in reversed(lots):
            taken = min(left, lot[0])
            lot[0] -= taken
            left -= taken
            if taken:
                self.months[month, lot[1]]["refunded"] += taken * line.pence
        return None


def replay(path, until):
    books = Books()
    invoices = defaultdict(list)
    total = 0
    rows = records(path)
    header = next(rows, None)
    if header is None or sorted(header) != sorted(COLUMNS):
        sys.exit("the header does not name the eight columns")
    for row in rows:
        if row is None or len(row) != len(COLUMNS):
            total += 1
            books.refused["unreadable"] += 1
            continue
        line = Line(dict(zip(header, row)))
        # What has no time is counted whole; the rest only before the day on which the replay stops.
        if until and line.time and line.time[:10] >= until:
            continue
        total += 1
        if line.time is None:
            books.refused[line.refuse] += 1
            continue
        invoices[line.invoice].append(line)
    for _, lines in sorted(invoices.items(), key=order_of):
        if lines[0].cancels:
            books.cancel(lines)
        else:
            books.sell(lines)
        for line in lines:
            if line.refuse is None:
                books.accepted += 1
            else:
                books.refused[line.refuse] += 1
    return books, total


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file")
    parser.add_argument("--until", default="", metavar="DAY")
    arguments = parser.parse_args()
    books, total = replay(arguments.file, arguments.until)
    assert books.accepted + sum(books.refused.values()) == total
    months = [
        {"month": month, "country": country, **figures}
        for (month, country), figures in sorted(books.months.items())
    ]
    json.dump(
        {
            "lines": total,
            "accepted": books.accepted,
            "refused": dict(sorted(books.refused.items())),
            "sales": books.sales,
            "cancellations": books.cancellations,
            "orders": sum(month["orders"] for month in months),
            "revenue": sum(month["revenue"] for month in months),
            "refunded": sum(month["refunded"] for month in months),
            "months": months,
            "opening": dict(sorted(books.opening.items())),
            "closing": dict(sorted((+books.closing).items())),
        },
        sys.stdout,
        indent=1,
    )
    print()


if __name__ == "__main__":
    main()
