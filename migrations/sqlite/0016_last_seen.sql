-- The client that was seen last with a session, if it is not the one that signed in. A JSON object: at (milliseconds), ip,
-- country, region, city, asn, network, device_id, device_name, device_type, browser, os. Unknown ones are absent.
ALTER TABLE sessions ADD COLUMN last_seen TEXT;
