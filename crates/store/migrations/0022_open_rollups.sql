-- Sums of single chunks that can no longer change, of spans that still can: without them a question would read
-- all parts of the span that is open.
CREATE TABLE IF NOT EXISTS open_total_minutes{on_cluster}
(
    app LowCardinality(String) CODEC(ZSTD(1)),
    minute DateTime('UTC') CODEC(Delta, ZSTD(1)),
    epoch UInt32 CODEC(ZSTD(1)),
    partition UInt32 CODEC(ZSTD(1)),
    chunk UInt64 CODEC(ZSTD(1)),
    environment LowCardinality(String) CODEC(ZSTD(1)),
    outcome LowCardinality(String) CODEC(ZSTD(1)),
    stage LowCardinality(String) CODEC(ZSTD(1)),
    status UInt16 CODEC(ZSTD(1)),
    source LowCardinality(String) CODEC(ZSTD(1)),
    kind LowCardinality(String) CODEC(ZSTD(1)),
    credentialed Bool CODEC(ZSTD(1)),
    preflighted Bool CODEC(ZSTD(1)),
    lab Bool CODEC(ZSTD(1)),
    standing LowCardinality(String) CODEC(ZSTD(1)),
    dims UInt128 MATERIALIZED reinterpretAsUInt128(sipHash128(
        environment, outcome, stage, status, source, kind, credentialed, preflighted, lab, standing)) CODEC(NONE),
    version UInt64 CODEC(ZSTD(1)),
    count UInt64 CODEC(ZSTD(1)),
    `latency.bucket` Array(UInt8) CODEC(ZSTD(1)),
    `latency.count` Array(UInt64) CODEC(ZSTD(1)),
    `preflight_latency.bucket` Array(UInt8) CODEC(ZSTD(1)),
    `preflight_latency.count` Array(UInt64) CODEC(ZSTD(1)),
    -- Those of compacted spans are not read.
    INDEX chunks chunk TYPE minmax GRANULARITY 1
)
ENGINE = {replicated}ReplacingMergeTree(version)
PARTITION BY toYYYYMM(minute)
PRIMARY KEY (app, minute)
ORDER BY (app, minute, epoch, partition, chunk, dims)
SETTINGS ttl_only_drop_parts = 1;

CREATE TABLE IF NOT EXISTS open_total_hours{on_cluster}
(
    app LowCardinality(String) CODEC(ZSTD(1)),
    hour DateTime('UTC') CODEC(Delta, ZSTD(1)),
    epoch UInt32 CODEC(ZSTD(1)),
    partition UInt32 CODEC(ZSTD(1)),
    chunk UInt64 CODEC(ZSTD(1)),
    environment LowCardinality(String) CODEC(ZSTD(1)),
    outcome LowCardinality(String) CODEC(ZSTD(1)),
    stage LowCardinality(String) CODEC(ZSTD(1)),
    status UInt16 CODEC(ZSTD(1)),
    source LowCardinality(String) CODEC(ZSTD(1)),
    kind LowCardinality(String) CODEC(ZSTD(1)),
    credentialed Bool CODEC(ZSTD(1)),
    preflighted Bool CODEC(ZSTD(1)),
    lab Bool CODEC(ZSTD(1)),
    standing LowCardinality(String) CODEC(ZSTD(1)),
    dims UInt128 MATERIALIZED reinterpretAsUInt128(sipHash128(
        environment, outcome, stage, status, source, kind, credentialed, preflighted, lab, standing)) CODEC(NONE),
    version UInt64 CODEC(ZSTD(1)),
    count UInt64 CODEC(ZSTD(1)),
    `latency.bucket` Array(UInt8) CODEC(ZSTD(1)),
    `latency.count` Array(UInt64) CODEC(ZSTD(1)),
    `preflight_latency.bucket` Array(UInt8) CODEC(ZSTD(1)),
    `preflight_latency.count` Array(UInt64) CODEC(ZSTD(1)),
    -- Those of compacted spans are not read.
    INDEX chunks chunk TYPE minmax GRANULARITY 1
)
ENGINE = {replicated}ReplacingMergeTree(version)
PARTITION BY toYYYYMM(hour)
PRIMARY KEY (app, hour)
ORDER BY (app, hour, epoch, partition, chunk, dims)
SETTINGS ttl_only_drop_parts = 1;

CREATE TABLE IF NOT EXISTS open_target_hours{on_cluster}
(
    app LowCardinality(String) CODEC(ZSTD(1)),
    hour DateTime('UTC') CODEC(Delta, ZSTD(1)),
    epoch UInt32 CODEC(ZSTD(1)),
    partition UInt32 CODEC(ZSTD(1)),
    chunk UInt64 CODEC(ZSTD(1)),
    service LowCardinality(String) CODEC(ZSTD(1)),
    target_origin LowCardinality(String) CODEC(ZSTD(1)),
    endpoint LowCardinality(String) CODEC(ZSTD(1)),
    method LowCardinality(String) CODEC(ZSTD(1)),
    environment LowCardinality(String) CODEC(ZSTD(1)),
    outcome LowCardinality(String) CODEC(ZSTD(1)),
    stage LowCardinality(String) CODEC(ZSTD(1)),
    cause LowCardinality(String) CODEC(ZSTD(1)),
    parameter LowCardinality(String) CODEC(ZSTD(1)),
    status UInt16 CODEC(ZSTD(1)),
    source LowCardinality(String) CODEC(ZSTD(1)),
    kind LowCardinality(String) CODEC(ZSTD(1)),
    credentialed Bool CODEC(ZSTD(1)),
    preflighted Bool CODEC(ZSTD(1)),
    lab Bool CODEC(ZSTD(1)),
    standing LowCardinality(String) CODEC(ZSTD(1)),
    dims UInt128 MATERIALIZED reinterpretAsUInt128(sipHash128(
        service, target_origin, endpoint, method, environment, outcome, stage, cause, parameter, status,
        source, kind, credentialed, preflighted, lab, standing)) CODEC(NONE),
    version UInt64 CODEC(ZSTD(1)),
    count UInt64 CODEC(ZSTD(1)),
    `latency.bucket` Array(UInt8) CODEC(ZSTD(1)),
    `latency.count` Array(UInt64) CODEC(ZSTD(1)),
    `preflight_latency.bucket` Array(UInt8) CODEC(ZSTD(1)),
    `preflight_latency.count` Array(UInt64) CODEC(ZSTD(1)),
    -- Those of compacted spans are not read.
    INDEX chunks chunk TYPE minmax GRANULARITY 1
)
ENGINE = {replicated}ReplacingMergeTree(version)
PARTITION BY toYYYYMM(hour)
PRIMARY KEY (app, hour)
ORDER BY (app, hour, epoch, partition, chunk, dims)
SETTINGS ttl_only_drop_parts = 1;

CREATE TABLE IF NOT EXISTS open_client_hours{on_cluster}
(
    app LowCardinality(String) CODEC(ZSTD(1)),
    hour DateTime('UTC') CODEC(Delta, ZSTD(1)),
    epoch UInt32 CODEC(ZSTD(1)),
    partition UInt32 CODEC(ZSTD(1)),
    chunk UInt64 CODEC(ZSTD(1)),
    page_origin LowCardinality(String) CODEC(ZSTD(1)),
    release LowCardinality(String) CODEC(ZSTD(1)),
    environment LowCardinality(String) CODEC(ZSTD(1)),
    outcome LowCardinality(String) CODEC(ZSTD(1)),
    stage LowCardinality(String) CODEC(ZSTD(1)),
    status UInt16 CODEC(ZSTD(1)),
    browser_family LowCardinality(String) CODEC(ZSTD(1)),
    browser_major UInt16 CODEC(ZSTD(1)),
    context LowCardinality(String) CODEC(ZSTD(1)),
    source LowCardinality(String) CODEC(ZSTD(1)),
    kind LowCardinality(String) CODEC(ZSTD(1)),
    credentialed Bool CODEC(ZSTD(1)),
    preflighted Bool CODEC(ZSTD(1)),
    lab Bool CODEC(ZSTD(1)),
    standing LowCardinality(String) CODEC(ZSTD(1)),
    dims UInt128 MATERIALIZED reinterpretAsUInt128(sipHash128(
        page_origin, release, environment, outcome, stage, status, browser_family, browser_major, context,
        source, kind, credentialed, preflighted, lab, standing)) CODEC(NONE),
    version UInt64 CODEC(ZSTD(1)),
    count UInt64 CODEC(ZSTD(1)),
    `latency.bucket` Array(UInt8) CODEC(ZSTD(1)),
    `latency.count` Array(UInt64) CODEC(ZSTD(1)),
    `preflight_latency.bucket` Array(UInt8) CODEC(ZSTD(1)),
    `preflight_latency.count` Array(UInt64) CODEC(ZSTD(1)),
    -- Those of compacted spans are not read.
    INDEX chunks chunk TYPE minmax GRANULARITY 1
)
ENGINE = {replicated}ReplacingMergeTree(version)
PARTITION BY toYYYYMM(hour)
PRIMARY KEY (app, hour)
ORDER BY (app, hour, epoch, partition, chunk, dims)
SETTINGS ttl_only_drop_parts = 1;

CREATE TABLE IF NOT EXISTS open_failure_hours{on_cluster}
(
    app LowCardinality(String) CODEC(ZSTD(1)),
    hour DateTime('UTC') CODEC(Delta, ZSTD(1)),
    epoch UInt32 CODEC(ZSTD(1)),
    partition UInt32 CODEC(ZSTD(1)),
    chunk UInt64 CODEC(ZSTD(1)),
    service LowCardinality(String) CODEC(ZSTD(1)),
    page_origin LowCardinality(String) CODEC(ZSTD(1)),
    target_origin LowCardinality(String) CODEC(ZSTD(1)),
    endpoint LowCardinality(String) CODEC(ZSTD(1)),
    method LowCardinality(String) CODEC(ZSTD(1)),
    release LowCardinality(String) CODEC(ZSTD(1)),
    environment LowCardinality(String) CODEC(ZSTD(1)),
    outcome LowCardinality(String) CODEC(ZSTD(1)),
    stage LowCardinality(String) CODEC(ZSTD(1)),
    cause LowCardinality(String) CODEC(ZSTD(1)),
    parameter LowCardinality(String) CODEC(ZSTD(1)),
    status UInt16 CODEC(ZSTD(1)),
    browser_family LowCardinality(String) CODEC(ZSTD(1)),
    browser_major UInt16 CODEC(ZSTD(1)),
    context LowCardinality(String) CODEC(ZSTD(1)),
    source LowCardinality(String) CODEC(ZSTD(1)),
    kind LowCardinality(String) CODEC(ZSTD(1)),
    credentialed Bool CODEC(ZSTD(1)),
    preflighted Bool CODEC(ZSTD(1)),
    confidence LowCardinality(String) CODEC(ZSTD(1)),
    lab Bool CODEC(ZSTD(1)),
    standing LowCardinality(String) CODEC(ZSTD(1)),
    dims UInt128 MATERIALIZED reinterpretAsUInt128(sipHash128(
        service, page_origin, target_origin, endpoint, method, release, environment, outcome, stage, cause,
        parameter, status, browser_family, browser_major, context, source, kind, credentialed, preflighted,
        confidence, lab, standing)) CODEC(NONE),
    version UInt64 CODEC(ZSTD(1)),
    count UInt64 CODEC(ZSTD(1)),
    `latency.bucket` Array(UInt8) CODEC(ZSTD(1)),
    `latency.count` Array(UInt64) CODEC(ZSTD(1)),
    `preflight_latency.bucket` Array(UInt8) CODEC(ZSTD(1)),
    `preflight_latency.count` Array(UInt64) CODEC(ZSTD(1)),
    -- Those of compacted spans are not read.
    INDEX chunks chunk TYPE minmax GRANULARITY 1
)
ENGINE = {replicated}ReplacingMergeTree(version)
PARTITION BY toYYYYMM(hour)
PRIMARY KEY (app, hour)
ORDER BY (app, hour, epoch, partition, chunk, dims)
SETTINGS ttl_only_drop_parts = 1;

-- Chunks below `chunks` are in these tables, or in compacted spans.
ALTER TABLE compacted{on_cluster} ADD COLUMN IF NOT EXISTS chunks SimpleAggregateFunction(max, UInt64) AFTER spans;
