package domain

import "encoding/json"

// upcast turns an entry's JSON of one version into that of the next. It does
// not check the rules, which are those of the newest version, and it gets
// whatever a program has stored: it returns an error for what it can't read,
// and never panics.
type upcast func(payload []byte) ([]byte, error)

// upcasts are the steps from version 1 to [Version]: the first makes version 2
// of version 1. The array's length holds them to Version.
var upcasts = [Version - 1]upcast{}

// stepOf makes a step of a function from one version's struct to the next
// one's. Structs and not maps, so that a member is found in an old entry in
// whatever way encoding/json found it when that version was the newest, such as
// in another case, and so that what was an event stays one. Members that
// the structs do not have are dropped.
func stepOf[Old, New any](next func(Old) (New, error)) upcast {
	return func(payload []byte) ([]byte, error) {
		var old Old
		if err := json.Unmarshal(payload, &old); err != nil {
			return nil, err
		}
		made, err := next(old)
		if err != nil {
			return nil, err
		}
		return json.Marshal(made)
	}
}

// newest is the version that the last of the steps makes.
func newest(steps []upcast) int { return len(steps) + 1 }

// bringUpToDate reads an entry which is not of the newest version, or is not
// what that version should be. The steps count the versions, and need not
// write them.
func bringUpToDate(payload []byte, steps []upcast) (*stored, error) {
	var entry struct {
		Version int `json:"v"`
	}
	if err := json.Unmarshal(payload, &entry); err != nil {
		return nil, notJSON(err)
	}
	switch version := entry.Version; {
	case version < 1:
		return nil, invalidEvent("its version %d is none: versions begin at 1", version)
	case version > newest(steps):
		return nil, invalidEvent("its version %d is newer than %d, the newest that this program reads: upgrade it", version, newest(steps))
	}
	for version, step := range steps[entry.Version-1:] {
		var err error
		if payload, err = step(payload); err != nil {
			version += entry.Version
			return nil, invalidEvent("its version %d can't be brought up to %d: %v", version, version+1, err)
		}
	}
	raw := new(stored)
	if err := json.Unmarshal(payload, raw); err != nil {
		return nil, notJSON(err)
	}
	return raw, nil
}

func notJSON(err error) error {
	return invalidEvent("it is not the JSON of an event: %v", err)
}
