-- What is compacted already, summed by fewer dimensions and by day. Rows are keyed as later ones are, so that a
-- second run changes nothing.
INSERT INTO sli_days (app, day, epoch, partition, span,
    service, page_origin, target_origin, endpoint, method, release, environment, outcome, stage, cause,
    parameter, status, browser_family, browser_major, context, source, kind, credentialed, preflighted,
    confidence, lab, standing,
    version, count, `latency.bucket`, `latency.count`, `preflight_latency.bucket`, `preflight_latency.count`)
SELECT app, toStartOfDay(hour) AS time, epoch, partition, span,
    service, page_origin, target_origin, endpoint, method, release, environment, outcome, stage, cause,
    parameter, status, browser_family, browser_major, context, source, kind, credentialed, preflighted,
    confidence, lab, standing,
    max(version), sum(count),
    sumMap(`latency.bucket`, `latency.count`).1, sumMap(`latency.bucket`, `latency.count`).2,
    sumMap(`preflight_latency.bucket`, `preflight_latency.count`).1,
    sumMap(`preflight_latency.bucket`, `preflight_latency.count`).2
FROM sli_hours FINAL
WHERE count > 0
GROUP BY app, time, epoch, partition, span,
    service, page_origin, target_origin, endpoint, method, release, environment, outcome, stage, cause,
    parameter, status, browser_family, browser_major, context, source, kind, credentialed, preflighted,
    confidence, lab, standing;

INSERT INTO total_minutes (app, minute, epoch, partition, span,
    environment, outcome, stage, status, source, kind, credentialed, preflighted, lab, standing,
    version, count, `latency.bucket`, `latency.count`, `preflight_latency.bucket`, `preflight_latency.count`)
SELECT app, minute AS time, epoch, partition, span,
    environment, outcome, stage, status, source, kind, credentialed, preflighted, lab, standing,
    max(version), sum(count),
    sumMap(`latency.bucket`, `latency.count`).1, sumMap(`latency.bucket`, `latency.count`).2,
    sumMap(`preflight_latency.bucket`, `preflight_latency.count`).1,
    sumMap(`preflight_latency.bucket`, `preflight_latency.count`).2
FROM sli_minutes FINAL
WHERE count > 0
GROUP BY app, time, epoch, partition, span,
    environment, outcome, stage, status, source, kind, credentialed, preflighted, lab, standing;

INSERT INTO total_hours (app, hour, epoch, partition, span,
    environment, outcome, stage, status, source, kind, credentialed, preflighted, lab, standing,
    version, count, `latency.bucket`, `latency.count`, `preflight_latency.bucket`, `preflight_latency.count`)
SELECT app, hour AS time, epoch, partition, span,
    environment, outcome, stage, status, source, kind, credentialed, preflighted, lab, standing,
    max(version), sum(count),
    sumMap(`latency.bucket`, `latency.count`).1, sumMap(`latency.bucket`, `latency.count`).2,
    sumMap(`preflight_latency.bucket`, `preflight_latency.count`).1,
    sumMap(`preflight_latency.bucket`, `preflight_latency.count`).2
FROM sli_hours FINAL
WHERE count > 0
GROUP BY app, time, epoch, partition, span,
    environment, outcome, stage, status, source, kind, credentialed, preflighted, lab, standing;

INSERT INTO target_hours (app, hour, epoch, partition, span,
    service, target_origin, endpoint, method, environment, outcome, stage, cause, parameter, status, source,
    kind, credentialed, preflighted, lab, standing,
    version, count, `latency.bucket`, `latency.count`, `preflight_latency.bucket`, `preflight_latency.count`)
SELECT app, hour AS time, epoch, partition, span,
    service, target_origin, endpoint, method, environment, outcome, stage, cause, parameter, status, source,
    kind, credentialed, preflighted, lab, standing,
    max(version), sum(count),
    sumMap(`latency.bucket`, `latency.count`).1, sumMap(`latency.bucket`, `latency.count`).2,
    sumMap(`preflight_latency.bucket`, `preflight_latency.count`).1,
    sumMap(`preflight_latency.bucket`, `preflight_latency.count`).2
FROM sli_hours FINAL
WHERE count > 0
GROUP BY app, time, epoch, partition, span,
    service, target_origin, endpoint, method, environment, outcome, stage, cause, parameter, status, source,
    kind, credentialed, preflighted, lab, standing;

INSERT INTO target_days (app, day, epoch, partition, span,
    service, target_origin, endpoint, method, environment, outcome, stage, cause, parameter, status, source,
    kind, credentialed, preflighted, lab, standing,
    version, count, `latency.bucket`, `latency.count`, `preflight_latency.bucket`, `preflight_latency.count`)
SELECT app, toStartOfDay(hour) AS time, epoch, partition, span,
    service, target_origin, endpoint, method, environment, outcome, stage, cause, parameter, status, source,
    kind, credentialed, preflighted, lab, standing,
    max(version), sum(count),
    sumMap(`latency.bucket`, `latency.count`).1, sumMap(`latency.bucket`, `latency.count`).2,
    sumMap(`preflight_latency.bucket`, `preflight_latency.count`).1,
    sumMap(`preflight_latency.bucket`, `preflight_latency.count`).2
FROM target_hours FINAL
WHERE count > 0
GROUP BY app, time, epoch, partition, span,
    service, target_origin, endpoint, method, environment, outcome, stage, cause, parameter, status, source,
    kind, credentialed, preflighted, lab, standing;

INSERT INTO client_hours (app, hour, epoch, partition, span,
    page_origin, release, environment, outcome, stage, status, browser_family, browser_major, context, source,
    kind, credentialed, preflighted, lab, standing,
    version, count, `latency.bucket`, `latency.count`, `preflight_latency.bucket`, `preflight_latency.count`)
SELECT app, hour AS time, epoch, partition, span,
    page_origin, release, environment, outcome, stage, status, browser_family, browser_major, context, source,
    kind, credentialed, preflighted, lab, standing,
    max(version), sum(count),
    sumMap(`latency.bucket`, `latency.count`).1, sumMap(`latency.bucket`, `latency.count`).2,
    sumMap(`preflight_latency.bucket`, `preflight_latency.count`).1,
    sumMap(`preflight_latency.bucket`, `preflight_latency.count`).2
FROM sli_hours FINAL
WHERE count > 0
GROUP BY app, time, epoch, partition, span,
    page_origin, release, environment, outcome, stage, status, browser_family, browser_major, context, source,
    kind, credentialed, preflighted, lab, standing;

INSERT INTO client_days (app, day, epoch, partition, span,
    page_origin, release, environment, outcome, stage, status, browser_family, browser_major, context, source,
    kind, credentialed, preflighted, lab, standing,
    version, count, `latency.bucket`, `latency.count`, `preflight_latency.bucket`, `preflight_latency.count`)
SELECT app, toStartOfDay(hour) AS time, epoch, partition, span,
    page_origin, release, environment, outcome, stage, status, browser_family, browser_major, context, source,
    kind, credentialed, preflighted, lab, standing,
    max(version), sum(count),
    sumMap(`latency.bucket`, `latency.count`).1, sumMap(`latency.bucket`, `latency.count`).2,
    sumMap(`preflight_latency.bucket`, `preflight_latency.count`).1,
    sumMap(`preflight_latency.bucket`, `preflight_latency.count`).2
FROM client_hours FINAL
WHERE count > 0
GROUP BY app, time, epoch, partition, span,
    page_origin, release, environment, outcome, stage, status, browser_family, browser_major, context, source,
    kind, credentialed, preflighted, lab, standing;

INSERT INTO failure_hours (app, hour, epoch, partition, span,
    service, page_origin, target_origin, endpoint, method, release, environment, outcome, stage, cause,
    parameter, status, browser_family, browser_major, context, source, kind, credentialed, preflighted,
    confidence, lab, standing,
    version, count, `latency.bucket`, `latency.count`, `preflight_latency.bucket`, `preflight_latency.count`)
SELECT app, hour AS time, epoch, partition, span,
    service, page_origin, target_origin, endpoint, method, release, environment, outcome, stage, cause,
    parameter, status, browser_family, browser_major, context, source, kind, credentialed, preflighted,
    confidence, lab, standing,
    max(version), sum(count),
    sumMap(`latency.bucket`, `latency.count`).1, sumMap(`latency.bucket`, `latency.count`).2,
    sumMap(`preflight_latency.bucket`, `preflight_latency.count`).1,
    sumMap(`preflight_latency.bucket`, `preflight_latency.count`).2
FROM sli_hours FINAL
WHERE count > 0 AND (outcome NOT IN ('ok', 'http_error', 'aborted', 'unloaded', 'offline')
    OR (kind = 'preflight' AND status >= 400))
GROUP BY app, time, epoch, partition, span,
    service, page_origin, target_origin, endpoint, method, release, environment, outcome, stage, cause,
    parameter, status, browser_family, browser_major, context, source, kind, credentialed, preflighted,
    confidence, lab, standing;
