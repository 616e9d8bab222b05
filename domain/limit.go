package domain

// The limits of what may be said. They are part of the public contract.
const (
	// MaxChannelRunes bounds a channel's name, in code points after
	// normalization: it is shown in a sidebar and is one NATS subject token.
	MaxChannelRunes = 64
	// MaxTextRunes bounds a message's text, in code points.
	MaxTextRunes = 4000
	// MaxNameRunes bounds a person's name, in code points.
	MaxNameRunes = 100
	// MaxEmailBytes bounds an email address: RFC 5321 allows no longer path.
	MaxEmailBytes = 254
	// MaxUserIDBytes bounds a user's id, in bytes. Ours are 32 bytes long; an
	// outside auth service may mint longer ones.
	MaxUserIDBytes = 128
	// MaxURLBytes bounds an avatar's address, in bytes.
	MaxURLBytes = 2048
	// MaxIDBytes bounds a message's id and a session's, in bytes: room for a
	// UUID or a ULID with a prefix.
	MaxIDBytes = 64
	// MaxEventBytes bounds an event's stored form, in bytes. The longest that
	// our own rules allow is 4000 code points of six escaped bytes each, and
	// less than 8 KiB around them.
	MaxEventBytes = 64 << 10
)
