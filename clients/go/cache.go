package sessionauthority

import (
	"container/list"
	"crypto/sha256"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/session-authority/session-authority/clients/go/sessionv1"
)

// cacheKey is a digest of a token and its requirements. The cache has no token.
type cacheKey [sha256.Size]byte

// verdictCache keeps the sessions that were used most recently. A nil cache admits nothing.
type verdictCache struct {
	maxEntries int
	maxTTL     time.Duration
	now        func() time.Time

	mutex      sync.Mutex
	entries    map[cacheKey]*list.Element
	order      *list.List // most recently used first
	generation uint64     // number of times that the cache was cleared
}

type cacheEntry struct {
	key     cacheKey
	session Session
	expires time.Time
}

func newVerdictCache(maxEntries int, maxTTL time.Duration) *verdictCache {
	return &verdictCache{
		maxEntries: maxEntries, maxTTL: maxTTL, now: time.Now,
		entries: make(map[cacheKey]*list.Element), order: list.New(),
	}
}

// admits reports whether the verdict on the request may be reused.
func (c *verdictCache) admits(request ValidateRequest) bool {
	return c != nil && request.MaxAuthAge == 0 && request.MinAssuranceLevel == 0 &&
		request.Consistency != sessionv1.Consistency_CONSISTENCY_STRONG
}

func newCacheKey(request ValidateRequest) cacheKey {
	hash := sha256.New()
	// The whole token, not what is sent of it.
	token := sha256.Sum256([]byte(request.Token.Reveal()))
	hash.Write(token[:])
	client := transmissibleClient(request.Client)
	for _, text := range []string{
		client.GetIp(), client.GetUserAgent(), client.GetAcceptLanguage(), client.GetAcceptEncoding(),
		client.GetDeviceId(), client.GetCountry(),
	} {
		digest := sha256.Sum256([]byte(text))
		hash.Write(digest[:])
	}
	hash.Write([]byte{byte(request.Consistency), byte(request.Activity)})
	return cacheKey(hash.Sum(nil))
}

func (c *verdictCache) get(key cacheKey) (Session, bool) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	element, found := c.entries[key]
	if !found {
		return Session{}, false
	}
	entry := element.Value.(*cacheEntry)
	if !c.now().Before(entry.expires) {
		c.remove(element)
		return Session{}, false
	}
	c.order.MoveToFront(element)
	return entry.session.clone(), true
}

func (c *verdictCache) currentGeneration() uint64 {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.generation
}

// put caches the session unless the cache was cleared since the given generation, which was current before the
// validation: the verdict may then be older than the change.
func (c *verdictCache) put(key cacheKey, session Session, ttl time.Duration, generation uint64) {
	ttl = min(ttl, c.maxTTL)
	if ttl <= 0 {
		return
	}
	expires := c.now().Add(ttl)
	for _, end := range []*timestamppb.Timestamp{session.GetExpiresAt(), session.GetIdleExpiresAt()} {
		if end != nil && end.AsTime().Before(expires) {
			expires = end.AsTime()
		}
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if generation != c.generation {
		return
	}
	if element, found := c.entries[key]; found {
		c.remove(element)
	}
	c.entries[key] = c.order.PushFront(&cacheEntry{key, session.clone(), expires})
	for len(c.entries) > c.maxEntries {
		c.remove(c.order.Back())
	}
}

// clear forgets everything, including verdicts of validations that are in flight.
func (c *verdictCache) clear() {
	if c == nil {
		return
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.generation++
	clear(c.entries)
	c.order.Init()
}

func (c *verdictCache) remove(element *list.Element) {
	delete(c.entries, element.Value.(*cacheEntry).key)
	c.order.Remove(element)
}

// clone returns a copy that its holder may change.
func (s Session) clone() Session {
	return Session{Session: proto.CloneOf(s.Session), RotateAfter: s.RotateAfter}
}
