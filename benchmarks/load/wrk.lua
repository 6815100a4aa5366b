-- wrk's script for the rows of requests: DEPTH pipelined ones at a time (first argument), each on a
-- connection of its own where the second is "close"; the figures of the run as one line of JSON.
local batch

function init(args)
  local depth = tonumber(args[1]) or 1
  if args[2] == "close" then wrk.headers["Connection"] = "close" end
  batch = string.rep(wrk.format("GET", wrk.path), depth)
end

function request() return batch end

function done(summary, latency, requests)
  local failed = summary.errors.connect + summary.errors.read + summary.errors.write +
                 summary.errors.status + summary.errors.timeout
  io.write(string.format(
    '{"requests": %d, "seconds": %.6f, "p50_us": %.1f, "p99_us": %.1f, "errors": %d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50), latency:percentile(99),
    failed))
end
