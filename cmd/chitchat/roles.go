package main

import (
	"encoding"
	"slices"
	"strings"
)

// The roles that a process may have.
const (
	roleGateway   = "gateway"
	roleAPI       = "api"
	roleProjector = "projector"
)

// roles is what a process is; the zero value is nothing.
type roles struct {
	gateway, api, projector bool
}

var _ encoding.TextUnmarshaler = (*roles)(nil)

// UnmarshalText reads roles with commas between.
func (r *roles) UnmarshalText(text []byte) error {
	*r = roles{}
	for name := range strings.SplitSeq(string(text), ",") {
		switch strings.TrimSpace(name) {
		case roleGateway:
			r.gateway = true
		case roleAPI:
			r.api = true
		case roleProjector:
			r.projector = true
		default:
			return usagef("--roles (CHITCHAT_ROLES) %q is none: there are gateway, api and projector, with commas between", name)
		}
	}
	return nil
}

// String returns the roles with commas between.
func (r roles) String() string {
	names := []string{roleGateway, roleAPI, roleProjector}
	has := map[string]bool{roleGateway: r.gateway, roleAPI: r.api, roleProjector: r.projector}
	return strings.Join(slices.DeleteFunc(names, func(name string) bool { return !has[name] }), ",")
}

// all reports whether the process is everything.
func (r roles) all() bool { return r.gateway && r.api && r.projector }

// tables reports whether the roles need the database.
func (r roles) tables() bool { return r.api || r.projector }

// people reports whether the roles serve people, and so need tokens.
func (r roles) people() bool { return r.gateway || r.api }

// check finds settings that the roles can't do without. Processes that serve
// parts find each other in NATS and Postgres, and take each other's tokens and
// sessions by one secret.
func (r roles) check(config *Config, outsideTokens bool) error {
	if r.all() {
		return nil
	}
	if config.NATSURL == "" {
		return usagef("--roles (CHITCHAT_ROLES) %s is a part of chitchat, and its log is an outside NATS: give --nats-url (NATS_URL)", r)
	}
	if r.tables() && config.DatabaseURL == "" {
		return usagef("--roles (CHITCHAT_ROLES) %s needs the tables: give --database-url (DATABASE_URL)", r)
	}
	if config.JWTSecret == "" && (r.gateway || r.api && !outsideTokens) {
		return usagef("--roles (CHITCHAT_ROLES) %s needs the secret that all parts share: give --jwt-secret (JWT_SECRET)", r)
	}
	return nil
}
