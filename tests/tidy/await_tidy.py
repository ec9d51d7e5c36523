#!/usr/bin/env python3
"""Finds the expressions with co_await that g++ 12 compiles wrongly: it destroys a temporary of them twice.

  co_await f(Request{.limit = 1});     a braced temporary           name it, then move it in
  use(Row{.id = co_await f()});        co_await between braces      await first, then build
  co_await on([task] { ... });         a capture by value           name the lambda, then move it in
  auto x = ok ? co_await f() : g();    a conditional operator       if and else

It reads tokens, not types: a braced class that has a constructor would be safe and is found all the same. `// await-ok: why` on the line of
the co_await silences it.
"""
import re
import sys

import sources

TOKEN = re.compile(r"\bco_await\b|\w+|::|->|&&|\|\||[-+*/%&|^!=<>]=|\S")
PAIR = {")": "(", "]": "[", "}": "{"}
STATEMENT_WORDS = {"else", "do", "try", "const", "noexcept", "override", "final", "mutable"}


def tokens(code):
    return [(match.group(), match.start()) for match in TOKEN.finditer(code)]


def partners(words):
    """The place of the closing bracket for each opening one, and the other way round."""
    partner, waiting = {}, []
    for place, word in enumerate(words):
        if word in "([{" and len(word) == 1:
            waiting.append(place)
        elif word in PAIR and waiting and words[waiting[-1]] == PAIR[word]:
            partner[waiting[-1]], partner[place] = place, waiting[-1]
            waiting.pop()
    return partner


def is_lambda(words, place, partner):
    """True if the '[' at `place` introduces a lambda and neither indexes nor marks an attribute."""
    if place in partner and words[place + 1] == "[":
        return False
    before = words[place - 1] if place else ";"
    return not (re.fullmatch(r"\w+", before) and before not in ("return", "co_return", "co_await")) and before not in (")", "]", "[")


def starts_block(words, brace, partner):
    """True if the '{' at `brace` opens statements, false if it opens a value."""
    before = words[brace - 1] if brace else ";"
    if before in (";", "{", "}", ":") or before in STATEMENT_WORDS:
        return True
    if before == ")":
        return True                                 # if (...) {, f() {, [] (...) {
    if before == "]":                               # [x] { ... }: a lambda without parameters
        return is_lambda(words, partner.get(brace - 1, brace - 1), partner)
    if words[max(0, brace - 8):brace].count("->"):  # [] (...) -> asio::awaitable<void> {
        arrow = max(place for place in range(max(0, brace - 8), brace) if words[place] == "->")
        return arrow > 0 and words[arrow - 1] in (")", "mutable", "noexcept") and not {"(", ";", "="} & set(words[arrow:brace])
    back = brace - 1                                # struct Name : Base {, namespace a::b {, enum class X : int {
    while back >= 0 and re.fullmatch(r"\w+|::|:|,|<|>", words[back]):
        if words[back] in ("struct", "class", "namespace", "enum", "union"):
            return True
        back -= 1
    return False


def statement(words, at, partner):
    """The full-expression around the co_await at `at`: (first, past the last, whether it lies between the braces of a value)."""
    first, inside = at, False
    while first > 0:
        word = words[first - 1]
        if word in (")", "]", "}"):
            opening = partner.get(first - 1, 0)
            if word == "}" and starts_block(words, opening, partner) and not closes_lambda_argument(words, first - 1):
                break                               # the block of an earlier statement
            first = opening
            continue
        if word == ";" or (word == "{" and starts_block(words, first - 1, partner)):
            break
        if word == "{":
            inside = True
        first -= 1
    last = at
    while last < len(words) and words[last] != ";":
        if words[last] == "}" or (words[last] == "{" and starts_block(words, last, partner) and words[last - 1] != "]"
                                  and not follows_lambda_head(words, last, partner)):
            break
        last = partner.get(last, last) + 1 if words[last] in ("(", "[", "{") else last + 1
    return first, last, inside


def closes_lambda_argument(words, brace):
    return brace + 1 < len(words) and words[brace + 1] in (")", ",", "(", ".")


def follows_lambda_head(words, brace, partner):
    """True if the '{' at `brace` is the body of a lambda: [..](..) {"""
    if words[brace - 1] != ")":
        return False
    opening = partner.get(brace - 1, 0)
    return opening > 0 and words[opening - 1] == "]" and is_lambda(words, partner.get(opening - 1, 0), partner)


def captures_by_value(words, place, partner):
    captured = " ".join(words[place + 1:partner[place]])
    names = [name.strip() for name in re.sub(r"\([^()]*\)|\{[^{}]*\}", "", captured).split(",") if name.strip()]
    return any(not name.startswith("&") and name not in ("this", "&") for name in names)


def walk(words, first, last, partner):
    """The places of the expression itself, without the bodies of lambdas in it."""
    place = first
    while place < last:
        yield place
        if words[place] == "[" and place in partner and is_lambda(words, place, partner):
            place = partner[place]
            body = next((p for p in range(place, last) if words[p] == "{"), last)
            place = partner.get(body, last)
        place += 1


def judge(words, at, partner):
    first, last, inside = statement(words, at, partner)
    if inside:
        return "co_await between the braces of a value: await first, then build"
    for place in walk(words, first, last, partner):
        word = words[place]
        if word == "[" and place in partner and is_lambda(words, place, partner) and captures_by_value(words, place, partner):
            return "a lambda that captures by value in an expression with co_await: name it, then move it in"
        if word == "{" and not starts_block(words, place, partner):
            return "a braced temporary in an expression with co_await: name it, then move it in"
        if word == "?":
            return "co_await in a conditional expression: use if and else"
    return None


def check(source):
    found = tokens(source.code)
    words = [word for word, _ in found]
    partner = partners(words)
    lines = source.text.splitlines()
    for at, (word, offset) in enumerate(found):
        if word != "co_await":
            continue
        line = source.line_of(offset)
        message = judge(words, at, partner)
        if message and "await-ok" not in lines[line - 1]:
            yield source.path, line, message


def main():
    return sources.report([finding for source in sources.read((".cpp", ".hpp")) for finding in check(source)], "await_tidy")


if __name__ == "__main__":
    sys.exit(main())
