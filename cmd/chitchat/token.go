package main

import (
	"context"
	"fmt"
	"time"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/httpapi/token"
)

// tokenCommand mints a token.
type tokenCommand struct {
	Name    string `required:"" help:"The person's name."`
	Email   string `help:"The person's email address; may be left out."`
	Channel string `required:"" help:"The channel that the token is for."`
}

// Run prints the token.
func (c *tokenCommand) Run(ctx context.Context, out *console, config *Config) error {
	if err := config.check(); err != nil {
		return err
	}
	user, err := domain.NewUser(c.Name, c.Email)
	if err != nil {
		return usageError{err}
	}
	channel, err := domain.ParseChannel(c.Channel)
	if err != nil {
		return usageError{err}
	}
	b, err := attachBackend(ctx, config, needs{secret: true}, out.logger)
	if err != nil {
		return err
	}
	defer b.close()
	authority, err := token.NewSecretAuthority(b.secret, time.Now)
	if err != nil {
		return err
	}
	raw, err := authority.Mint(user, channel)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(out.stdout, raw)
	return err
}
