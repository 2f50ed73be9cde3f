INSERT INTO floors (handle, floor)
VALUES (?1, ?2)
ON CONFLICT (handle) DO UPDATE SET floor = max(floor, excluded.floor)
