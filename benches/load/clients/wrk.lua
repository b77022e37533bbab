-- As many requests as the server answers: wrk --threads 2 --connections 16 --duration 30s --latency --script wrk.lua
-- http://127.0.0.1:5000 -- ids 10
--
-- Behind -- stand the file of ids and n (10). KINDRED_KEY in the environment: a key with the scope read.
--
-- Measures: how many answers a second there are when each connection asks again as soon as it has its answer, and how
-- many were no 200.
-- Does not measure: latencies as members see them. A server that stalls gets fewer requests meanwhile, so the stall shows
-- in few latencies (coordinated omission): take k6 or vegeta for those. Nor pipelining, new connections, POST.

local counter, threads = 0, {}

function setup(thread)
  thread:set("number", counter)
  counter = counter + 1
  table.insert(threads, thread)
end

local function escaped(id)
  return (id:gsub("[^%w._~-]", function(character) return string.format("%%%02X", character:byte()) end))
end

function init(args)
  local n, key = args[2] or "10", os.getenv("KINDRED_KEY")
  if key then wrk.headers["Authorization"] = "Bearer " .. key end
  requests, at, wrong = {}, 0, 0
  for id in io.lines(args[1] or "ids") do
    if id ~= "" then table.insert(requests, wrk.format("GET", "/recommend/" .. escaped(id) .. "/" .. n)) end
  end
  if #requests == 0 then error("there are no ids in " .. (args[1] or "ids")) end
  -- No two threads go the same way.
  at = math.floor(#requests * number / 7) % #requests
end

function request()
  at = at % #requests + 1
  return requests[at]
end

function response(status)
  if status ~= 200 then wrong = wrong + 1 end
end

function done(summary)
  local wrong = 0
  for _, thread in ipairs(threads) do wrong = wrong + thread:get("wrong") end
  local errors = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
  print(string.format("answers %d, of them no 200: %d, errors of connections: %d", summary.requests, wrong, errors))
end
