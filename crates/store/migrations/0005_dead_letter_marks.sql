-- What people decided about dead letters. Apart from them, because a loader that goes back over its
-- log writes a dead letter again.
CREATE TABLE IF NOT EXISTS dead_letter_marks{on_cluster}
(
    epoch UInt32,
    partition UInt32,
    offset UInt64,
    append_time DateTime64(3, 'UTC'),
    mark LowCardinality(String),
    at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = {replicated}ReplacingMergeTree(at)
PARTITION BY toYYYYMM(append_time)
ORDER BY (epoch, partition, offset);
