package projections

// InBatches makes a rebuild's load take batches of so many events.
func (o RebuildOptions) InBatches(events int) RebuildOptions {
	o.batch = events
	return o
}

// InBatches makes a verification's load take batches of so many events.
func (o VerifyOptions) InBatches(events int) VerifyOptions {
	o.batch = events
	return o
}

// SeatLock is the advisory lock of the projector that works.
const SeatLock = seatLock

// OnSeat gives a projector a seat of its own, so that it works beside others.
func (o Options) OnSeat(seat int64) Options {
	o.seat = seat
	return o
}
