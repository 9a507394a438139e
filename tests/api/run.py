"""Asks the running demo everything its OpenAPI document allows, and much that it does not (schemathesis).

    python run.py HINAN       HINAN: the built program

Three times: as an officer who may decide, as one who may only decide second, and as nobody. Whatever is asked, the answer must be no
failure of the service, and have a status, a media type and a shape that the document names. Numbers and texts are made from a fixed seed.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from http.cookies import SimpleCookie
from pathlib import Path

HERE = Path(__file__).resolve().parent
# In the night of the flood: there is something to decide.
FROM = "2016-08-31T03:00:00+09:00"
READY_WITHIN_S = 240
# A disk that writes out what a compiler left keeps everything waiting that is put on record.
PATIENCE_S = 120
SEED = "20160830"
EXAMPLES = os.environ.get("HINAN_API_EXAMPLES", "4")
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
# A stream does not end, and signing out would end the session of all that follows.
NEVER = ["--exclude-path", "/api/v1/events"]
SESSION = ["--exclude-path", "/api/v1/session"]


class Demo:
    def __init__(self, program):
        self.folder = tempfile.mkdtemp(prefix="hinan-api-")
        self.log = open(Path(self.folder) / "log", "w+", encoding="utf-8")
        command = [program, "demo", "--no-browser", "--speed", "1", "--from", FROM, "--http-port", "0", "--mqtt-port", "0",
                   "--data-dir", str(Path(self.folder) / "data")]
        self.process = subprocess.Popen(command, stdout=self.log, stderr=subprocess.STDOUT, cwd=self.folder)
        self.origin = None

    def said(self):
        self.log.flush()
        return (Path(self.folder) / "log").read_text(encoding="utf-8")

    def ready(self):
        until = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < until:
            if self.process.poll() is not None:
                raise SystemExit(f"the demo ended:\n{self.said()}")
            found = re.search(r"(http://127\.0\.0\.1:\d+)/plain/", self.said())
            if found:
                self.origin = found[1]
                if "再現を始めます" in self.said():
                    return
            time.sleep(0.2)
        raise SystemExit(f"the demo was not ready within {READY_WITHIN_S} s:\n{self.said()}")

    def password(self, user):
        return re.search(rf"^\s*{user}\s+([a-z0-9]{{4}}-[a-z0-9]{{4}}-[a-z0-9]{{4}})\s", self.said(), re.M)[1]

    def close(self):
        self.process.terminate()
        try:
            code = self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        said = self.said()
        shutil.rmtree(self.folder, ignore_errors=True)
        return code, said


class Officer:
    def __init__(self, demo, user):
        self.origin, self.headers = demo.origin, {}
        session, cookies = self.asks("POST", "/api/v1/session", {"user": user, "password": demo.password(user)})
        jar = SimpleCookie()
        for cookie in cookies:
            jar.load(cookie)
        name = next(name for name in jar if name in ("hinan_actual", "hinan_exercise"))
        self.headers = {"Cookie": f"{name}={jar[name].value}", "X-CSRF-Token": session["csrf"]}

    def asks(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        headers = {**self.headers, **({} if body is None else {"Content-Type": "application/json"})}
        request = urllib.request.Request(self.origin + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
                return json.load(answer), answer.headers.get_all("Set-Cookie") or []
        except urllib.error.HTTPError as error:
            raise SystemExit(f"{method} {path}: {error.code} {error.read().decode()}") from error

    def gets(self, path):
        return self.asks("GET", path)[0]

    def sends(self, path, body):
        return self.asks("POST", path, body)[0]


def a_night_with_something_in_it(duty, approver):
    """One order published by two persons, one text that waits for its second. The names that questions then use."""
    # Readings of the fast hours that are not on disk yet come after the clock.
    until = time.monotonic() + PATIENCE_S
    while len(items := duty.gets("/api/v1/inbox")["items"]) < 2:
        if time.monotonic() > until:
            raise SystemExit(f"fewer than two recommendations wait after {PATIENCE_S} s: {items}")
        time.sleep(0.5)
    texts = []
    for item in items[:2]:
        asked = {"level": item["level"], "substance": item["substance"], "reason": {"code": "own", "words": "氾濫危険水位に達した"}}
        shown = duty.sends(f"/api/v1/recommendations/{item['id']}/text", asked)
        number = str(len(shown["areas"]))
        done = duty.sends(f"/api/v1/texts/{shown['id']}/approve", {"digest": shown["digest"], "check": number})
        assert done["outcome"] == "waits_for_second", done
        texts.append((shown, number, item["level"]))
    shown, number, level = texts[0]
    chosen = approver.sends(f"/api/v1/texts/{shown['id']}/choice", {"choice": str(level), "check": number})
    assert chosen["agrees"] is True, chosen
    out = approver.sends(f"/api/v1/texts/{shown['id']}/second", {"digest": shown["digest"]})
    assert out["outcome"] == "published", out
    duty.sends("/api/v1/notes", {"from": "phone", "words": "消防から: 堤防に漏水"})
    asked = {"about": "土砂災害", "level": 3, "areas": [duty.gets("/api/v1/judgements")["areas"][0]["id"]], "words": "裏山の斜面から水が出ている"}
    judgement = duty.sends("/api/v1/judgements", asked)["recommendation"]
    return {
        "judgements": [judgement],
        "recommendations": [item["id"] for item in items],
        "texts": [shown["id"] for shown, _, _ in texts],
        "notices": [out["notice"]],
        "stations": [station["id"] for station in duty.gets("/api/v1/stations")["stations"]][:3],
        "devices": [device["name"] for device in duty.gets("/api/v1/devices")["rows"]][:3],
        "alarms": [alarm["key"] for alarm in duty.gets("/api/v1/alarms")["alarms"]][:3],
        "channels": ["feed", "mqtt"],
    }


def run(who, demo, headers, known, phases, out_of_it):
    """One run. Says whether everything was as the document says."""
    counts = Path(demo.folder) / "counts.json"
    environment = {**os.environ, "SCHEMATHESIS_HOOKS": str(HERE / "names.py"), "HINAN_NAMES": json.dumps(known),
                   "HINAN_COUNTS": str(counts), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [str(Path(sys.executable).parent / "schemathesis"), "run", f"{demo.origin}/api/v1/openapi.json", "--url", demo.origin,
               "--checks", CHECKS, "--max-examples", EXAMPLES, "--seed", SEED, "--phases", phases, "--workers", "1",
               "--generation-database", "none", "--request-timeout", "20", "--no-color", *out_of_it]
    for name, value in headers.items():
        command += ["--header", f"{name}: {value}"]
    began = time.monotonic()
    done = subprocess.run(command, env=environment, cwd=demo.folder, capture_output=True, text=True, check=False)
    took = time.monotonic() - began
    statuses = json.loads(counts.read_text(encoding="utf-8")) if counts.exists() else {}
    told = ", ".join(f"{number} × {status}" for status, number in statuses.items())
    print(f"{'ok' if done.returncode == 0 else 'FAILED'}  {who}: {sum(statuses.values())} questions in {took:.0f} s ({told})", flush=True)
    # A run that reached nothing proves nothing.
    if not statuses.get("200" if headers else "401"):
        print("FAILED  nothing was answered as it should be", done.stdout[-4_000:], sep="\n", flush=True)
        return False
    if done.returncode != 0:
        print(done.stdout[-20_000:], done.stderr[-4_000:], sep="\n", flush=True)
    return done.returncode == 0


def main():
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    demo = Demo(sys.argv[1])
    try:
        demo.ready()
        duty, approver = Officer(demo, "duty"), Officer(demo, "approver")
        known = a_night_with_something_in_it(duty, approver)
        results = [
            run("a duty officer", demo, duty.headers, known, "coverage,fuzzing", NEVER + SESSION),
            run("an approver", demo, approver.headers, known, "fuzzing", NEVER + SESSION),
            run("nobody", demo, {}, known, "coverage", NEVER),
        ]
        alive = demo.process.poll() is None
    finally:
        code, said = demo.close()
    for sign in ("panicked", "ERROR"):
        lines = [line for line in said.splitlines() if sign in line]
        if lines:
            print(f"FAILED  the service said: {lines[:5]}")
            results.append(False)
    if not alive or code != 0:
        print(f"FAILED  the service ended with {code}:\n{said[-4_000:]}")
        results.append(False)
    print(f"\ncases: {sum(results)} good, {len(results) - sum(results)} bad, 0 not reached")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
