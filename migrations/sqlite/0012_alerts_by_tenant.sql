-- The alerts of a tenant in the order of the stream, read without those of other tenants.
-- After a gap: alerts between the one that this names as previous and this one were lost before they were archived.
ALTER TABLE alerts ADD COLUMN after_gap INTEGER NOT NULL DEFAULT 0;

UPDATE alerts
SET after_gap = 1
WHERE (previous_major, previous_minor) <> (0, 0)
    AND NOT EXISTS (
        SELECT 1 FROM alerts AS known
        WHERE (known.major, known.minor) = (alerts.previous_major, alerts.previous_minor)
    );

-- Serves: the alerts of a tenant after a cursor.
CREATE INDEX alerts_of_tenant ON alerts (tenant, major, minor);

-- Serves: the gaps after a cursor.
CREATE INDEX alerts_after_gap ON alerts (major, minor) WHERE after_gap = 1;
