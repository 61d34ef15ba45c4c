"""What tests/run asks about Meson's tests.

list BUILD                 the suites, each with its tests
choose BUILD [NAME...]     the tests that the names of suites and tests stand for, one a line
needs-node BUILD           exit 0 if one of the tests on standard input is in the suite "node"
report BUILD...            keep each test's log, show the end of each failed one, print the totals
"""
import json
import pathlib
import subprocess
import sys
import textwrap

TAIL = 60
PASSED, SKIPPED = {"OK", "EXPECTEDFAIL"}, {"SKIP"}


def tests(build):
    out = subprocess.run(["meson", "introspect", "--tests", build], check=True, capture_output=True)
    return [(t["name"], [s.split(":")[-1] for s in t["suite"]]) for t in json.loads(out.stdout)]


def list_suites(build):
    suites = {}
    for name, of in tests(build):
        for suite in of:
            suites.setdefault(suite, []).append(name)
    for suite in sorted(suites):
        names = ", ".join(sorted(suites[suite]))
        print(textwrap.fill(names, 100, initial_indent=f"{suite}: ", subsequent_indent="    ",
                            break_on_hyphens=False))


def choose(build, *wanted):
    known = tests(build)
    unknown = set(wanted) - {n for n, _ in known} - {s for _, of in known for s in of}
    if unknown:
        sys.exit(f"tests/run: no suite or test is named {', '.join(sorted(unknown))}; try --list")
    for name, of in known:
        if not wanted or name in wanted or set(of) & set(wanted):
            print(name)


def needs_node(build):
    chosen = set(sys.stdin.read().splitlines())
    sys.exit(not any("node" in of and name in chosen for name, of in tests(build)))


def outcomes(build):
    """The (name, result, log) of each test of the last run of a build."""
    build = pathlib.Path(build)
    broken = build / "test-logs" / "build.log"
    if broken.exists():
        return [("build", "FAIL", broken.read_text(errors="replace"))]
    log = build / "meson-logs" / "testlog.json"
    wanted = (build / "test-logs" / ".chosen").read_text().splitlines()
    found = []
    if log.exists():
        for line in log.read_text(errors="replace").splitlines():
            t = json.loads(line)
            text = t.get("stdout", "") + t.get("stderr", "")
            found.append((t["name"].split(" / ")[-1], t["result"], text))
    missing = set(wanted) - {name for name, _, _ in found}
    return found + [(name, "FAIL", "did not run\n") for name in sorted(missing)]


def report(*builds):
    passed = failed = skipped = 0
    for build in builds:
        for name, result, text in outcomes(build):
            log = pathlib.Path(build) / "test-logs" / f"{name.replace('/', '-')}.log"
            log.write_text(text)
            if result in PASSED:
                passed += 1
            elif result in SKIPPED:
                skipped += 1
                print(f"skipped: {name}: {(text.strip().splitlines() or ['no reason given'])[-1]}")
            else:
                failed += 1
                print(f"\nFAILED: {name} ({build}, {result}); the end of {log}:")
                print("\n".join("  " + line for line in text.splitlines()[-TAIL:]))
    print(f"\n{passed} passed, {failed} failed, {skipped} skipped")
    sys.exit(1 if failed or not passed else 0)


if __name__ == "__main__":
    commands = {"list": list_suites, "choose": choose, "needs-node": needs_node, "report": report}
    commands[sys.argv[1]](*sys.argv[2:])
