-- Sends prepared requests and tells the outcome as one line of JSON.
--
-- wrk … -- FILE THREADS RUN EXPECTED
-- Each line of FILE is METHOD, target, token and body, separated by tabs; thread n takes every line n, n + THREADS, …
-- RUN makes the Idempotency-Keys of this run its own. EXPECTED is the statuses that are no errors, each between commas;
-- empty, wrk's own count of statuses from 400 up is taken, which spares it the look at every answer.

local threads = {}

function setup(thread)
  thread:set("number", #threads)
  table.insert(threads, thread)
end

function init(args)
  local count, line_number = tonumber(args[2]), 0
  before, after, position, sent = {}, {}, 0, 0
  run = args[3] .. "-" .. number .. "-"
  for line in io.lines(args[1]) do
    if line_number % count == number then
      local method, target, token, body = line:match("^([^\t]*)\t([^\t]*)\t([^\t]*)\t(.*)$")
      local headers = {}
      if token ~= "" then headers["Authorization"] = "Bearer " .. token end
      if method == "POST" then headers["Idempotency-Key"] = "@KEY@" end
      if body == "" then body = nil else headers["Content-Type"] = "application/json" end
      local request = wrk.format(method, target, headers, body)
      local from, to = request:find("@KEY@", 1, true)
      if from then
        table.insert(before, request:sub(1, from - 1))
        table.insert(after, request:sub(to + 1))
      else
        table.insert(before, request)
      end
    end
    line_number = line_number + 1
  end
  unexpected = {}
  local expected = args[4] or ""
  if expected ~= "" then
    response = function(status)
      if not expected:find("," .. status .. ",", 1, true) then
        unexpected[tostring(status)] = (unexpected[tostring(status)] or 0) + 1
      end
    end
  end
end

function request()
  position = position % #before + 1
  if not after[position] then return before[position] end
  sent = sent + 1
  return before[position] .. run .. sent .. after[position]
end

function done(summary, latency, requests)
  local statuses = {}
  for _, thread in ipairs(threads) do
    for status, count in pairs(thread:get("unexpected")) do
      statuses[status] = (statuses[status] or 0) + count
    end
  end
  local listed = {}
  for status, count in pairs(statuses) do table.insert(listed, string.format('"%s": %d', status, count)) end
  local errors = summary.errors
  io.write(string.format(
    '\nRESULT {"requests": %d, "seconds": %.6f, "p50_ms": %.3f, "p99_ms": %.3f, "statuses": {%s}, '
      .. '"refused": %d, "broken": %d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    table.concat(listed, ", "), errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
