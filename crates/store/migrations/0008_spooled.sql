-- Of what an edge process has appended, what waits in its spool to reach the log.
ALTER TABLE edge_reports{on_cluster} ADD COLUMN IF NOT EXISTS spooled UInt64 AFTER shed;
