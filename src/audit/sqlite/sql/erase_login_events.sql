UPDATE login_events
SET user_id = NULL, session_id = NULL, device_id = NULL, device_name = NULL, device_type = NULL, browser = NULL, os = NULL,
    user_agent = NULL, ip = NULL, country = NULL, region = NULL, city = NULL, asn = NULL, network = NULL,
    reason = NULL, actor = NULL, request_id = NULL
WHERE tenant = ? AND user_id = ? AND at <= ?
