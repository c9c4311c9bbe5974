-- Distinct page loads of failures by hour: sets, so that a raw row that is written again changes nothing. What is
-- stored already is counted here.
CREATE TABLE IF NOT EXISTS failure_sessions{on_cluster}
(
    app LowCardinality(String) CODEC(ZSTD(1)),
    hour DateTime('UTC') CODEC(Delta, ZSTD(1)),
    source LowCardinality(String) CODEC(ZSTD(1)),
    lab Bool CODEC(ZSTD(1)),
    standing LowCardinality(String) CODEC(ZSTD(1)),
    environment LowCardinality(String) CODEC(ZSTD(1)),
    release LowCardinality(String) CODEC(ZSTD(1)),
    page_origin LowCardinality(String) CODEC(ZSTD(1)),
    service LowCardinality(String) CODEC(ZSTD(1)),
    target_origin LowCardinality(String) CODEC(ZSTD(1)),
    endpoint LowCardinality(String) CODEC(ZSTD(1)),
    kind LowCardinality(String) CODEC(ZSTD(1)),
    method LowCardinality(String) CODEC(ZSTD(1)),
    outcome LowCardinality(String) CODEC(ZSTD(1)),
    stage LowCardinality(String) CODEC(ZSTD(1)),
    cause LowCardinality(String) CODEC(ZSTD(1)),
    parameter LowCardinality(String) CODEC(ZSTD(1)),
    sessions AggregateFunction(uniq, UInt64) CODEC(ZSTD(1))
)
ENGINE = {replicated}AggregatingMergeTree
PARTITION BY toYYYYMM(hour)
PRIMARY KEY (app, hour)
ORDER BY (app, hour,
    source, lab, standing, environment, release, page_origin, service, target_origin, endpoint, kind, method,
    outcome, stage, cause, parameter)
SETTINGS ttl_only_drop_parts = 1;

-- Kept by the server with every insert of raw rows.
CREATE MATERIALIZED VIEW IF NOT EXISTS failure_sessions_of_observations{on_cluster} TO failure_sessions AS
SELECT app, toStartOfHour(minute) AS hour,
    source, lab, standing, environment, release, page_origin, service, target_origin, endpoint, kind, method,
    outcome, stage, cause, parameter,
    uniqState(session) AS sessions
FROM observations
WHERE session != 0
    AND (outcome NOT IN ('ok', 'http_error', 'aborted', 'unloaded', 'offline')
    OR (kind = 'preflight' AND status >= 400))
GROUP BY app, hour,
    source, lab, standing, environment, release, page_origin, service, target_origin, endpoint, kind, method,
    outcome, stage, cause, parameter;

INSERT INTO failure_sessions (app, hour,
    source, lab, standing, environment, release, page_origin, service, target_origin, endpoint, kind, method,
    outcome, stage, cause, parameter,
    sessions)
SELECT app, toStartOfHour(minute) AS hour,
    source, lab, standing, environment, release, page_origin, service, target_origin, endpoint, kind, method,
    outcome, stage, cause, parameter,
    uniqState(session) AS sessions
FROM observations
WHERE session != 0
    AND (outcome NOT IN ('ok', 'http_error', 'aborted', 'unloaded', 'offline')
    OR (kind = 'preflight' AND status >= 400))
GROUP BY app, hour,
    source, lab, standing, environment, release, page_origin, service, target_origin, endpoint, kind, method,
    outcome, stage, cause, parameter;
