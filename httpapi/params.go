package httpapi

import (
	"context"
	"errors"
	"net/url"
	"regexp"
	"strconv"
	"time"

	"github.com/labstack/echo/v5"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/projections"
)

// decodeMessageQuery reads the parameters of GET /messages. Those that it does
// not know are ignored.
func decodeMessageQuery(params url.Values) (projections.MessageQuery, error) {
	var query projections.MessageQuery
	var err error
	if query.Limit, err = limitParam(params); err != nil {
		return query, err
	}
	if query.Before, err = seqParam(params, "before"); err != nil {
		return query, err
	}
	if query.After, err = seqParam(params, "after"); err != nil {
		return query, err
	}
	if query.StartTime, err = timeParam(params, "start_time"); err != nil {
		return query, err
	}
	// To the query a sequence of 0 is no bound. A client that writes one means
	// it: nothing is before the first event, and everything is after 0, which
	// is what the beginning of time is a lower bound of.
	if params.Has("before") && query.Before == 0 {
		query.Before = 1
	}
	if params.Has("after") && query.After == 0 && query.StartTime == nil {
		query.StartTime = new(time.Unix(0, 0).UTC())
	}
	return query, nil
}

func limitParam(params url.Values) (int, error) {
	if !params.Has("limit") {
		return defaultPage, nil
	}
	limit, err := strconv.ParseUint(params.Get("limit"), 10, 31)
	if err != nil || limit < 1 || limit > maxPage {
		return 0, invalidRequest("limit is a whole number from 1 to %d.", maxPage)
	}
	return int(limit), nil
}

// seqParam returns the sequence in the parameter, 0 without it.
func seqParam(params url.Values, name string) (uint64, error) {
	if !params.Has(name) {
		return 0, nil
	}
	// 63 bits: SQL has no larger ones.
	seq, err := strconv.ParseUint(params.Get(name), 10, 63)
	if err != nil {
		return 0, invalidRequest("%s is the sequence of an event, a whole number like 812.", name)
	}
	return seq, nil
}

// unixSeconds is a time that neither exceeds what Go can count in nanoseconds
// nor is written in another way, as with an exponent.
var unixSeconds = regexp.MustCompile(`^[0-9]{1,10}(\.[0-9]{1,9})?$`)

// timeParam returns the time in the parameter, nil without it.
func timeParam(params url.Values, name string) (*time.Time, error) {
	if !params.Has(name) {
		return nil, nil
	}
	text := params.Get(name)
	since, err := time.ParseDuration(text + "s")
	if err != nil || !unixSeconds.MatchString(text) {
		return nil, invalidRequest("%s is a time in Unix seconds, like 1767268800 or 1767268800.25.", name)
	}
	return new(time.Unix(0, int64(since)).UTC()), nil
}

// momentParam returns the moment of the past in the parameter at, nil without
// it.
func momentParam(params url.Values) (*projections.Moment, error) {
	if !params.Has("at") {
		return nil, nil
	}
	moment, err := projections.ParseMoment(params.Get("at"), time.UTC)
	if err != nil {
		return nil, invalidRequest("at is the sequence of an event, like 812, or a time, like 2026-01-31T12:00:00Z. Write a + in it as %%2B.")
	}
	return &moment, nil
}

// pastError makes of err what a client is told that asks for a moment which has
// not come.
func pastError(err error) error {
	var beyond *projections.BeyondError
	if !errors.As(err, &beyond) {
		return err
	}
	if errors.Is(err, projections.ErrUnavailable) {
		return domain.Errorf(domain.CodeUnavailable, "Not applied yet, try again, with min_seq=%d to wait for it.", beyond.Seq)
	}
	return invalidRequest("at is beyond the last event, which is %d. Give a lower one, or leave it out for what is now.", beyond.LogSeq)
}

// applied lets a request through when the read models have applied min_seq.
func (s *Server) applied(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c *echo.Context) error {
		seq, err := seqParam(c.QueryParams(), "min_seq")
		if err != nil {
			return err
		}
		if seq > 0 {
			if err := s.waitApplied(c.Request().Context(), seq); err != nil {
				return err
			}
		}
		return next(c)
	}
}

func (s *Server) waitApplied(ctx context.Context, seq uint64) error {
	ctx, cancel := context.WithTimeout(ctx, appliedTimeout)
	defer cancel()
	err := s.config.Reader.WaitApplied(ctx, seq)
	if errors.Is(err, context.DeadlineExceeded) {
		return domain.Errorf(domain.CodeUnavailable, "Not applied yet, try again.")
	}
	return err
}
