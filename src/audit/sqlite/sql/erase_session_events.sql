UPDATE session_events
SET user_id = NULL, session_id = NULL, device_id = NULL, device_name = NULL, device_type = NULL, browser = NULL, os = NULL,
    ip = NULL, country = NULL, region = NULL, city = NULL, asn = NULL, network = NULL,
    reason = NULL, actor = NULL, request_id = NULL, operation_id = NULL
WHERE tenant = ?1 AND user_id = ?2 AND (at <= ?3 OR started_at <= ?3)
