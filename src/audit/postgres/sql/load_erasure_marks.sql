SELECT who, (extract(epoch FROM at) * 1000)::bigint
FROM forgotten_users
WHERE who = ANY ($1::bytea[])
