package projections

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/faustman/chitchat/domain"
)

// Present is a user who is in a channel, with their sessions there.
type Present struct {
	domain.User
	// Sessions are in the order in which they began.
	Sessions []string
	// Terms are which run of which gateway holds each of Sessions, so that a
	// reader who goes on from here can tell whose leave ends one. Of a past it
	// is nil.
	Terms []string
}

// Roster is who is in a channel.
type Roster struct {
	// Users are in the order in which they came.
	Users []Present
	// Position is what was applied when the roster was read.
	Position domain.Position
}

const selectStays = `
SELECT f.epoch, f.applied_seq, coalesce(s.channel, ''), coalesce(s.session, ''), coalesce(s.user_id, ''),
       coalesce(s.user_name, ''), coalesce(s.user_avatar, ''), coalesce(s.term, ''), coalesce(s.joined_seq, 0),
       coalesce(s.joined_at, 'epoch'), coalesce(s.joined_nanos, 0)
FROM chat.freshness f LEFT JOIN chat.sessions s ON s.left_seq IS NULL`

// People returns who is in the channel now, each user once, as they were called
// when their newest session began. Errors are [ErrUnavailable] or the context's.
func (s *Store) People(ctx context.Context, channel domain.Channel) (Roster, error) {
	position, stays, err := s.stays(ctx, selectStays+` AND s.channel = $1 ORDER BY s.joined_seq`, string(channel))
	if err != nil {
		return Roster{}, err
	}
	roster := Roster{Users: []Present{}, Position: position}
	places := make(map[string]int)
	for _, stay := range stays {
		place, found := places[stay.User.ID]
		if !found {
			place = len(roster.Users)
			places[stay.User.ID] = place
			roster.Users = append(roster.Users, Present{})
		}
		user := &roster.Users[place]
		user.User = stay.User
		user.Sessions = append(user.Sessions, stay.Session)
		user.Terms = append(user.Terms, stay.Term)
	}
	return roster, nil
}

// OpenStays returns all stays that have not ended, in the order in which they
// began, and the position at which that is true: what a gateway begins its fold
// with. Errors are [ErrUnavailable] or the context's.
func (s *Store) OpenStays(ctx context.Context) (domain.Position, []domain.Stay, error) {
	position, stays, err := s.stays(ctx, selectStays+` ORDER BY s.joined_seq`)
	if err != nil {
		return domain.Position{}, nil, err
	}
	if err := s.of(position.Epoch); err != nil {
		return domain.Position{}, nil, fmt.Errorf("read presence: %w", err)
	}
	return position, stays, nil
}

// StaysOf returns the stays that a gateway's term holds, once the tables have
// the sequence upTo. Errors are [ErrUnavailable] or the context's.
func (s *Store) StaysOf(ctx context.Context, term string, upTo uint64) ([]domain.Stay, error) {
	if err := s.WaitApplied(ctx, upTo); err != nil {
		return nil, err
	}
	position, stays, err := s.stays(ctx, selectStays+` AND s.term = $1 ORDER BY s.joined_seq`, term)
	if err != nil {
		return nil, err
	}
	if err := s.of(position.Epoch); err != nil {
		return nil, fmt.Errorf("read presence: %w", err)
	}
	return stays, nil
}

// HeldTerms returns the terms that hold stays, in no order. Errors are
// [ErrUnavailable] or the context's.
func (s *Store) HeldTerms(ctx context.Context) ([]string, error) {
	return collect(ctx, s, "read presence", pgx.RowTo[string], `SELECT DISTINCT term FROM chat.sessions WHERE left_seq IS NULL`)
}

func (s *Store) stays(ctx context.Context, sql string, args ...any) (domain.Position, []domain.Stay, error) {
	var position domain.Position
	stays, err := collect(ctx, s, "read presence", func(row pgx.CollectableRow) (domain.Stay, error) {
		var (
			stay  domain.Stay
			nanos int16
		)
		err := row.Scan(&position.Epoch, &position.Seq, &stay.Channel, &stay.Session, &stay.User.ID,
			&stay.User.Name, &stay.User.Avatar, &stay.Term, &stay.JoinedSeq, &stay.JoinedAt, &nanos)
		stay.JoinedAt = exactly(stay.JoinedAt, nanos)
		return stay, err
	}, sql, args...)
	switch {
	case err != nil:
		return domain.Position{}, nil, err
	case len(stays) == 0:
		return domain.Position{}, nil, errNoModel
	case stays[0].JoinedSeq == 0: // the row that carries the position alone
		stays = stays[:0]
	}
	return position, stays, nil
}
