-- Raw observations. A replayed record makes rows of the same sorting key, which collapse; all of
-- the key is stamped in the record. What belongs to the beacon repeats in the rows of a beacon,
-- which lie next to each other, and costs next to nothing there.
CREATE TABLE IF NOT EXISTS observations{on_cluster}
(
    app LowCardinality(String) CODEC(ZSTD(1)),
    minute DateTime('UTC') CODEC(Delta, ZSTD(1)),
    beacon_id FixedString(12) CODEC(ZSTD(1)),
    idx UInt16 CODEC(ZSTD(1)),
    epoch UInt32 CODEC(ZSTD(1)),
    partition UInt32 CODEC(ZSTD(1)),
    offset UInt64 CODEC(Delta, ZSTD(1)),
    append_time DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    received_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    environment LowCardinality(String) CODEC(ZSTD(1)),
    release LowCardinality(String) CODEC(ZSTD(1)),
    source LowCardinality(String) CODEC(ZSTD(1)),
    page_origin LowCardinality(String) CODEC(ZSTD(1)),
    context LowCardinality(String) CODEC(ZSTD(1)),
    session UInt64 CODEC(ZSTD(1)),
    network UInt32 CODEC(ZSTD(1)),
    browser_family LowCardinality(String) CODEC(ZSTD(1)),
    browser_major UInt16 CODEC(ZSTD(1)),
    lab Bool CODEC(ZSTD(1)),
    kind LowCardinality(String) CODEC(ZSTD(1)),
    at DateTime64(3, 'UTC') CODEC(T64, ZSTD(1)),
    target_origin LowCardinality(String) CODEC(ZSTD(1)),
    endpoint LowCardinality(String) CODEC(ZSTD(1)),
    service LowCardinality(String) CODEC(ZSTD(1)),
    method LowCardinality(String) CODEC(ZSTD(1)),
    credentialed Bool CODEC(ZSTD(1)),
    preflighted Bool CODEC(ZSTD(1)),
    status UInt16 CODEC(ZSTD(1)),
    outcome LowCardinality(String) CODEC(ZSTD(1)),
    stage LowCardinality(String) CODEC(ZSTD(1)),
    cause LowCardinality(String) CODEC(ZSTD(1)),
    parameter LowCardinality(String) CODEC(ZSTD(1)),
    confidence LowCardinality(String) CODEC(ZSTD(1)),
    evidence LowCardinality(String) CODEC(ZSTD(1)),
    count UInt32 CODEC(ZSTD(1)),
    `latency.bucket` Array(UInt8) CODEC(ZSTD(1)),
    `latency.count` Array(UInt32) CODEC(ZSTD(1)),
    `preflight_latency.bucket` Array(UInt8) CODEC(ZSTD(1)),
    `preflight_latency.count` Array(UInt32) CODEC(ZSTD(1)),
    -- For the loader's question which beacons it has stored since a time.
    INDEX append_times append_time TYPE minmax GRANULARITY 1
)
ENGINE = {replicated}ReplacingMergeTree
PARTITION BY toYYYYMMDD(minute)
PRIMARY KEY (app, minute)
ORDER BY (app, minute, beacon_id, idx)
SETTINGS ttl_only_drop_parts = 1;
