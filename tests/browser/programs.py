"""The two programs: an index of the sample and of some profiles that are hard to show, and servers of it."""

import http.client
import http.server
import json
import os
import re
import subprocess
import sys
import threading
import time
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "data"))
import generate_profiles as sample  # noqa: E402

COUNT = 1500
HTML = "html"
LARGE = "large"
BIG_ID = 12345678901234567890
LIMIT_SECONDS = 60


def until(what, look, limit=LIMIT_SECONDS):
    """Waits until `look` gives something true, and gives that."""
    end = time.monotonic() + limit
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError(f"never came true: {what}")
        time.sleep(0.05)


def profiles():
    yield from sample.generate(COUNT, sample.SEED)
    yield {
        "_id": HTML,
        "name": '<img src=x onerror="window.harmed=1">',
        "surname": "<script>window.harmed=1</script>",
        "city": "Zurich",
        "interests": ["<i>salsa</i>", "salsa", "ballet"],
        "bio": "<b>bold</b> <svg/onload=window.harmed=1> and a <a href='javascript:window.harmed=1'>link</a> to dance on.",
    }
    yield {
        "_id": LARGE,
        "name": "Large",
        "surname": "Document",
        "city": "Zurich",
        "bio": "One long sentence about dance, gardens and night trains. " * 100,
        "interests": [f"interest {number}" for number in range(120)],
        "nested": {"inner": {"deeper": {"deepest": [1, {"two": 2}]}}, "list": [{"x": 1}, {"x": 2}]},
        "x" * 200: "y" * 3000,
        **{f"field_{number}": f"value {number}" for number in range(100)},
    }
    yield {"_id": BIG_ID, "name": "Big", "surname": "Number", "interests": ["salsa", "ballet"], "city": "Zurich"}


class Programs:
    def __init__(self, folder, work):
        self.folder = folder
        self.work = work
        self.index = os.path.join(work, "index")
        self.source = os.path.join(work, "profiles.jsonl")
        self.servers = []
        with open(self.source, "w", encoding="utf-8") as file:
            for profile in profiles():
                file.write(json.dumps(profile) + "\n")

    def build(self, directory=None, *options):
        command = [os.path.join(self.folder, "index-builder"), "build", "--profiles", self.source, "--out", directory or self.index, *options]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise AssertionError(f"index-builder: {done.stderr}")

    def key(self, scopes):
        """A line for the file of keys, and the key."""
        command = [os.path.join(self.folder, "kindred"), "hash-key", "--generate", "--name", scopes.replace(",", "-"), "--scopes", scopes]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return done.stdout, done.stderr.strip().splitlines()[-1].strip()

    def serve(self, directory=None, *arguments, port=0):
        server = Server(self, directory or self.index, arguments, port)
        self.servers.append(server)
        return server

    def below(self, server, prefix):
        """A proxy that has a server below a path, and nothing else."""
        proxy = Proxy(server, prefix)
        self.servers.append(proxy)
        return proxy

    def stop(self):
        for server in self.servers:
            server.stop()


class Server:
    def __init__(self, programs, directory, arguments, port):
        self.log = os.path.join(programs.work, f"server-{len(programs.servers)}.log")
        command = [os.path.join(programs.folder, "kindred"), "--index-dir", directory, "--bind", f"127.0.0.1:{port}", "--poll-interval", "200ms"]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("KINDRED_")}
        with open(self.log, "w", encoding="utf-8") as log:
            self.process = subprocess.Popen([*command, *arguments], stderr=log, env=environment)
        self.address = until("the server says where it listens", self._address)
        self.port = int(self.address.rsplit(":", 1)[1])

    def _address(self):
        with open(self.log, encoding="utf-8") as log:
            text = log.read()
        if self.process.poll() is not None:
            raise AssertionError(f"kindred ended: {text}")
        found = re.search(r"listening on (http://[0-9.]+:[0-9]+)", text)
        return found and found[1]

    def get(self, path, key=None):
        """Status and body of an answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LIMIT_SECONDS)
        connection.request("GET", path, headers={"Authorization": f"Bearer {key}"} if key else {})
        response = connection.getresponse()
        body = response.read()
        connection.close()
        return response.status, body

    def json(self, path, key=None):
        status, body = self.get(path, key)
        assert status == 200, f"{path}: {status} {body!r}"
        return json.loads(body)

    def nearest(self, profile_id, n):
        return self.json(f"/recommend?id={urllib.parse.quote(str(profile_id), safe='')}&n={n}&distances=true")

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(LIMIT_SECONDS)


class Proxy:
    def __init__(self, server, prefix):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):  # noqa: N802
                if not self.path.startswith(f"{prefix}/"):
                    self.send_error(404)
                    return
                upstream = http.client.HTTPConnection("127.0.0.1", server.port)
                upstream.request("GET", self.path[len(prefix) :], headers={"Accept": self.headers.get("Accept", "*/*")})
                answer = upstream.getresponse()
                body = answer.read()
                self.send_response(answer.status)
                for name, value in answer.getheaders():
                    if name.lower() not in ("connection", "date", "server"):
                        self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)
                upstream.close()

            def log_message(self, *_):
                pass

        self.proxy = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.proxy.server_address[1]
        self.address = f"http://127.0.0.1:{self.port}{prefix}"
        threading.Thread(target=self.proxy.serve_forever, daemon=True).start()

    def stop(self):
        self.proxy.shutdown()
        self.proxy.server_close()
