-- A year of sessions in an installation with one large tenant, one half as large and two hundred small ones, with their
-- events: `fill.sessions` sessions, up to `fill.until`. One in twenty is active. Random values are the same in every run.
SELECT setseed(0.5);

DO $$
DECLARE
    month timestamptz := date_trunc('month', current_setting('fill.until')::timestamptz - interval '1 year', 'UTC');
BEGIN
    WHILE month <= current_setting('fill.until')::timestamptz LOOP
        EXECUTE format('CREATE TABLE session_events_%1$s PARTITION OF session_events FOR VALUES FROM (%2$L) TO (%3$L)',
                       to_char(month, 'YYYY_MM'), month, month + interval '1 month');
        EXECUTE format('CREATE TABLE login_events_%1$s PARTITION OF login_events FOR VALUES FROM (%2$L) TO (%3$L)',
                       to_char(month, 'YYYY_MM'), month, month + interval '1 month');
        month := month + interval '1 month';
    END LOOP;
END
$$;

-- Creating indexes afterwards is faster than maintaining them.
CREATE TEMPORARY TABLE indexes AS
SELECT indexname, indexdef
FROM pg_indexes
WHERE tablename IN ('sessions', 'session_events', 'login_events', 'alerts') AND indexname NOT LIKE '%_pkey';

DO $$
DECLARE
    index text;
BEGIN
    FOR index IN SELECT indexname FROM indexes LOOP
        EXECUTE format('DROP INDEX %I', index);
    END LOOP;
END
$$;

CREATE TEMPORARY TABLE drawn AS
WITH sessions AS (
    SELECT number, random() AS who, random() AS lasts, random() AS place, random() AS other,
           floor(random() * current_setting('fill.sessions')::bigint / 4)::bigint AS person,
           current_setting('fill.until')::timestamptz
               - interval '1 year' * (number::float8 / current_setting('fill.sessions')::bigint) AS start
    FROM generate_series(1, current_setting('fill.sessions')::bigint) AS number
)
SELECT
    number,
    lpad(translate(to_hex(person), '0189', 'wxyz'), 20, 'w')
        || lpad(translate(to_hex(number), '0189', 'wxyz'), 12, 'w') AS session_id,
    CASE person % 10
        WHEN 9 THEN 'small-' || (person / 10) % 200
        WHEN 8 THEN 'half' WHEN 7 THEN 'half' WHEN 6 THEN 'half'
        ELSE 'large'
    END AS tenant,
    'user-' || person AS user_id,
    date_trunc('milliseconds', start) AS created_at,
    date_trunc('milliseconds', start + lasts * interval '36 days') AS over_at,
    'device-' || person || '-' || number % 2 AS device_id,
    (ARRAY['mobile', 'desktop', 'tablet', NULL])[1 + floor(other * 3.2)::int] AS device_type,
    (ARRAY['Chrome', 'Safari', 'Firefox', 'Edge', NULL])[1 + floor(power(other, 2) * 5)::int] AS browser,
    -- Four of five sign-ins are from home, one is from anywhere.
    inet '10.0.0.0' + CASE WHEN place < 0.8 THEN person * 16 ELSE floor(place * 16000000)::bigint END AS ip,
    (ARRAY['BR', 'US', 'DE', 'IN', 'GB', 'NZ'])[1 + floor(power(place, 3) * 6)::int] AS country,
    64500 + floor(power(place, 2) * 40)::bigint AS asn,
    (ARRAY['revoked', 'idle_timeout', 'expired', 'replaced'])[1 + floor(lasts * 4)::int] AS end_reason,
    CASE WHEN who < 0.02 THEN 'admin:eve' END AS actor
FROM sessions;

INSERT INTO sessions (
    session_id, tenant, user_id, revision, email, roles, policy, remembered, created_at, authenticated_at, auth_methods,
    assurance_level, last_active_at, idle_timeout, expires_at, ended_at, end_reason, actor, device_id, device_name,
    device_type, device_first_seen, browser, os, user_agent, ip, country, asn
)
SELECT
    session_id, tenant, user_id, 1, user_id || '@example.com', '{reader}', 'default', false, created_at, created_at,
    '{pwd}', 1, least(over_at, current_setting('fill.until')::timestamptz), 0, created_at + interval '90 days',
    CASE WHEN over_at < current_setting('fill.until')::timestamptz THEN over_at END,
    CASE WHEN over_at < current_setting('fill.until')::timestamptz THEN end_reason END,
    CASE WHEN over_at < current_setting('fill.until')::timestamptz THEN actor END,
    device_id, browser || ' on a ' || device_type, device_type, false, browser, 'Linux',
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36', ip, country, asn
FROM drawn;

-- Every other sign-in, so that there are one and a half events per session.
INSERT INTO session_events (
    event_id, at, kind, tenant, user_id, session_id, started_at, revision, policy, device_id, device_name, device_type,
    browser, ip, country, asn, caller
)
SELECT
    md5('created ' || number)::uuid, created_at, 'created', tenant, user_id, session_id, created_at, 1, 'default',
    device_id, browser || ' on a ' || device_type, device_type, browser, ip, country, asn, 'login'
FROM drawn
WHERE number % 2 = 0;

INSERT INTO session_events (
    event_id, at, kind, end_reason, tenant, user_id, session_id, started_at, revision, policy, device_id, device_name,
    device_type, browser, ip, country, asn, actor, caller
)
SELECT
    md5('ended ' || number)::uuid, over_at, 'ended', end_reason, tenant, user_id, session_id, created_at, 1, 'default',
    device_id, browser || ' on a ' || device_type, device_type, browser, ip, country, asn, actor, 'login'
FROM drawn
WHERE over_at < current_setting('fill.until')::timestamptz;

INSERT INTO session_events (event_id, at, kind, auth_event_kind, tenant, user_id, ip, country, caller)
SELECT
    md5('failed ' || number)::uuid, created_at, 'auth_failed', 'password_failed', tenant, user_id, ip, country, 'login'
FROM drawn
WHERE number % 20 = 0;

INSERT INTO login_events (
    event_id, at, tenant, user_id, session_id, policy, remembered, expires_at, authenticated_at, auth_methods,
    assurance_level, ip, country, asn, device_id, device_name, device_type, device_first_seen, browser
)
SELECT
    md5('created ' || number)::uuid, created_at, tenant, user_id, session_id, 'default', false,
    created_at + interval '90 days', created_at, '{pwd}', 1, ip, country, asn, device_id,
    browser || ' on a ' || device_type, device_type, false, browser
FROM drawn;

INSERT INTO alerts (
    major, minor, previous_major, previous_minor, alert_id, tenant, user_id, session_id, rule, rule_version, severity,
    event_time, detected_time, reason, record
)
SELECT
    1, number, 1, number - 1, md5('alert ' || number)::uuid, tenant, user_id, session_id,
    (ARRAY['NEW_COUNTRY', 'NEW_DEVICE', 'SESSION_BURST'])[1 + number % 3], 1, 1 + number % 4, created_at, created_at,
    -- The stored form of an alert with an ID, a severity and two actions only.
    'a reason', '\x0a10'::bytea || uuid_send(md5('alert ' || number)::uuid) || '\x280368017001'::bytea
FROM drawn
WHERE number % 3 = 0;

DO $$
DECLARE
    definition text;
BEGIN
    FOR definition IN SELECT replace(indexdef, ' ON ONLY ', ' ON ') FROM indexes LOOP
        EXECUTE definition;
    END LOOP;
END
$$;

DROP TABLE drawn;
DROP TABLE indexes;
