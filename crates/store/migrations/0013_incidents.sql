-- The state of incidents; the row of the highest version stands.
CREATE TABLE IF NOT EXISTS incidents{on_cluster}
(
    id String,
    version UInt64,
    apps Array(LowCardinality(String)),
    severity LowCardinality(String),
    state LowCardinality(String),
    opened_at DateTime64(3, 'UTC'),
    updated_at DateTime64(3, 'UTC'),
    closed_at Nullable(DateTime64(3, 'UTC')),
    body String CODEC(ZSTD(1))
)
ENGINE = {replicated}ReplacingMergeTree(version)
ORDER BY id;
