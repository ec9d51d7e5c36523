"""The files of the tree as the checkers see them."""

import os
import re
import subprocess
from dataclasses import dataclass, field
from functools import cached_property

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
NOT_OURS = ("build/", "state/", ".git/")

COMMENT_OR_LITERAL = re.compile(
    r"//[^\n]*"                                    # a comment to the end of the line
    r"|/\*.*?\*/"                                  # a comment that ends itself
    r'|R"(?P<delimiter>[^()\\\s]{0,16})\(.*?\)(?P=delimiter)"'
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'",       # a character, not the separator of 1'000
    re.S)


def blank(match):
    """Spaces in place of the text, so that lines and columns stay."""
    return re.sub(r"[^\n]", " ", match.group())


@dataclass
class Source:
    path: str                                      # from the top folder, "store/task.hpp"
    text: str = field(repr=False)

    @cached_property
    def code(self):
        """The text without comments, strings and characters."""
        return COMMENT_OR_LITERAL.sub(blank, self.text)

    @property
    def is_header(self):
        return self.path.endswith(".hpp")

    def line_of(self, offset):
        return self.text.count("\n", 0, offset) + 1

    def includes(self):
        """(line, name, quoted) of each #include."""
        for match in re.finditer(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"\n]+)[>"]', self.text, re.M):
            yield self.line_of(match.start()), match.group(2), match.group(1) == '"'


def paths():
    """Every file that is part of the project, whether it is committed yet or not."""
    listed = subprocess.run(["git", "-C", ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                            capture_output=True, text=True, check=False)
    if listed.returncode == 0:
        found = listed.stdout.split("\0")
    else:                                          # a tarball has no git
        found = [os.path.relpath(os.path.join(folder, name), ROOT) for folder, _, names in os.walk(ROOT) for name in names]
    return sorted(path for path in found if path and not path.startswith(NOT_OURS) and os.path.isfile(os.path.join(ROOT, path)))


def read(suffixes):
    """The sources with one of the suffixes; ("",) for every file that is text."""
    for path in paths():
        if path.endswith(tuple(suffixes)):
            with open(os.path.join(ROOT, path), "rb") as file:
                content = file.read()
            if b"\0" not in content:
                yield Source(path, content.decode("utf-8", errors="replace"))


def report(findings, what):
    """Prints "path:line: message" for each and the sum; the exit status."""
    for path, line, message in sorted(set(findings)):
        print(f"{path}:{line}: {message}")
    print(f"{what}: {len(set(findings))} found" if findings else f"{what}: clean")
    return 1 if findings else 0
