-- The replay of an endpoint: everything that was recorded since a time is sent again.
-- Times are milliseconds since the Unix epoch.
-- Counts the replays, so that a step of an earlier one has no effect.
ALTER TABLE webhook_progress ADD COLUMN replay_number INTEGER;
-- Null while none is running.
ALTER TABLE webhook_progress ADD COLUMN replay_since INTEGER;
ALTER TABLE webhook_progress ADD COLUMN replay_requested_at INTEGER;
-- The last event that was read, and the last one of the replay. Null before the first step.
ALTER TABLE webhook_progress ADD COLUMN replay_event_seq INTEGER;
ALTER TABLE webhook_progress ADD COLUMN replay_event_end INTEGER;
-- The same for alerts.
ALTER TABLE webhook_progress ADD COLUMN replay_alert_major INTEGER;
ALTER TABLE webhook_progress ADD COLUMN replay_alert_minor INTEGER;
ALTER TABLE webhook_progress ADD COLUMN replay_alert_end_major INTEGER;
ALTER TABLE webhook_progress ADD COLUMN replay_alert_end_minor INTEGER;
-- Number of messages that were delivered again.
ALTER TABLE webhook_progress ADD COLUMN replay_sent INTEGER;
