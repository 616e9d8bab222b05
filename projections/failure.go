package projections

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/faustman/chitchat/domain"
)

// ErrUnavailable is what every query's error is when the read model can't
// answer now and the same query may succeed later: Postgres is down, starting,
// overloaded or not yet migrated. A projector's fault of that kind is it, too.
var ErrUnavailable = errors.New("the read model is not available")

// errFenced says that the checkpoint is not where this projector left it, or
// that its generation is no longer the live one: another has gone on.
var errFenced = errors.New("the checkpoint was moved by another projector")

// PositionError says that the checkpoint and the log do not belong together.
// The projector applies nothing until an operator has acted.
type PositionError struct {
	Checkpoint domain.Position
	Log        domain.Position
	// Applied is when the log took the checkpoint's entry, Stored when it took
	// the one that is there now, both by its own clock. Both are zero when
	// there is none to compare.
	Applied, Stored time.Time
}

// SameEpoch reports whether the checkpoint is of the log's epoch, and so of
// another timeline of the same log: sequences that were given away are given
// away again, and nothing should be stored before an operator has acted.
func (e *PositionError) SameEpoch() bool { return e.Checkpoint.Epoch == e.Log.Epoch }

// startOver is what an operator does when a read model can't go on.
const startOver = `stop the server and run "chitchat migrate --accept-log", which builds the read model anew from what is in the log`

// Error returns what is wrong and what to do.
func (e *PositionError) Error() string {
	switch {
	case !e.SameEpoch():
		return fmt.Sprintf("the read model was built from the log of epoch %s, up to sequence %d, and this is another log, of epoch %s: "+
			"give the server the log that it was built from, or %s", e.Checkpoint.Epoch, e.Checkpoint.Seq, e.Log.Epoch, startOver)
	case e.Checkpoint.Seq > e.Log.Seq:
		return fmt.Sprintf("the read model has applied sequence %d and the log ends at %d: the log has lost its end. "+
			"Put the whole log back, or %s", e.Checkpoint.Seq, e.Log.Seq, startOver)
	default:
		return fmt.Sprintf("sequence %d of the log is not the entry that the read model has applied (stored at %s, and that one at %s): "+
			"the log has lost its end and has grown again. Put the whole log back, or %s",
			e.Checkpoint.Seq, e.Stored.Format(time.RFC3339Nano), e.Applied.Format(time.RFC3339Nano), startOver)
	}
}

// ModelError says that a generation was made by a program with another model.
// This one neither writes to it nor tells whether it is right.
type ModelError struct {
	Generation int
	// Have is the generation's model version, Want the program's.
	Have, Want string
}

// Error returns what is wrong and what to do.
func (e *ModelError) Error() string {
	return fmt.Sprintf("generation %d of the read model has version %q and this program writes version %q: "+
		"run the program that made it, or \"chitchat rebuild\" of this one", e.Generation, e.Have, e.Want)
}

// refused reports whether Postgres refuses what is written, as it will each
// time: a value (class 22), a constraint (23) or a limit of its own (54).
func refused(err error) bool {
	switch sqlClass(err) {
	case "22", "23", "54":
		return true
	}
	return false
}

// absent holds the SQLSTATEs of a database that was not migrated yet, or whose
// read model is being made: they pass, for a reader.
var absent = map[string]bool{
	"3D000": true, // the database
	"3F000": true, // the schema
	"42P01": true, // the table or view
}

// errAbsent says that nobody has made the read model yet.
var errAbsent = fmt.Errorf("%w: there are no tables yet; \"chitchat serve\" makes them, or \"chitchat rebuild\"", ErrUnavailable)

// isAbsent reports whether err says that the read model is not there.
func isAbsent(err error) bool {
	var pgErr *pgconn.PgError
	return errors.As(err, &pgErr) && absent[pgErr.Code]
}

// unavailable reports whether err is of the kind that passes without anyone
// changing the query: all but what Postgres says about the query itself.
func unavailable(err error) bool {
	var pgErr *pgconn.PgError
	if !errors.As(err, &pgErr) {
		return true
	}
	switch sqlClass(err) {
	case "08", "25", "28", "40", "53", "55", "57", "58":
		return true
	}
	return absent[pgErr.Code]
}

// databaseError marks what passes of a projector's err, which came from the
// database, as [ErrUnavailable].
func databaseError(err error) error {
	var model *ModelError
	if errors.As(err, &model) || errors.Is(err, errFenced) || !unavailable(err) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}

// queryError makes of a query's err what the caller is to see. The context is
// the caller's own: when that has ended, it is the reason.
func queryError(ctx context.Context, operation string, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("%s: %w", operation, context.Cause(ctx))
	case isAbsent(err):
		return fmt.Errorf("%s: %w", operation, errAbsent)
	case unavailable(err):
		return fmt.Errorf("%s: %w: %w", operation, ErrUnavailable, err)
	default:
		return fmt.Errorf("%s: %w", operation, err)
	}
}

// sqlClass returns the first two characters of the error's SQLSTATE, or "".
func sqlClass(err error) string {
	var pgErr *pgconn.PgError
	if !errors.As(err, &pgErr) || len(pgErr.Code) < 2 {
		return ""
	}
	return pgErr.Code[:2]
}

// plain makes a text that Postgres takes of one that may hold anything.
func plain(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}
