-- Whether a report is believed, as a dimension. What is not disputed hashes as before, so that rows of
-- one record that are written again replace those from before.
ALTER TABLE observations{on_cluster}
    ADD COLUMN IF NOT EXISTS standing LowCardinality(String) DEFAULT 'undisputed' CODEC(ZSTD(1)) AFTER lab;

ALTER TABLE sli_parts{on_cluster}
    ADD COLUMN IF NOT EXISTS standing LowCardinality(String) DEFAULT 'undisputed' CODEC(ZSTD(1)) AFTER lab,
    MODIFY COLUMN dims UInt128 MATERIALIZED reinterpretAsUInt128(if(standing = 'undisputed',
        sipHash128(environment, release, source, kind, page_origin, target_origin, endpoint, service, method,
            credentialed, preflighted, status, outcome, stage, cause, parameter, confidence, browser_family,
            browser_major, context, lab),
        sipHash128(environment, release, source, kind, page_origin, target_origin, endpoint, service, method,
            credentialed, preflighted, status, outcome, stage, cause, parameter, confidence, browser_family,
            browser_major, context, lab, standing))) CODEC(NONE);

ALTER TABLE sli_minutes{on_cluster}
    ADD COLUMN IF NOT EXISTS standing LowCardinality(String) DEFAULT 'undisputed' CODEC(ZSTD(1)) AFTER lab,
    MODIFY COLUMN dims UInt128 MATERIALIZED reinterpretAsUInt128(if(standing = 'undisputed',
        sipHash128(environment, release, source, kind, page_origin, target_origin, endpoint, service, method,
            credentialed, preflighted, status, outcome, stage, cause, parameter, confidence, browser_family,
            browser_major, context, lab),
        sipHash128(environment, release, source, kind, page_origin, target_origin, endpoint, service, method,
            credentialed, preflighted, status, outcome, stage, cause, parameter, confidence, browser_family,
            browser_major, context, lab, standing))) CODEC(NONE);

ALTER TABLE sli_hours{on_cluster}
    ADD COLUMN IF NOT EXISTS standing LowCardinality(String) DEFAULT 'undisputed' CODEC(ZSTD(1)) AFTER lab,
    MODIFY COLUMN dims UInt128 MATERIALIZED reinterpretAsUInt128(if(standing = 'undisputed',
        sipHash128(environment, release, source, kind, page_origin, target_origin, endpoint, service, method,
            credentialed, preflighted, status, outcome, stage, cause, parameter, confidence, browser_family,
            browser_major, context, lab),
        sipHash128(environment, release, source, kind, page_origin, target_origin, endpoint, service, method,
            credentialed, preflighted, status, outcome, stage, cause, parameter, confidence, browser_family,
            browser_major, context, lab, standing))) CODEC(NONE);
