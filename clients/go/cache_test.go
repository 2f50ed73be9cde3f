package sessionauthority

import (
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/session-authority/session-authority/clients/go/sessionv1"
)

func cachedSession(user string, expires time.Time) Session {
	return Session{Session: &sessionv1.Session{UserId: user, ExpiresAt: timestamppb.New(expires)}}
}

func newTestCache(entries int) (*verdictCache, *time.Time) {
	now := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	cache := newVerdictCache(entries, time.Minute)
	cache.now = func() time.Time { return now }
	return cache, &now
}

func keyOf(token string) cacheKey { return newCacheKey(ValidateRequest{Token: NewToken(token)}) }

func TestASessionIsReusedForAsLongAsTheServerPermits(t *testing.T) {
	cache, now := newTestCache(10)
	for name, example := range map[string]struct{ ttl, session, lifetime time.Duration }{
		"server":  {time.Second, time.Hour, time.Second},
		"client":  {time.Hour, time.Hour, time.Minute},
		"session": {time.Hour, 5 * time.Second, 5 * time.Second},
		"none":    {0, time.Hour, 0},
	} {
		cache.put(keyOf(name), cachedSession(name, now.Add(example.session)), example.ttl, 0)
		begin := *now
		*now = begin.Add(example.lifetime - time.Millisecond)
		if _, found := cache.get(keyOf(name)); found != (example.lifetime > 0) {
			t.Errorf("%s: found before its end: %v", name, found)
		}
		*now = begin.Add(example.lifetime)
		if _, found := cache.get(keyOf(name)); found {
			t.Errorf("%s: found after its end", name)
		}
	}
}

func TestTheCacheIsBounded(t *testing.T) {
	cache, now := newTestCache(2)
	for _, name := range []string{"a", "b", "c"} {
		cache.put(keyOf(name), cachedSession(name, now.Add(time.Hour)), time.Minute, 0)
		cache.get(keyOf("a"))
	}
	for name, want := range map[string]bool{"a": true, "b": false, "c": true} {
		if _, found := cache.get(keyOf(name)); found != want {
			t.Errorf("%s: found %v", name, found)
		}
	}
}

func TestAValidationThatAChangeOvertookIsNotCached(t *testing.T) {
	cache, now := newTestCache(2)
	generation := cache.currentGeneration()
	cache.clear()
	cache.put(keyOf("a"), cachedSession("a", now.Add(time.Hour)), time.Minute, generation)
	if _, found := cache.get(keyOf("a")); found {
		t.Error("the verdict is older than the change")
	}
}

func TestRequirementsAreNotAnsweredFromTheCache(t *testing.T) {
	cache, _ := newTestCache(2)
	for _, request := range []ValidateRequest{
		{MaxAuthAge: time.Second}, {MinAssuranceLevel: 1}, {Consistency: sessionv1.Consistency_CONSISTENCY_STRONG},
	} {
		if cache.admits(request) {
			t.Errorf("%v is admitted", request)
		}
	}
	if !cache.admits(ValidateRequest{}) || (*verdictCache)(nil).admits(ValidateRequest{}) {
		t.Error("a cache admits plain validations, and no cache none")
	}
}

func TestAnotherClientIsAnotherVerdict(t *testing.T) {
	request := ValidateRequest{Token: NewToken("sa_x")}
	moved := ValidateRequest{Token: NewToken("sa_x"), Client: &sessionv1.ClientContext{Ip: "192.0.2.1"}}
	if newCacheKey(request) == newCacheKey(moved) {
		t.Error("the address does not count")
	}
}

func TestLocalTargets(t *testing.T) {
	for target, want := range map[string]bool{
		"127.0.0.1:1": true, "[::1]:1": true, "localhost:1": true, "dns:///localhost:1": true, "unix:/run/x": true,
		"127.0.0.1": true, "passthrough:///127.0.0.1:1": true, "[::ffff:127.0.0.1]:1": true,
		"10.0.0.1:1": false, "localhost.example:1": false, "127.0.0.1.example:1": false, "0.0.0.0:1": false,
		"dns://192.0.2.1/localhost:1": false, "xds:///localhost:1": false, "": false,
	} {
		if got := isLocal(target); got != want {
			t.Errorf("%s: got %v", target, got)
		}
	}
}
