-- When the failure of a diagnosis was last seen before it was replayed.
ALTER TABLE diagnoses{on_cluster} ADD COLUMN IF NOT EXISTS last_seen DateTime64(3, 'UTC') DEFAULT first_seen AFTER first_seen;
