"""A client of Keystone that never stops asking: is this token valid?

    client.py URL TOKEN FILE

Asks 20 times a second, whether or not earlier questions have been answered,
and writes a line for each: when it asked (seconds since 1970), 1 or 0 for an
answer in time, and how long that took.  Ends with its standard input.
"""

import sys
import threading
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

PERIOD = 0.05
PATIENCE = 2.0
AT_ONCE = 40  # as many as fit into the patience


def ask(url, token, file, lock):
    asked = time.time()
    question = urllib.request.Request(  # noqa: S310  the URL is the box's own
        f"{url}/auth/tokens", method="HEAD", headers={"X-Auth-Token": token, "X-Subject-Token": token}
    )
    try:
        with urllib.request.urlopen(question, timeout=PATIENCE) as answer:  # noqa: S310
            well = answer.status == 200
    except OSError:
        well = False
    with lock:
        file.write(f"{asked:.3f} {well:d} {time.time() - asked:.3f}\n")
        file.flush()


def main():
    _, url, token, path = sys.argv
    over = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()
    lock = threading.Lock()
    with open(path, "w") as file, ThreadPoolExecutor(AT_ONCE) as pool:
        due = time.monotonic()
        while not over.is_set():
            pool.submit(ask, url, token, file, lock)
            due += PERIOD
            time.sleep(max(0.0, due - time.monotonic()))


if __name__ == "__main__":
    main()
