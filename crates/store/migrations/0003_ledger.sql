-- What became of the records of a chunk, cumulative in the chunk.
CREATE TABLE IF NOT EXISTS chunks{on_cluster}
(
    epoch UInt32,
    partition UInt32,
    chunk UInt64 CODEC(Delta, ZSTD(1)),
    version UInt64 CODEC(Delta, ZSTD(1)),
    records UInt64 CODEC(T64, ZSTD(1)),
    beacons_stored UInt64 CODEC(T64, ZSTD(1)),
    duplicates UInt64 CODEC(T64, ZSTD(1)),
    dead_lettered UInt64 CODEC(T64, ZSTD(1)),
    edge_reports UInt64 CODEC(T64, ZSTD(1)),
    rows UInt64 CODEC(T64, ZSTD(1))
)
ENGINE = {replicated}ReplacingMergeTree(version)
ORDER BY (epoch, partition, chunk);

-- How far each partition has been written: only grows, whoever writes in whatever order.
CREATE TABLE IF NOT EXISTS progress{on_cluster}
(
    epoch UInt32,
    partition UInt32,
    next_offset SimpleAggregateFunction(max, UInt64),
    event_time SimpleAggregateFunction(max, DateTime64(3, 'UTC'))
)
ENGINE = {replicated}AggregatingMergeTree
ORDER BY (epoch, partition);

-- Records that could not be read.
CREATE TABLE IF NOT EXISTS dead_letters{on_cluster}
(
    epoch UInt32,
    partition UInt32,
    offset UInt64,
    append_time DateTime64(3, 'UTC'),
    reason LowCardinality(String),
    detail String CODEC(ZSTD(1)),
    payload String CODEC(ZSTD(1))
)
ENGINE = {replicated}ReplacingMergeTree
PARTITION BY toYYYYMM(append_time)
ORDER BY (epoch, partition, offset);

-- What edge processes have counted; the last report of a process stands.
CREATE TABLE IF NOT EXISTS edge_reports{on_cluster}
(
    process FixedString(12),
    at DateTime64(3, 'UTC'),
    received UInt64,
    appended UInt64,
    shed UInt64,
    `refused.reason` Array(LowCardinality(String)),
    `refused.count` Array(UInt64)
)
ENGINE = {replicated}ReplacingMergeTree(at)
ORDER BY process;
