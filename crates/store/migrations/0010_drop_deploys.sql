-- A step of its own: the copy before it may be repeated, this may too.
DROP TABLE IF EXISTS deploys{on_cluster};
