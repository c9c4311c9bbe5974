-- What replaying a failure showed. A row for each time a signature was replayed; the same replay
-- written twice is one row.
CREATE TABLE IF NOT EXISTS diagnoses{on_cluster}
(
    app LowCardinality(String),
    id String,
    at DateTime64(3, 'UTC'),
    kind LowCardinality(String),
    page_origin LowCardinality(String),
    target_origin LowCardinality(String),
    endpoint LowCardinality(String),
    service LowCardinality(String),
    method LowCardinality(String),
    headers String,
    credentialed Bool,
    preflighted Bool,
    reported_outcome LowCardinality(String),
    reported_stage LowCardinality(String),
    first_seen DateTime64(3, 'UTC'),
    result LowCardinality(String),
    why LowCardinality(String),
    detail String CODEC(ZSTD(1)),
    url String CODEC(ZSTD(1)),
    remote String,
    cause LowCardinality(String),
    parameter String,
    stage LowCardinality(String),
    hop UInt8,
    status UInt16,
    explanation String CODEC(ZSTD(1)),
    `offending.name` Array(String) CODEC(ZSTD(1)),
    `offending.value` Array(String) CODEC(ZSTD(1)),
    `fix.place` Array(LowCardinality(String)) CODEC(ZSTD(1)),
    `fix.header` Array(String) CODEC(ZSTD(1)),
    `fix.value` Array(String) CODEC(ZSTD(1)),
    `fix.change` Array(String) CODEC(ZSTD(1)),
    `change.stage` Array(LowCardinality(String)) CODEC(ZSTD(1)),
    `change.header` Array(String) CODEC(ZSTD(1)),
    `change.what` Array(String) CODEC(ZSTD(1)),
    `change.before` Array(String) CODEC(ZSTD(1)),
    `change.after` Array(String) CODEC(ZSTD(1)),
    `change.from` Array(DateTime64(3, 'UTC')) CODEC(ZSTD(1)),
    `change.to` Array(DateTime64(3, 'UTC')) CODEC(ZSTD(1))
)
ENGINE = {replicated}ReplacingMergeTree
ORDER BY (app, id, at)
TTL toDateTime(at) + INTERVAL 400 DAY;

-- The CORS headers of targets: one row for each time they changed, with the times between which
-- they were seen so.
CREATE TABLE IF NOT EXISTS header_snapshots{on_cluster}
(
    page_origin LowCardinality(String),
    url String,
    asked String,
    stage LowCardinality(String),
    first_at DateTime64(3, 'UTC'),
    last_at DateTime64(3, 'UTC'),
    status UInt16,
    `header.name` Array(LowCardinality(String)) CODEC(ZSTD(1)),
    `header.value` Array(String) CODEC(ZSTD(1))
)
ENGINE = {replicated}ReplacingMergeTree(last_at)
ORDER BY (url, page_origin, asked, stage, first_at)
TTL toDateTime(last_at) + INTERVAL 400 DAY;
