-- Events of the kind alert_acknowledged. A release may add kinds.
ALTER TABLE session_events DROP CONSTRAINT session_events_kind_check;

-- The alert that such an event is about, and its answer.
ALTER TABLE session_events ADD COLUMN alert_id uuid;
ALTER TABLE session_events ADD COLUMN alert_verdict text;

-- Serves: one alert by its ID.
CREATE INDEX alerts_by_id ON alerts (alert_id);
