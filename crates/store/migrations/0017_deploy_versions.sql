-- Which version a deploy brings, as the pipeline states it.
ALTER TABLE deployments{on_cluster} ADD COLUMN IF NOT EXISTS version String;
