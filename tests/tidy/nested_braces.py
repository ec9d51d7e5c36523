#!/usr/bin/env python3
"""Finds the braced values that g++ 12 compiles wrongly: when an element throws, an unnamed braced aggregate before it is destroyed twice.

  Line line{{level, text()}, number()};          name the inner type      Line line{Words{level, text()}, number()};

It reads tokens, not types: what is no aggregate (a list, a map, JSON) would be safe and is found all the same when a call follows it.
`// braces-ok: why` on the line silences it.
"""
import sys

import sources
from await_tidy import partners, starts_block, tokens


def elements(words, brace, partner):
    """(first, past the last) of each element of the braced value that opens at `brace`."""
    first = place = brace + 1
    while place < partner[brace]:
        if words[place] == ",":
            yield first, place
            first = place + 1
        place = partner.get(place, place) + 1 if words[place] in ("(", "[", "{") else place + 1
    if first < place:
        yield first, place


def is_unnamed(words, first, last):
    """True for {..} and for .name = {..}"""
    return words[first] == "{" or (words[first] == "." and last - first > 3 and words[first + 3] == "{")


def check(source):
    found = tokens(source.code)
    words = [word for word, _ in found]
    partner = partners(words)
    lines = source.text.splitlines()
    for brace, (word, offset) in enumerate(found):
        if word != "{" or brace not in partner or starts_block(words, brace, partner):
            continue
        owner = False                                # an unnamed braced value came, with something in it that is made by a call
        for first, last in elements(words, brace, partner):
            calls = "(" in words[first:last]
            if is_unnamed(words, first, last):
                owner = owner or calls
            elif owner and calls:
                line = source.line_of(offset)
                if "braces-ok" not in lines[line - 1]:
                    yield source.path, line, "a call after an unnamed braced value: g++ 12 destroys that twice when the call throws; name its type"
                break


def main():
    return sources.report([finding for source in sources.read((".cpp", ".hpp")) for finding in check(source)], "nested_braces")


if __name__ == "__main__":
    sys.exit(main())
