-- What people say of incidents: whoever leads the evaluation reads it and closes them.
CREATE TABLE IF NOT EXISTS incident_closings{on_cluster}
(
    incident String,
    at DateTime64(3, 'UTC'),
    `by` String,
    reason String CODEC(ZSTD(1))
)
ENGINE = {replicated}ReplacingMergeTree(at)
ORDER BY incident
TTL toDateTime(at) + INTERVAL 400 DAY;
