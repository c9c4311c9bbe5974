-- What people may ask with SQL of their own: views that keep their columns while tables change. They are read with
-- the rights of who made them, so that their readers need none on tables.
--
-- Sums by minute. Parts of a span stay for a while after its minutes are written, and both say the same: the
-- greater counts, so that it makes no difference which of the two a question finds.
CREATE VIEW IF NOT EXISTS v1_sli_minute{on_cluster}
DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT minute, app, source, environment, release, page_origin, service, target_origin, endpoint, method, kind,
    outcome, stage, cause, parameter, confidence, status, credentialed, preflighted, browser_family, browser_major,
    context, lab, standing, sum(sums.n) AS count,
    if(kind = 'request' AND outcome NOT IN ('aborted', 'unloaded', 'offline', 'local_network'), count, 0) AS requests,
    if(kind = 'request' AND outcome = 'blocked', count, 0) AS blocked,
    if(kind = 'request' AND outcome = 'unknown', count, 0) AS unknown,
    if(credentialed, requests, 0) AS credentialed_requests,
    if(credentialed, blocked, 0) AS credentialed_blocked,
    if(preflighted, requests, 0) AS preflighted_requests,
    if(preflighted AND stage = 'preflight', blocked, 0) AS preflight_blocked,
    if(kind = 'header_read', count, 0) AS header_reads,
    if(kind = 'header_read' AND outcome = 'blocked', count, 0) AS header_unreadable
FROM
(
    SELECT app, minute, epoch, partition, span, source, environment, release, page_origin, service, target_origin,
        endpoint, method, kind, outcome, stage, cause, parameter, confidence, status, credentialed, preflighted,
        browser_family, browser_major, context, lab, standing, max(written.n) AS n
    FROM
    (
        SELECT app, minute, epoch, partition, intDiv(chunk, 16) AS span, source, environment, release, page_origin,
            service, target_origin, endpoint, method, kind, outcome, stage, cause, parameter, confidence, status,
            credentialed, preflighted, browser_family, browser_major, context, lab, standing, sum(count) AS n
        FROM sli_parts FINAL
        GROUP BY app, minute, epoch, partition, span, source, environment, release, page_origin, service,
            target_origin, endpoint, method, kind, outcome, stage, cause, parameter, confidence, status,
            credentialed, preflighted, browser_family, browser_major, context, lab, standing
        UNION ALL
        SELECT app, minute, epoch, partition, span, source, environment, release, page_origin, service,
            target_origin, endpoint, method, kind, outcome, stage, cause, parameter, confidence, status,
            credentialed, preflighted, browser_family, browser_major, context, lab, standing, count AS n
        FROM sli_minutes FINAL
    ) AS written
    GROUP BY app, minute, epoch, partition, span, source, environment, release, page_origin, service, target_origin,
        endpoint, method, kind, outcome, stage, cause, parameter, confidence, status, credentialed, preflighted,
        browser_family, browser_major, context, lab, standing
) AS sums
GROUP BY minute, app, source, environment, release, page_origin, service, target_origin, endpoint, method, kind,
    outcome, stage, cause, parameter, confidence, status, credentialed, preflighted, browser_family, browser_major,
    context, lab, standing;

-- Single failures, as far as raw rows are kept. What could tell one person from another is not in it.
CREATE VIEW IF NOT EXISTS v1_failures{on_cluster}
DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT at, minute, received_at, app, source, environment, release, page_origin, service, target_origin, endpoint,
    method, kind, outcome, stage, cause, parameter, confidence, evidence, status, credentialed, preflighted,
    browser_family, browser_major, context, lab, standing, count
FROM observations FINAL
WHERE outcome NOT IN ('ok', 'http_error', 'aborted', 'unloaded', 'offline')
    OR (kind = 'preflight' AND status >= 400);

-- Incidents, as they were last.
CREATE VIEW IF NOT EXISTS v1_incidents{on_cluster}
DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT id, apps, severity, state, opened_at, updated_at, closed_at,
    fromUnixTimestamp64Milli(JSONExtractInt(body, 'started_at'), 'UTC') AS started_at,
    JSONExtractString(body, 'service') AS service,
    JSONExtractString(body, 'target_origin') AS target_origin,
    JSONExtractString(body, 'stage') AS stage,
    JSONExtractString(body, 'failing') AS failing,
    JSONExtractString(body, 'cause', 'cause') AS cause,
    JSONExtractString(body, 'cause', 'parameter') AS parameter
FROM incidents FINAL;
