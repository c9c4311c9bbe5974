-- Of what an edge process has shed, how much for which reason.
ALTER TABLE edge_reports{on_cluster}
    ADD COLUMN IF NOT EXISTS `shed_by.reason` Array(LowCardinality(String)),
    ADD COLUMN IF NOT EXISTS `shed_by.count` Array(UInt64);
