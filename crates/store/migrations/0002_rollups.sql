-- Partial sums of fixed log chunks, cumulative in the chunk: a row that covers more offsets replaces
-- one that covers fewer, so that a replay or a late zombie changes nothing.
--
-- `dims` stands for all dimensions in the sorting key: FINAL reads and compares the whole key, and
-- with the dimensions themselves it took three times the processor time. 128 bits, because two sets
-- of dimensions that collide would count as one.
CREATE TABLE IF NOT EXISTS sli_parts{on_cluster}
(
    app LowCardinality(String) CODEC(ZSTD(1)),
    minute DateTime('UTC') CODEC(Delta, ZSTD(1)),
    epoch UInt32 CODEC(ZSTD(1)),
    partition UInt32 CODEC(ZSTD(1)),
    chunk UInt64 CODEC(ZSTD(1)),
    environment LowCardinality(String) CODEC(ZSTD(1)),
    release LowCardinality(String) CODEC(ZSTD(1)),
    source LowCardinality(String) CODEC(ZSTD(1)),
    kind LowCardinality(String) CODEC(ZSTD(1)),
    page_origin LowCardinality(String) CODEC(ZSTD(1)),
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
    browser_family LowCardinality(String) CODEC(ZSTD(1)),
    browser_major UInt16 CODEC(ZSTD(1)),
    context LowCardinality(String) CODEC(ZSTD(1)),
    lab Bool CODEC(ZSTD(1)),
    dims UInt128 MATERIALIZED reinterpretAsUInt128(sipHash128(environment, release, source, kind, page_origin,
        target_origin, endpoint, service, method, credentialed, preflighted, status, outcome,
        stage, cause, parameter, confidence, browser_family, browser_major, context, lab)) CODEC(NONE),
    version UInt64 CODEC(ZSTD(1)),
    count UInt64 CODEC(ZSTD(1)),
    `latency.bucket` Array(UInt8) CODEC(ZSTD(1)),
    `latency.count` Array(UInt64) CODEC(ZSTD(1)),
    `preflight_latency.bucket` Array(UInt8) CODEC(ZSTD(1)),
    `preflight_latency.count` Array(UInt64) CODEC(ZSTD(1)),
    -- For the compaction, which asks by chunk.
    INDEX chunks chunk TYPE minmax GRANULARITY 1
)
ENGINE = {replicated}ReplacingMergeTree(version)
PARTITION BY toYYYYMMDD(minute)
PRIMARY KEY (app, minute)
ORDER BY (app, minute, epoch, partition, chunk, dims)
SETTINGS ttl_only_drop_parts = 1;

-- Sums of spans (runs of chunks that can no longer change), by minute and by hour.
CREATE TABLE IF NOT EXISTS sli_minutes{on_cluster}
(
    app LowCardinality(String) CODEC(ZSTD(1)),
    minute DateTime('UTC') CODEC(Delta, ZSTD(1)),
    epoch UInt32 CODEC(ZSTD(1)),
    partition UInt32 CODEC(ZSTD(1)),
    span UInt64 CODEC(ZSTD(1)),
    environment LowCardinality(String) CODEC(ZSTD(1)),
    release LowCardinality(String) CODEC(ZSTD(1)),
    source LowCardinality(String) CODEC(ZSTD(1)),
    kind LowCardinality(String) CODEC(ZSTD(1)),
    page_origin LowCardinality(String) CODEC(ZSTD(1)),
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
    browser_family LowCardinality(String) CODEC(ZSTD(1)),
    browser_major UInt16 CODEC(ZSTD(1)),
    context LowCardinality(String) CODEC(ZSTD(1)),
    lab Bool CODEC(ZSTD(1)),
    dims UInt128 MATERIALIZED reinterpretAsUInt128(sipHash128(environment, release, source, kind, page_origin,
        target_origin, endpoint, service, method, credentialed, preflighted, status, outcome,
        stage, cause, parameter, confidence, browser_family, browser_major, context, lab)) CODEC(NONE),
    version UInt64 CODEC(ZSTD(1)),
    count UInt64 CODEC(ZSTD(1)),
    `latency.bucket` Array(UInt8) CODEC(ZSTD(1)),
    `latency.count` Array(UInt64) CODEC(ZSTD(1)),
    `preflight_latency.bucket` Array(UInt8) CODEC(ZSTD(1)),
    `preflight_latency.count` Array(UInt64) CODEC(ZSTD(1))
)
ENGINE = {replicated}ReplacingMergeTree(version)
PARTITION BY toYYYYMM(minute)
PRIMARY KEY (app, minute)
ORDER BY (app, minute, epoch, partition, span, dims)
SETTINGS ttl_only_drop_parts = 1;

CREATE TABLE IF NOT EXISTS sli_hours{on_cluster}
(
    app LowCardinality(String) CODEC(ZSTD(1)),
    hour DateTime('UTC') CODEC(Delta, ZSTD(1)),
    epoch UInt32 CODEC(ZSTD(1)),
    partition UInt32 CODEC(ZSTD(1)),
    span UInt64 CODEC(ZSTD(1)),
    environment LowCardinality(String) CODEC(ZSTD(1)),
    release LowCardinality(String) CODEC(ZSTD(1)),
    source LowCardinality(String) CODEC(ZSTD(1)),
    kind LowCardinality(String) CODEC(ZSTD(1)),
    page_origin LowCardinality(String) CODEC(ZSTD(1)),
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
    browser_family LowCardinality(String) CODEC(ZSTD(1)),
    browser_major UInt16 CODEC(ZSTD(1)),
    context LowCardinality(String) CODEC(ZSTD(1)),
    lab Bool CODEC(ZSTD(1)),
    dims UInt128 MATERIALIZED reinterpretAsUInt128(sipHash128(environment, release, source, kind, page_origin,
        target_origin, endpoint, service, method, credentialed, preflighted, status, outcome,
        stage, cause, parameter, confidence, browser_family, browser_major, context, lab)) CODEC(NONE),
    version UInt64 CODEC(ZSTD(1)),
    count UInt64 CODEC(ZSTD(1)),
    `latency.bucket` Array(UInt8) CODEC(ZSTD(1)),
    `latency.count` Array(UInt64) CODEC(ZSTD(1)),
    `preflight_latency.bucket` Array(UInt8) CODEC(ZSTD(1)),
    `preflight_latency.count` Array(UInt64) CODEC(ZSTD(1))
)
ENGINE = {replicated}ReplacingMergeTree(version)
PARTITION BY toYYYYMM(hour)
PRIMARY KEY (app, hour)
ORDER BY (app, hour, epoch, partition, span, dims)
SETTINGS ttl_only_drop_parts = 1;

-- Spans below `spans` are in sli_minutes and sli_hours. Written after them; only grows.
CREATE TABLE IF NOT EXISTS compacted{on_cluster}
(
    epoch UInt32,
    partition UInt32,
    spans SimpleAggregateFunction(max, UInt64)
)
ENGINE = {replicated}AggregatingMergeTree
ORDER BY (epoch, partition);
