"""Run one command and print what it cost as JSON: ``python -I measured.py SECONDS LOG COMMAND...``.

A process of its own, and a small one: Linux counts the memory of the process that starts another towards the other's
peak. The command gets SECONDS of time; what it and its children print goes to the file LOG. Printed: `status` (exit
status, or null when the time was over), `cpu` (seconds, children included), `seconds` (elapsed), `megabytes` (peak
resident memory of the largest single process).
"""

import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path


def main(limit: str, log: str, *command: str) -> None:
    """Run ``command`` and print its cost."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    began = time.monotonic()
    with Path(log).open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, start_new_session=True)
        try:
            status: int | None = process.wait(timeout=float(limit))
        except subprocess.TimeoutExpired:
            status = None
        finally:  # also when whoever started this gives up
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    cost = {
        "status": status,
        "cpu": used.ru_utime + used.ru_stime,
        "seconds": time.monotonic() - began,
        "megabytes": used.ru_maxrss / 1024,
    }
    print(json.dumps(cost))


if __name__ == "__main__":
    main(*sys.argv[1:])
