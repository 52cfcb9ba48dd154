"""The parameters of a change set: the given ones, and the stack's own values for others.

Usage: parameters.py TEMPLATE STACK NAME=VALUE..., where STACK is a file with the output of `describe-stacks`, or is empty."""
import json
import pathlib
import re
import sys

template, stack, *given = sys.argv[1:]
section = re.search(r"^Parameters:\n((?:[ #].*\n|\n)+)", pathlib.Path(template).read_text(), re.M)[1]
known = re.findall(r"^  (\w+):", section, re.M)
described = pathlib.Path(stack).read_text()
before = [entry["ParameterKey"] for entry in json.loads(described)["Stacks"][0].get("Parameters", [])] if described else []
values = dict(entry.split("=", 1) for entry in given)
if unknown := values.keys() - set(known):
    sys.exit(f"{', '.join(sorted(unknown))}: no parameter of {template}; it has {', '.join(known)}")
kept = [{"ParameterKey": name, "UsePreviousValue": True} for name in known if name in before and name not in values]
print(json.dumps(kept + [{"ParameterKey": name, "ParameterValue": value} for name, value in values.items()]))
