-- The replay of an endpoint: everything that was recorded since a time is sent again.
-- Counts the replays, so that a step of an earlier one has no effect.
ALTER TABLE webhook_progress ADD COLUMN replay_number bigint;
-- Null while none is running.
ALTER TABLE webhook_progress ADD COLUMN replay_since timestamptz;
ALTER TABLE webhook_progress ADD COLUMN replay_requested_at timestamptz;
-- The last event that was read, and the last one of the replay. Null before the first step.
ALTER TABLE webhook_progress ADD COLUMN replay_event_seq bigint;
ALTER TABLE webhook_progress ADD COLUMN replay_event_end bigint;
-- The same for alerts.
ALTER TABLE webhook_progress ADD COLUMN replay_alert_major bigint;
ALTER TABLE webhook_progress ADD COLUMN replay_alert_minor bigint;
ALTER TABLE webhook_progress ADD COLUMN replay_alert_end_major bigint;
ALTER TABLE webhook_progress ADD COLUMN replay_alert_end_minor bigint;
-- Number of messages that were delivered again.
ALTER TABLE webhook_progress ADD COLUMN replay_sent bigint;
