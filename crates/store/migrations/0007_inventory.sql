-- The policies of audited targets: one row for each time what was found changed, with the times
-- between which it was so. The row of the latest first time stands; `updated_at` is the version of a
-- row that is written again.
CREATE TABLE IF NOT EXISTS inventory{on_cluster}
(
    service LowCardinality(String),
    target_origin LowCardinality(String),
    endpoint LowCardinality(String),
    apps Array(LowCardinality(String)),
    method LowCardinality(String),
    url String CODEC(ZSTD(1)),
    made_up Bool,
    first_at DateTime64(3, 'UTC'),
    last_at DateTime64(3, 'UTC'),
    updated_at DateTime64(3, 'UTC'),
    answered_at Nullable(DateTime64(3, 'UTC')),
    observed_since Nullable(DateTime64(3, 'UTC')),
    state LowCardinality(String),
    reason String CODEC(ZSTD(1)),
    stance LowCardinality(String),
    vary LowCardinality(String),
    max_age Nullable(UInt32),
    `origin.name` Array(String) CODEC(ZSTD(1)),
    `origin.source` Array(LowCardinality(String)) CODEC(ZSTD(1)),
    `origin.grant` Array(LowCardinality(String)) CODEC(ZSTD(1)),
    `origin.last_seen` Array(Nullable(DateTime64(3, 'UTC'))) CODEC(ZSTD(1)),
    `origin.unused` Array(Bool) CODEC(ZSTD(1)),
    `finding.rule` Array(LowCardinality(String)) CODEC(ZSTD(1)),
    `finding.key` Array(String) CODEC(ZSTD(1)),
    `finding.level` Array(LowCardinality(String)) CODEC(ZSTD(1)),
    `finding.title` Array(String) CODEC(ZSTD(1)),
    `finding.message` Array(String) CODEC(ZSTD(1)),
    `finding.evidence` Array(String) CODEC(ZSTD(1)),
    `finding.fix` Array(String) CODEC(ZSTD(1)),
    `finding.first_at` Array(DateTime64(3, 'UTC')) CODEC(ZSTD(1))
)
ENGINE = {replicated}ReplacingMergeTree(updated_at)
ORDER BY (service, target_origin, endpoint, first_at)
TTL toDateTime(last_at) + INTERVAL 400 DAY;
