-- The state of alerts; the row of the highest version stands.
CREATE TABLE IF NOT EXISTS alerts{on_cluster}
(
    id String,
    version UInt64,
    app LowCardinality(String),
    slo LowCardinality(String),
    rule LowCardinality(String),
    `group` String,
    severity LowCardinality(String),
    state LowCardinality(String),
    started_at DateTime64(3, 'UTC'),
    updated_at DateTime64(3, 'UTC'),
    resolved_at Nullable(DateTime64(3, 'UTC')),
    body String CODEC(ZSTD(1))
)
ENGINE = {replicated}ReplacingMergeTree(version)
ORDER BY id;

-- Deploys as teams report them.
CREATE TABLE IF NOT EXISTS deploys{on_cluster}
(
    id String,
    at DateTime64(3, 'UTC'),
    app LowCardinality(String),
    service LowCardinality(String),
    kind LowCardinality(String),
    reverts String,
    touches_cors Bool,
    author String,
    note String CODEC(ZSTD(1)),
    created_at DateTime64(3, 'UTC')
)
ENGINE = {replicated}ReplacingMergeTree(created_at)
ORDER BY id;

-- Claims and grants of leases, by the server's clock; see lease.rs for the protocol.
CREATE TABLE IF NOT EXISTS leases{on_cluster}
(
    name LowCardinality(String),
    term UInt64,
    holder String,
    step LowCardinality(String),
    at DateTime64(3, 'UTC'),
    expires_at DateTime64(3, 'UTC')
)
ENGINE = {replicated}MergeTree
ORDER BY (name, term, holder, step)
TTL toDateTime(expires_at) + INTERVAL 1 DAY;
