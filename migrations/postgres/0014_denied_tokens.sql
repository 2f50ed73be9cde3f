-- The JWTs that a tokens_denied event is about, each as 'sha256:' and its digest or as 'jti:' and its ID.
ALTER TABLE session_events ADD COLUMN denied_tokens text[];
