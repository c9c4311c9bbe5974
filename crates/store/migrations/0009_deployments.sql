-- Deploys with their app in the identity: pipelines of two apps may number alike, and a caller that is
-- limited to one app cannot replace what another recorded.
CREATE TABLE IF NOT EXISTS deployments{on_cluster}
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
    created_at DateTime64(3, 'UTC'),
    recorded_by String
)
ENGINE = {replicated}ReplacingMergeTree(created_at)
ORDER BY (app, id);

INSERT INTO deployments
SELECT id, at, app, service, kind, reverts, touches_cors, author, note, created_at, ''
FROM deploys FINAL;
