"""Members who look around: locust --headless --users 50 --spawn-rate 10 --run-time 30s --host http://127.0.0.1:5000

A member looks at a profile's nearest, then at one of those, and so on; now and then an application asks for many at once.
KINDRED_IDS: the file of ids ("ids"), KINDRED_KEY: a key with the scope read, KINDRED_N: recommendations each (10),
KINDRED_PAUSE: seconds between a member's requests (1).

Measures: whether a mixture of requests, each with what the one before has answered, goes well; latencies as a Python
program sees them.
Does not measure: how fast the server is. A process of locust asks for a small part of what the server answers, and its own
time is in every latency."""

import os
import random
from pathlib import Path
from urllib.parse import quote

from locust import FastHttpUser, constant, task

IDS = [line for line in Path(os.environ.get("KINDRED_IDS", "ids")).read_text(encoding="utf-8").split("\n") if line]
N = int(os.environ.get("KINDRED_N", "10"))
KEY = os.environ.get("KINDRED_KEY")


class Member(FastHttpUser):
    wait_time = constant(float(os.environ.get("KINDRED_PAUSE", "1")))

    def on_start(self):
        self.at = random.choice(IDS)
        self.headers = {"Authorization": f"Bearer {KEY}"} if KEY else {}

    @task(20)
    def walk(self):
        path = f"/recommend/{quote(self.at, safe='')}/{N}"
        with self.client.get(path, headers=self.headers, name="GET /recommend/{id}/{n}", catch_response=True) as answer:
            if answer.status_code != 200:
                answer.failure(f"{answer.status_code}: {answer.text[:200]}")
                self.at = random.choice(IDS)
                return
            found = answer.json()
        ids = [profile.get("_id", profile.get("id")) for profile in found]
        self.at = str(random.choice(ids or IDS))

    @task(1)
    def ask_for_many(self):
        body = {"ids": random.choices(IDS, k=20), "n": N, "distances": True}
        with self.client.post("/recommend", json=body, headers=self.headers, catch_response=True) as answer:
            if answer.status_code != 200 or len(answer.json()["results"]) != 20:
                answer.failure(f"{answer.status_code}: {answer.text[:200]}")
