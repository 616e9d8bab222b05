package projections

import (
	"context"
	"errors"
	"time"
)

const (
	// renewLogEvery is how often the log says how far a rebuild has come.
	renewLogEvery = 10 * time.Second
	// renewPatience is with the switch: for as long as the program runs.
	renewPatience = 100 * 365 * 24 * time.Hour
)

// renew puts a generation of this program's model into the place of the live
// one, which is of another: the former one, when that fits, as it does after a
// program was put back that ran before, else one that is built from the log. It
// is for a projector that has just started. One that has written to the live
// generation leaves it alone when another program replaced it: the two would
// replace each other's for ever.
func (p *Projector) renew(ctx context.Context, model *ModelError) error {
	p.logger.WarnContext(ctx, "the read model was made by a program with another model; one of this program's is put into its place, and people read the old one meanwhile",
		"generation", model.Generation, "has", model.Have, "want", model.Want)
	defer p.progress.update(func(s *Status) { s.Rebuild = nil })
	said := time.Now()
	// A switch that somebody holds up is waited for: to build all of it again
	// would not help.
	opts := RebuildOptions{Logger: p.logger, patience: renewPatience, Progress: func(at Progress) {
		p.progress.update(func(s *Status) { s.Rebuild = &at })
		if time.Since(said) >= renewLogEvery {
			said = time.Now()
			p.logger.InfoContext(ctx, "rebuilding", "phase", at.Phase, "seq", at.Seq, "of", at.End, "waits_for", at.Waits)
		}
	}}
	began := time.Now()
	rebuilt, err := withRebuild(ctx, p.store.url, p.log, opts, (*rebuild).rollBack)
	var other *ModelError
	var position *PositionError
	if errors.Is(err, ErrNoFormer) || errors.As(err, &other) || errors.As(err, &position) {
		rebuilt, err = withRebuild(ctx, p.store.url, p.log, opts, (*rebuild).run)
	}
	if err != nil {
		return databaseError(err)
	}
	p.logger.InfoContext(ctx, "the read model is of this program now", "generation", rebuilt.Generation, "former", rebuilt.Former,
		"seq", rebuilt.Seq, "took", time.Since(began).Round(time.Millisecond).String())
	return nil
}
