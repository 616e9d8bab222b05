//go:build topology

package topology_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/faustman/chitchat/domain"
)

// page is the answer of GET /messages.
type page struct {
	Messages []frame `json:"messages"`
	Position string  `json:"position"`
	HasMore  bool    `json:"has_more"`
}

// get asks for a JSON answer. The status is 0 when nobody answered.
func (m *member) get(ctx context.Context, path string, answer any) (status int, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, m.base+path, nil)
	if err != nil {
		return 0, err
	}
	request.Header.Set("Authorization", "Bearer "+m.token)
	response, err := quickClient.Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, err
	}
	if response.StatusCode != http.StatusOK {
		return response.StatusCode, fmt.Errorf("GET %s: %w: %d %s", path, errStatus, response.StatusCode, body)
	}
	return response.StatusCode, json.Unmarshal(body, answer)
}

// position returns that of the history as it is now.
func (m *member) position(ctx context.Context) (domain.Position, error) {
	var p page
	if _, err := m.get(ctx, "/messages?limit=1", &p); err != nil {
		return domain.Position{}, err
	}
	return domain.ParsePosition(p.Position)
}

// history returns the messages of the channel behind a sequence up to another one.
func (m *member) history(ctx context.Context, after, upTo uint64) ([]frame, error) {
	var all []frame
	for {
		var p page
		if _, err := m.get(ctx, fmt.Sprintf("/messages?limit=200&after=%d&min_seq=%d", after, upTo), &p); err != nil {
			return nil, err
		}
		for _, message := range p.Messages {
			if message.Seq > upTo {
				return all, nil
			}
			all = append(all, message)
			after = message.Seq
		}
		if !p.HasMore {
			return all, nil
		}
	}
}

// users returns who is in the channel.
func (m *member) users(ctx context.Context) (map[string]bool, error) {
	var answer struct {
		Users []domain.User `json:"users"`
	}
	if _, err := m.get(ctx, "/users", &answer); err != nil {
		return nil, err
	}
	users := make(map[string]bool)
	for _, u := range answer.Users {
		users[u.ID] = true
	}
	return users, nil
}

// signIn returns a member with a token.
func signIn(t testing.TB, base, name string, channel domain.Channel) member {
	t.Helper()
	m := member{base: base, channel: channel}
	eventually(t, startPatience, "sign in as "+name, func() bool {
		response, err := quickClient.PostForm(base+"/auth", url.Values{"name": {name}, "channel": {string(channel)}})
		if err != nil {
			return false
		}
		defer response.Body.Close()
		var answer struct{ Token string }
		if json.NewDecoder(response.Body).Decode(&answer) != nil || answer.Token == "" {
			return false
		}
		m.token = answer.Token
		return true
	})
	var claims struct {
		User domain.User `json:"user"`
	}
	eventually(t, startPatience, "who is "+name, func() bool {
		_, err := m.get(t.Context(), "/auth", &claims)
		return err == nil
	})
	m.user = claims.User
	return m
}

// readBack reads an acked message back at once (I6): it must be shown, or refused within the two seconds that a read
// waits. Whether a server can be reached at all is not the subject here.
func readBack(ctx context.Context, m member, r *recorder, a ack) {
	var p page
	began := time.Now()
	status, _ := m.get(ctx, fmt.Sprintf("/messages?limit=1&before=%d&min_seq=%d", a.seq+1, a.seq), &p)
	took := time.Since(began)
	switch {
	case status == http.StatusOK && (len(p.Messages) != 1 || p.Messages[0].Seq != a.seq || p.Messages[0].ID != a.key.id):
		r.finding("I6: %v was acked at %d, and with min_seq=%d GET /messages shows %+v", a.key, a.seq, a.seq, p.Messages)
	case status == http.StatusOK:
		r.read(func(t *tally) { t.shown++ })
	case status == http.StatusServiceUnavailable:
		r.read(func(t *tally) { t.refused, t.slowest = t.refused+1, max(t.slowest, took) })
	default:
		r.read(func(t *tally) { t.unreachable++ })
	}
}
