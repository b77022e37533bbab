// Requests at a fixed rate, over connections that are kept: k6 run --env ADDRESS=http://127.0.0.1:5000 --env IDS=ids k6.js
//
// Measures: how long an answer takes when requests come at times of their own, as they do from many members; how many
// fail or are wrong in status; whether the server keeps the rate (dropped_iterations says how often k6 had nobody left to
// send).
// Does not measure: how much the server can do at most (raise RATE until latencies grow, or take wrk), and latencies below
// a millisecond exactly: k6's own time is in them. On the machine of the server it takes the server's processors.
//
// RATE requests a second (200), DURATION (30s), N recommendations each (10), BATCH: ids of one POST, 0 for GET (0),
// KEY: a key with the scope read.
import { check } from "k6";
import http from "k6/http";

const address = __ENV.ADDRESS || "http://127.0.0.1:5000";
const n = Number(__ENV.N || 10);
const batch = Number(__ENV.BATCH || 0);
const rate = Number(__ENV.RATE || 200);
const ids = open(__ENV.IDS || "ids").split("\n").filter((id) => id !== "");
const headers = __ENV.KEY ? { Authorization: `Bearer ${__ENV.KEY}` } : {};

export const options = {
  scenarios: {
    steady: {
      executor: "constant-arrival-rate",
      rate,
      timeUnit: "1s",
      duration: __ENV.DURATION || "30s",
      preAllocatedVUs: Math.min(200, Math.max(10, Math.ceil(rate / 10))),
    },
  },
  // A failed check fails the run: exit code 99. So does a run that has asked nothing.
  thresholds: { checks: ["rate==1"], http_reqs: ["count>0"] },
  discardResponseBodies: true,
};

const any = () => ids[Math.floor(Math.random() * ids.length)];

export default function () {
  // One name for all addresses, or k6 keeps figures of its own for every id.
  const tags = { name: batch > 0 ? "POST /recommend" : "GET /recommend/{id}/{n}" };
  let answer;
  if (batch > 0) {
    const body = JSON.stringify({ ids: Array.from({ length: batch }, any), n });
    answer = http.post(`${address}/recommend`, body, { headers: { ...headers, "Content-Type": "application/json" }, tags });
  } else {
    answer = http.get(`${address}/recommend/${encodeURIComponent(any())}/${n}`, { headers, tags });
  }
  check(answer, { "is 200": ({ status }) => status === 200 });
}
