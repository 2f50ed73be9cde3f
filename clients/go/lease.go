package sessionauthority

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/session-authority/session-authority/clients/go/sessionv1"
)

// notificationLease has the notifications of a lease that are not done yet.
type notificationLease struct {
	leaseID string

	mutex sync.Mutex
	held  map[string]context.CancelFunc
	// ends is when the lease has ended for certain, by the clock of this process.
	ends time.Time
}

func newNotificationLease(response *sessionv1.LeaseResponse, ends time.Time) *notificationLease {
	held := make(map[string]context.CancelFunc)
	for _, notification := range response.GetNotifications() {
		held[notification.GetNotificationId()] = func() {}
	}
	return &notificationLease{leaseID: response.GetLeaseId(), held: held, ends: ends}
}

// ids returns the notifications whose lease is to be extended.
func (l *notificationLease) ids() []string {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return slices.Collect(maps.Keys(l.held))
}

// begin reports whether the notification may be delivered. If the lease loses it from now on, the function is called.
func (l *notificationLease) begin(id string, cancel context.CancelFunc) bool {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if _, found := l.held[id]; !found || time.Now().After(l.ends) {
		return false
	}
	l.held[id] = cancel
	return true
}

// extend records that the lease was extended.
func (l *notificationLease) extend(ends time.Time) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.ends = ends
}

// remove ends the extension of the lease of a notification.
func (l *notificationLease) remove(id string) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	delete(l.held, id)
}

// lose removes a notification that the lease no longer holds, and ends its delivery.
func (l *notificationLease) lose(id string) {
	l.mutex.Lock()
	cancel := l.held[id]
	delete(l.held, id)
	l.mutex.Unlock()
	if cancel != nil {
		cancel()
	}
}
