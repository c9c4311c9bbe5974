-- Where a deploy went, where more about it stands, who reported it and how far it got. Of those from before,
-- each was reported by a pipeline once it was done.
ALTER TABLE deployments{on_cluster} ADD COLUMN IF NOT EXISTS environment LowCardinality(String);
ALTER TABLE deployments{on_cluster} ADD COLUMN IF NOT EXISTS link String;
ALTER TABLE deployments{on_cluster} ADD COLUMN IF NOT EXISTS source LowCardinality(String) DEFAULT 'api';
ALTER TABLE deployments{on_cluster} ADD COLUMN IF NOT EXISTS state LowCardinality(String) DEFAULT 'succeeded';
ALTER TABLE deployments{on_cluster} ADD COLUMN IF NOT EXISTS rollback_rule LowCardinality(String)
    DEFAULT if(kind = 'rollback', 'stated', '');
