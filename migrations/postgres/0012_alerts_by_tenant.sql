-- The alerts of a tenant in the order of the stream, read without those of other tenants.
ALTER TABLE alerts
    -- Whether alerts between the one that this names as previous and this one were lost before they were archived.
    ADD COLUMN after_gap boolean NOT NULL DEFAULT false;

UPDATE alerts AS alert
SET after_gap = true
WHERE (previous_major, previous_minor) <> (0, 0)
    AND NOT EXISTS (
        SELECT FROM alerts AS known
        WHERE (known.major, known.minor) = (alert.previous_major, alert.previous_minor)
    );

-- Serves: the alerts of a tenant after a cursor.
CREATE INDEX alerts_of_tenant ON alerts (tenant, major, minor);

-- Serves: the gaps after a cursor.
CREATE INDEX alerts_after_gap ON alerts (major, minor) WHERE after_gap;
