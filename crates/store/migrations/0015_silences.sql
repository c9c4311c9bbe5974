-- Silences and maintenance windows; the row of the highest version stands. A row that is over stays for a
-- while, for those who ask later why nobody was told.
CREATE TABLE IF NOT EXISTS silences{on_cluster}
(
    id String,
    version UInt64,
    kind LowCardinality(String),
    app LowCardinality(String),
    body String CODEC(ZSTD(1)),
    created_at DateTime64(3, 'UTC'),
    created_by String,
    deleted_at Nullable(DateTime64(3, 'UTC')),
    deleted_by String,
    keep_until DateTime64(3, 'UTC')
)
ENGINE = {replicated}ReplacingMergeTree(version)
ORDER BY id
TTL toDateTime(keep_until);
