-- Alerts that were raised again with an answer, which lists and counts leave out.
ALTER TABLE alerts
    -- The alert whose answer this one reports; null if it reports none.
    ADD COLUMN answered_alert_id uuid;

UPDATE alerts
SET answered_alert_id = answer.alert_id
FROM session_events AS answer
WHERE
    answer.kind = 'alert_acknowledged'
    AND answer.tenant = alerts.tenant
    AND answer.user_id = alerts.user_id
    AND answer.at = alerts.event_time
    AND answer.alert_id <> alerts.alert_id;

-- Serves: the alerts of a tenant in a period, latest first.
CREATE INDEX alerts_of_tenant_by_time ON alerts (tenant, event_time DESC);
