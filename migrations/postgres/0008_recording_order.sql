-- Serves: reading events in the order in which they were recorded, which seq gives.
CREATE INDEX session_events_recorded ON session_events (seq);
