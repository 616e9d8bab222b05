package datadir_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/faustman/chitchat/internal/datadir"
)

func Example() {
	parent, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(parent)

	dir, err := datadir.Open(filepath.Join(parent, "chitchat-data"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer dir.Close()

	_, err = datadir.Open(dir.Path())
	fmt.Println("in use:", errors.Is(err, datadir.ErrInUse))

	secret, err := dir.Secret("jwt-secret", 32)
	fmt.Println("secret:", len(secret), err)
	// Output:
	// in use: true
	// secret: 43 <nil>
}
