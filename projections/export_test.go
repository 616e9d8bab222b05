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
