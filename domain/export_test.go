package domain

import "slices"

// What the tests of old versions need, which this program has none of yet.

// Upcast is a step from one version to the next.
type Upcast = upcast

// Stored is the JSON of the newest version.
type Stored = stored

// StepOf makes a step of a function between two versions' structs.
func StepOf[Old, New any](next func(Old) (New, error)) Upcast { return stepOf(next) }

// DecodeWith is Decode of a program that has these steps: the newest version is the one that the last of them makes.
func DecodeWith(payload []byte, steps ...Upcast) (Event, error) { return decode(payload, steps) }

// Upcasts are the steps of this program.
func Upcasts() []Upcast { return slices.Clone(upcasts[:]) }
