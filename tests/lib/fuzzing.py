"""Runs libFuzzer's targets in turns and keeps account of their processor time: see tests/fuzz/run."""
import argparse
import glob
import hashlib
import json
import pathlib
import resource
import signal
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
HERE = TOP / "tests/fuzz"
SLICE_S = 60
OPTIONS = ["-timeout=10", "-rss_limit_mb=2048", "-max_len=8192", "-verbosity=0"]


def covered():
    """{target: patterns of the files it covers}"""
    rows = (HERE / "covers.tsv").read_text().splitlines()
    return dict(row.split("\t", 1) for row in rows if row and not row.startswith("#"))


def children_s():
    """Processor time of the programs that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class Target:
    def __init__(self, name, patterns, build):
        self.name = name
        self.program = build / "tests/fuzz" / f"fuzz-{name}"
        self.seeds = HERE / "corpus" / name
        self.place = build / "fuzz" / name
        self.found, self.findings = self.place / "corpus", self.place / "findings"
        for folder in (self.found, self.findings):
            folder.mkdir(parents=True, exist_ok=True)
        self.sources = self.hash_of(patterns)
        self.cpu_s = self.read()

    def hash_of(self, patterns):
        files = {f for p in patterns.split() for f in glob.glob(p, root_dir=TOP)}
        own = {f"tests/fuzz/{f}" for f in (f"{self.name}.c", "mutate.c", "signed.c")}
        digest = hashlib.sha256()
        for file in sorted(files | own):
            digest.update(file.encode() + b"\0" + (TOP / file).read_bytes())
        return digest.hexdigest()

    def read(self):
        try:
            kept = json.loads((self.place / "spent.json").read_text())
        except FileNotFoundError:
            return 0
        return kept["cpu_s"] if kept["sources"] == self.sources else 0

    def add(self, cpu_s):
        self.cpu_s += cpu_s
        text = json.dumps({"sources": self.sources, "cpu_s": round(self.cpu_s, 1)})
        (self.place / "spent.json.new").write_text(text + "\n")
        (self.place / "spent.json.new").rename(self.place / "spent.json")

    def run(self, *arguments):
        """The program's exit status; what it said is in the log."""
        with open(self.place / "log", "wb") as log:
            process = subprocess.Popen([self.program, *arguments], stdout=log, stderr=log)
            try:
                return process.wait()
            finally:  # interrupted, it is not left behind
                process.kill()
                process.wait()

    def still_fails(self):
        known = sorted(self.findings.iterdir())
        if known and self.run(*OPTIONS, *known):
            return True
        for file in known:  # mended: from now on an input like any other
            file.rename(self.found / file.name)
        return False

    def fuzz(self, seconds):
        """False if something has been found."""
        before = children_s()
        try:
            return not self.run(*OPTIONS, f"-max_total_time={seconds}",
                                f"-artifact_prefix={self.findings}/", self.found, self.seeds)
        finally:  # what has been fuzzed before an interruption counts, too
            self.add(children_s() - before)

    def report(self):
        found = len(list(self.found.iterdir()))
        print(f"{self.name:14} {self.cpu_s / 60:7.1f} minutes, {found} inputs found", flush=True)

    def keep(self):
        before = len(list(self.seeds.iterdir()))
        # Lines of code reached count here, not how often: so the corpus stays small.
        if self.run("-merge=1", *OPTIONS, "-use_counters=0", "-max_len=2048", self.seeds, self.found):
            sys.exit(f"{self.name}: could not merge; see {self.place}/log")
        print(f"{self.name}: {len(list(self.seeds.iterdir())) - before} inputs more")

    def complain(self):
        tail = (self.place / "log").read_text(errors="replace").splitlines()[-40:]
        print("\n".join(tail))
        sys.exit(f"{self.name}: a finding, see above; to repeat it:\n"
                 f"{self.program} {self.findings}/*")


def fuzz_all(targets, goal_s):
    for target in targets:
        if target.still_fails():
            target.complain()
    while left := [t for t in targets if t.cpu_s < goal_s]:
        for target in left:
            if not target.fuzz(min(SLICE_S, int(goal_s - target.cpu_s) + 1)):
                target.complain()
            target.report()


def main():
    parser = argparse.ArgumentParser(usage="tests/fuzz/run [--hours H | --status | --keep] [TARGET...]")
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--hours", type=float, default=1)
    parser.add_argument("--status", action="store_true")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("targets", nargs="*")
    arguments = parser.parse_intermixed_args()
    known = covered()
    unknown = set(arguments.targets) - set(known)
    if unknown:
        parser.error(f"no target is named {', '.join(sorted(unknown))}; there are {' '.join(known)}")
    build = arguments.build.resolve()
    targets = [Target(name, known[name], build) for name in arguments.targets or known]
    if arguments.keep:
        for target in targets:
            target.keep()
    elif arguments.status:
        for target in targets:
            target.report()
    else:
        fuzz_all(targets, arguments.hours * 3600)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
