-- The time of the last turn of maintenance: one row. With the times of stored events it tells whether a clock is
-- plausible, as nothing is deleted on the word of one clock alone.
CREATE TABLE maintenance_clock (
    id boolean     PRIMARY KEY CHECK (id),
    at timestamptz NOT NULL
);
