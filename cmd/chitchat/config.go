package main

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/nats-io/nats.go"
)

// Config is what several commands need. Each secret may be given in a file
// instead, as containers give them.
type Config struct {
	Data        string `env:"CHITCHAT_DATA" default:"./chitchat-data" help:"Directory for all that the embedded default keeps (mode 0700)." placeholder:"DIR"`
	NATSURL     string `name:"nats-url" env:"NATS_URL" help:"An outside NATS with JetStream, instead of the embedded one; several servers with commas between." placeholder:"URL"`
	DatabaseURL string `name:"database-url" env:"DATABASE_URL" help:"An outside Postgres, instead of the private one." placeholder:"URL"`
	JWTSecret   string `name:"jwt-secret" env:"JWT_SECRET" help:"Signs tokens (HS256). Default: made once and kept below --data." placeholder:"SECRET"`
	PGBin       string `name:"pg-bin" env:"CHITCHAT_PG_BIN" help:"Directory with the Postgres server's programs, when they are not where systems put them." placeholder:"DIR"`

	NATSURLFile     string `name:"nats-url-file" env:"NATS_URL_FILE" help:"File that has what --nats-url would say." placeholder:"FILE"`
	DatabaseURLFile string `name:"database-url-file" env:"DATABASE_URL_FILE" help:"File that has what --database-url would say." placeholder:"FILE"`
	JWTSecretFile   string `name:"jwt-secret-file" env:"JWT_SECRET_FILE" help:"File that has what --jwt-secret would say." placeholder:"FILE"`

	NATSCreds         string `name:"nats-creds" env:"NATS_CREDS" help:"Credentials file of a NATS user." placeholder:"FILE"`
	NATSCA            string `name:"nats-ca" env:"NATS_CA" help:"Certificates (PEM) that NATS servers' ones are checked against, instead of the system's." placeholder:"FILE"`
	NATSCert          string `name:"nats-cert" env:"NATS_CERT" help:"Certificate (PEM) to show to NATS; goes with --nats-key." placeholder:"FILE"`
	NATSKey           string `name:"nats-key" env:"NATS_KEY" help:"Key (PEM) of --nats-cert." placeholder:"FILE"`
	NATSSystemURL     string `name:"nats-system-url" env:"NATS_SYSTEM_URL" help:"The outside NATS with a user of its system account: serve then asks each server whether it syncs every write, and refuses one that does not." placeholder:"URL"`
	NATSSystemURLFile string `name:"nats-system-url-file" env:"NATS_SYSTEM_URL_FILE" help:"File that has what --nats-system-url would say." placeholder:"FILE"`
}

const (
	// minSecretBytes is the least length of a secret that signs tokens, in bytes.
	minSecretBytes = 16
	// maxSettingBytes bounds a file that has a setting's value, in bytes.
	maxSettingBytes = 64 << 10
)

// check reads the settings that are in files and finds those that can't be
// right, before anything is started.
func (c *Config) check() error {
	if err := c.readFiles(); err != nil {
		return err
	}
	if c.JWTSecret != "" && len(c.JWTSecret) < minSecretBytes {
		return usagef("--jwt-secret (JWT_SECRET) has under %d bytes: give a longer one, or none to have one made", minSecretBytes)
	}
	if err := checkNATSURL("--nats-url (NATS_URL)", c.NATSURL); err != nil {
		return err
	}
	if err := checkNATSURL("--nats-system-url (NATS_SYSTEM_URL)", c.NATSSystemURL); err != nil {
		return err
	}
	if err := c.checkDatabaseURL(); err != nil {
		return err
	}
	if err := c.checkNATSFiles(); err != nil {
		return err
	}
	return c.checkPGBin()
}

// readFiles reads the settings whose value is in a file. What such a file says
// is never shown.
func (c *Config) readFiles() error {
	for _, setting := range []struct {
		flag, env string
		value     *string
		file      *string
	}{
		{"nats-url", "NATS_URL", &c.NATSURL, &c.NATSURLFile},
		{"database-url", "DATABASE_URL", &c.DatabaseURL, &c.DatabaseURLFile},
		{"jwt-secret", "JWT_SECRET", &c.JWTSecret, &c.JWTSecretFile},
		{"nats-system-url", "NATS_SYSTEM_URL", &c.NATSSystemURL, &c.NATSSystemURLFile},
	} {
		if *setting.file == "" {
			continue
		}
		if *setting.value != "" {
			return usagef("--%[1]s (%[2]s) and --%[1]s-file (%[2]s_FILE) are both given: leave one out", setting.flag, setting.env)
		}
		content, err := readSetting(*setting.file)
		if err != nil {
			return usagef("--%s-file (%s_FILE): %w", setting.flag, setting.env, err)
		}
		*setting.value, *setting.file = content, ""
	}
	return nil
}

// readSetting returns what stands in a file, without the line's end that
// editors put behind it.
func readSetting(name string) (string, error) {
	info, err := os.Stat(name)
	if err != nil {
		return "", err
	}
	if info.Size() > maxSettingBytes {
		return "", fmt.Errorf("%s has over %d bytes", name, maxSettingBytes)
	}
	content, err := os.ReadFile(name)
	if err != nil {
		return "", err
	}
	value := strings.TrimRight(string(content), "\r\n")
	if value == "" {
		return "", fmt.Errorf("%s is empty", name)
	}
	return value, nil
}

// checkNATSURL finds addresses that can't be. Neither they nor what a parser
// says of them is ever shown: they may hold passwords.
func checkNATSURL(setting, addresses string) error {
	if addresses == "" {
		return nil
	}
	for address := range strings.SplitSeq(addresses, ",") {
		if u, err := url.Parse(strings.TrimSpace(address)); err != nil || u.Scheme == "" || u.Host == "" {
			return usagef("%s is not a URL like nats://localhost:4222, or several of them with commas between", setting)
		}
	}
	return nil
}

func (c *Config) checkDatabaseURL() error {
	if c.DatabaseURL == "" {
		return nil
	}
	u, err := url.Parse(c.DatabaseURL)
	if err == nil && (u.Scheme == "postgres" || u.Scheme == "postgresql") {
		_, err = pgx.ParseConfig(c.DatabaseURL)
	} else {
		err = errors.ErrUnsupported
	}
	if err != nil {
		return usagef("--database-url (DATABASE_URL) is not a URL like postgres://user@localhost/chitchat, or has a setting that can't be")
	}
	return nil
}

// checkNATSFiles finds files of the connection to NATS that are not there.
func (c *Config) checkNATSFiles() error {
	for _, setting := range []struct{ name, file string }{
		{"--nats-creds (NATS_CREDS)", c.NATSCreds},
		{"--nats-ca (NATS_CA)", c.NATSCA},
		{"--nats-cert (NATS_CERT)", c.NATSCert},
		{"--nats-key (NATS_KEY)", c.NATSKey},
	} {
		if setting.file == "" {
			continue
		}
		if c.NATSURL == "" {
			return usagef("%s is for an outside NATS: give --nats-url (NATS_URL), too", setting.name)
		}
		if _, err := os.Stat(setting.file); err != nil {
			return usagef("%s: %w", setting.name, err)
		}
	}
	if (c.NATSCert == "") != (c.NATSKey == "") {
		return usagef("--nats-cert (NATS_CERT) and --nats-key (NATS_KEY) go together: give both or none")
	}
	if c.NATSSystemURL != "" && c.NATSURL == "" {
		return usagef("--nats-system-url (NATS_SYSTEM_URL) is for an outside NATS: give --nats-url (NATS_URL), too")
	}
	return nil
}

// natsTLS are the options of a connection to the outside NATS, but for who we
// are there.
func (c *Config) natsTLS() []nats.Option {
	var options []nats.Option
	if c.NATSCA != "" {
		options = append(options, nats.RootCAs(c.NATSCA))
	}
	if c.NATSCert != "" {
		options = append(options, nats.ClientCert(c.NATSCert, c.NATSKey))
	}
	return options
}

// checkPGBin finds a --pg-bin that has no Postgres in it.
func (c *Config) checkPGBin() error {
	if c.PGBin == "" || c.DatabaseURL != "" { // none is started for an outside database
		return nil
	}
	for _, program := range []string{"postgres", "initdb"} {
		if _, err := os.Stat(filepath.Join(c.PGBin, program)); err != nil {
			return usagef("--pg-bin (CHITCHAT_PG_BIN) %q is not the directory of a Postgres server's programs: there is no %s in it", c.PGBin, program)
		}
	}
	return nil
}
