"""Each plan of tests/conformance/modules.txt is run by a test, and each test of a plan is in there.

A run itself fails where a module of its plan has no test that passes (tests/conformance/covered.py).
"""
import ast
import collections
import re

import source

PLANS = source.TOP / "tests/conformance"


def runs(text):
    """The arguments of run.sh, as the build file has them."""
    table = re.search(r"^plans = (\{.*?^\})", text, re.MULTILINE | re.DOTALL)[1]
    return {" ".join(arguments) for arguments in ast.literal_eval(table).values()}


def complaints(text, build):
    plans, modules = [], collections.Counter()
    for line in text.splitlines():
        if line.startswith("plan "):
            plans.append(line.partition(": ")[2])
        elif line and not line.startswith("#"):
            modules[plans[-1], line.split()[0]] += 1
    for plan in sorted(set(plans) ^ runs(build)):
        yield f"modules.txt and meson.build: the plan '{plan}' is in one of them alone"
    for (plan, name), n in modules.items():
        if n > 1:
            yield f"modules.txt: {plan}: {name} is named twice"


def check():
    yield from complaints((PLANS / "modules.txt").read_text(), (PLANS / "meson.build").read_text())


if __name__ == "__main__":
    source.main(check)
