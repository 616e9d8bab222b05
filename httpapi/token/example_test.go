package token_test

import (
	"fmt"
	"time"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/httpapi/token"
)

func Example() {
	authority, err := token.NewSecretAuthority([]byte("thirty-two bytes from crypto/rand"), time.Now)
	if err != nil {
		fmt.Println(err)
		return
	}
	user, err := domain.NewUser("John Snow", "john.snow@gmail.com")
	if err != nil {
		fmt.Println(err)
		return
	}
	raw, err := authority.Mint(user, "lobby")
	if err != nil {
		fmt.Println(err)
		return
	}
	claims, err := authority.Verify(raw)
	fmt.Println(claims.User.ID, claims.Channel, err)

	_, err = authority.Verify(raw + "x")
	fmt.Println(err)
	// Output:
	// 97f960a48b419ff55a2abfba9d8de223 lobby <nil>
	// unauthorized: Unauthorized
}
