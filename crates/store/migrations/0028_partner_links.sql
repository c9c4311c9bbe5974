-- Links by which partners see one page origin of one app; the row of the highest version stands. A row that is over
-- stays for a while, so that whoever follows the link learns why it shows nothing.
CREATE TABLE IF NOT EXISTS partner_links{on_cluster}
(
    id String,
    version UInt64,
    app LowCardinality(String),
    page_origin String,
    sha256 String,
    note String CODEC(ZSTD(1)),
    created_at DateTime64(3, 'UTC'),
    created_by String,
    expires_at DateTime64(3, 'UTC'),
    revoked_at Nullable(DateTime64(3, 'UTC')),
    revoked_by String,
    keep_until DateTime64(3, 'UTC')
)
ENGINE = {replicated}ReplacingMergeTree(version)
ORDER BY id
TTL toDateTime(keep_until);
