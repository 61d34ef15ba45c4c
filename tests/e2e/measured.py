"""Run a command; say on standard error what it used. measured.py COMMAND [ARGUMENT...]"""
import resource
import subprocess
import sys
import time


def anonymous_kib(pid: int) -> int:
    """Resident memory that is no file's: a store's mapped pages are not in it."""
    try:
        with open(f"/proc/{pid}/status", encoding="ascii") as status:
            return sum(int(line.split()[1]) for line in status if line.startswith("RssAnon"))
    except OSError:
        return 0


def main() -> int:
    process = subprocess.Popen(sys.argv[1:])
    most = 0
    while process.poll() is None:
        most = max(most, anonymous_kib(process.pid))
        time.sleep(0.05)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"processor: user {used.ru_utime:.1f} s, system {used.ru_stime:.1f} s; resident at most "
          f"{used.ru_maxrss >> 10} MiB, anonymous at most {most >> 10} MiB", file=sys.stderr)
    return process.returncode


sys.exit(main())
