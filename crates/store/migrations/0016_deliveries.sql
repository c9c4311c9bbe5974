-- How each notification ended at each receiver.
CREATE TABLE IF NOT EXISTS deliveries{on_cluster}
(
    at DateTime64(3, 'UTC'),
    alert String,
    sequence UInt64,
    app LowCardinality(String),
    summary String CODEC(ZSTD(1)),
    status LowCardinality(String),
    receiver LowCardinality(String),
    outcome LowCardinality(String),
    attempts UInt32,
    answer String CODEC(ZSTD(1)),
    millis UInt64
)
ENGINE = {replicated}MergeTree
ORDER BY (at, alert, receiver)
TTL toDateTime(at) + INTERVAL 90 DAY;
