package main

import "testing"

func TestSplitPassword(t *testing.T) {
	for _, test := range []struct{ address, without, password string }{
		{"postgres://ada@host/db", "postgres://ada@host/db", ""},
		{"postgres://ada:s3cret%2Fx@host:5433/db?sslmode=require", "postgres://ada@host:5433/db?sslmode=require", "s3cret/x"},
		{"postgres://host/db?user=ada&password=s3cret", "postgres://host/db?user=ada", "s3cret"},
	} {
		without, password, err := splitPassword(test.address)
		if without != test.without || password != test.password || err != nil {
			t.Errorf("splitPassword(%s) = %q, %q, %v, want %q, %q", test.address, without, password, err, test.without, test.password)
		}
	}
}
