"""Runs the catalogue against our broker and against mosquitto, at the same time, and prints a table of both.

    run.py PROGRAM [--write FILE]

PROGRAM is the example `open_broker`. The exit status is 1 when our broker fails a test; mosquitto stands beside it so
that a test which no broker passes is seen to be wrong. With --write the table goes into FILE, between its marks.
"""

import concurrent.futures
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

from catalogue import CATALOGUE

LIMIT_S = 60
AT_ONCE = 12
BEGIN, END = "<!-- table: begin -->\n", "<!-- table: end -->\n"


def ours(program):
    process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    host, port = process.stdout.readline().strip().rsplit(":", 1)
    return process, (host, int(port))


def mosquitto(home):
    """A mosquitto with the same rules; None where it is not installed."""
    program = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin:/usr/bin")
    if program is None:
        return None
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (home / "access").write_text(
        "topic readwrite #\ntopic readwrite $interop/#\n\nuser restricted\ntopic read interop/+/open/#\n")
    (home / "conf").write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous true\nuser root\nacl_file {home}/access\nlog_type none\n"
        "max_keepalive 60\nmax_packet_size 1048576\nset_tcp_nodelay true\n")
    process = subprocess.Popen([program, "-c", str(home / "conf")], stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return process, ("127.0.0.1", port)
        except OSError:
            time.sleep(0.05)
    raise SystemExit("mosquitto does not listen")


def version_of_mosquitto():
    program = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin:/usr/bin")
    said = subprocess.run([program, "-h"], capture_output=True, text=True, check=False).stdout
    return said.split("\n")[0].removeprefix("mosquitto version ")


def attempt(place, index):
    version, name, test = CATALOGUE[index]
    outcome = ["did not end in time"]

    def run():
        try:
            test(place, f"interop/{version}{name}", version)
            outcome[0] = None
        except Exception as error:  # the outcome of a test is whatever it says
            outcome[0] = f"{type(error).__name__}: {error}".split("\n")[0]

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(LIMIT_S)
    return outcome[0]


def main():
    program = sys.argv[1]
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as home:
        brokers = {"hinan": ours(program)}
        peer = mosquitto(pathlib.Path(home))
        if peer is None:
            print("mosquitto is not installed: our broker alone")
        else:
            brokers["mosquitto"] = peer
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            waiting = {(broker, index): pool.submit(attempt, place, index)
                       for index in range(len(CATALOGUE)) for broker, (_, place) in brokers.items()}
            outcomes = {key: future.result() for key, future in waiting.items()}
        for process, _ in brokers.values():
            if process.stdin:
                process.stdin.close()
            else:
                process.terminate()
            process.wait(20)
    table = rows(brokers, outcomes)
    print("\n".join(table))
    for (broker, index), outcome in outcomes.items():
        if outcome is not None:
            print(f"{broker}: MQTT {'3.1.1' if CATALOGUE[index][0] == 4 else '5'} {CATALOGUE[index][1]}: {outcome}")
    if "--write" in sys.argv:
        write(pathlib.Path(sys.argv[sys.argv.index("--write") + 1]), table)
    bad = sum(outcomes["hinan", index] is not None for index in range(len(CATALOGUE)))
    print(f"took {time.monotonic() - began:.0f} s")
    print(f"cases: {len(CATALOGUE) - bad} good, {bad} bad, 0 not reached")
    # Threads of clients that hang must not keep us.
    sys.stdout.flush()
    raise SystemExit(1 if bad else 0)


def rows(brokers, outcomes):
    heads = {"hinan": "Hinan", "mosquitto": f"mosquitto {version_of_mosquitto()}" if "mosquitto" in brokers else ""}
    table = [f"| MQTT | test | what it shows | {' | '.join(heads[b] for b in brokers)} |",
             f"|---|---|---|{'---|' * len(brokers)}"]
    for index, (version, name, test) in enumerate(CATALOGUE):
        marks = ["yes" if outcomes[b, index] is None else "**no**" for b in brokers]
        what = test.__doc__.split("\n")[0].rstrip(".")
        table.append(f"| {'3.1.1' if version == 4 else '5'} | {name} | {what} | {' | '.join(marks)} |")
    for version, said in ((4, "3.1.1"), (5, "5")):
        those = [i for i, entry in enumerate(CATALOGUE) if entry[0] == version]
        sums = [f"{sum(outcomes[b, i] is None for i in those)} of {len(those)}" for b in brokers]
        table.append(f"| {said} | | passed | {' | '.join(sums)} |")
    return table


def write(file, table):
    text = file.read_text()
    before, rest = text.split(BEGIN)
    file.write_text(before + BEGIN + "\n".join(table) + "\n" + rest[rest.index(END):])


if __name__ == "__main__":
    main()
