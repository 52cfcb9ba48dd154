"""Inlines the file that FunctionCode names into a template. The file's path is relative to the template's folder.

Usage: inline-function.py TEMPLATE OUT
"""
import pathlib
import re
import sys

template, out = map(pathlib.Path, sys.argv[1:])


def inline(found):
    lines = (template.parent / found[2]).read_text().splitlines()
    return f"{found[1]}FunctionCode: |\n" + "".join(f"{found[1]}  {line}\n" if line else "\n" for line in lines)


text, count = re.subn(r"^( *)FunctionCode: (\S+\.js)\n", inline, template.read_text(), flags=re.MULTILINE)
if count != 1:
    sys.exit(f"{template}: {count} FunctionCode that name a file, 1 was expected")
out.write_text(text)
