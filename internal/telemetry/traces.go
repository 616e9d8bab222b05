package telemetry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"golang.org/x/time/rate"
)

const (
	// closeTimeout bounds the sending of what waits when the process ends.
	closeTimeout = 3 * time.Second
	// complainEvery is how often the log says that spans can't be sent.
	complainEvery = time.Minute
)

// The variables that switch traces on, and those that may switch them off or
// ask for what is not there.
const (
	endpoint       = "OTEL_EXPORTER_OTLP_ENDPOINT"
	tracesEndpoint = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
	protocol       = "OTEL_EXPORTER_OTLP_PROTOCOL"
	tracesProtocol = "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"
	exporter       = "OTEL_TRACES_EXPORTER"
	disabled       = "OTEL_SDK_DISABLED"
)

// Options say who a process is.
type Options struct {
	// Roles are those that the process has.
	Roles []string
	// Version is the program's.
	Version string
	// Logger takes why spans can't be sent; slog.Default() when nil.
	Logger *slog.Logger
}

// Traces makes spans and sends them. A nil *Traces makes none.
type Traces struct {
	provider *sdktrace.TracerProvider
	logger   *slog.Logger
}

// Check finds settings of the environment that can't be; the error names the
// variable and does not show its value, which may hold a password.
func Check() error {
	for _, name := range []string{endpoint, tracesEndpoint} {
		value := strings.TrimSpace(os.Getenv(name))
		u, err := url.Parse(value)
		if value != "" && (err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "") {
			return fmt.Errorf("%s is not a URL like http://localhost:4318", name)
		}
	}
	if !enabled() {
		return nil
	}
	for _, name := range []string{protocol, tracesProtocol} {
		if value := os.Getenv(name); value != "" && value != "http/protobuf" {
			return fmt.Errorf("%s %.40q is not the protocol that chitchat speaks, http/protobuf", name, value)
		}
	}
	if value := os.Getenv(exporter); value != "" && value != "otlp" {
		return fmt.Errorf("%s %.40q is neither otlp nor none", exporter, value)
	}
	return nil
}

// enabled reports whether the environment asks for traces.
func enabled() bool {
	off, _ := strconv.ParseBool(os.Getenv(disabled)) // what is no bool means false, says the specification
	wanted := strings.TrimSpace(os.Getenv(endpoint)) != "" || strings.TrimSpace(os.Getenv(tracesEndpoint)) != ""
	return wanted && !off && os.Getenv(exporter) != "none"
}

// Start begins to send spans where the environment says, and returns nil when
// it names nowhere. It waits for no collector. Close ends it.
func Start(ctx context.Context, opts Options) (*Traces, error) {
	if opts.Logger == nil {
		opts.Logger = slog.Default()
	}
	if err := Check(); err != nil || !enabled() {
		return nil, err
	}
	exporter, err := otlptracehttp.New(ctx)
	if err != nil {
		return nil, fmt.Errorf("start traces: %w", err)
	}
	complaints := newComplaints(opts.Logger)
	otel.SetErrorHandler(complaints) // the SDK has no other way to say that a setting can't be
	described, err := describe(ctx, opts)
	if err != nil {
		complaints.Handle(err) // what could be found out is there
	}
	return &Traces{
		provider: sdktrace.NewTracerProvider(
			sdktrace.WithBatcher(exporter),
			sdktrace.WithResource(described),
		),
		logger: opts.Logger,
	}, nil
}

// describe returns what all spans of the process have. The command line is not
// among it: there may be secrets in it.
func describe(ctx context.Context, opts Options) (*resource.Resource, error) {
	roles := slices.Sorted(slices.Values(opts.Roles))
	return resource.New(ctx,
		resource.WithTelemetrySDK(),
		resource.WithHost(),
		resource.WithAttributes(
			attribute.String("service.name", "chitchat"),
			attribute.String("service.version", opts.Version),
			attribute.String("service.instance.id", uuid.NewString()),
			attribute.StringSlice("chitchat.roles", roles),
		),
		resource.WithFromEnv(), // last, as it is an operator who says so
	)
}

// Tracer returns the tracer of a part of the program, and nil when there are
// no traces.
func (t *Traces) Tracer(part string) trace.Tracer {
	if t == nil {
		return nil
	}
	return t.provider.Tracer("github.com/faustman/chitchat/" + part)
}

// Close sends what waits, for three seconds at most, and ends.
func (t *Traces) Close() {
	if t == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	if err := t.provider.Shutdown(ctx); err != nil {
		t.logger.Warn("the last traces were not sent", "cause", err)
	}
}

// complaints logs what is wrong with the sending of spans, now and then.
type complaints struct {
	logger *slog.Logger
	rate   *rate.Limiter
}

func newComplaints(logger *slog.Logger) *complaints {
	return &complaints{logger: logger, rate: rate.NewLimiter(rate.Every(complainEvery), 1)}
}

// Handle logs the error unless another was logged a moment ago.
func (c *complaints) Handle(err error) {
	if err == nil || errors.Is(err, context.Canceled) || !c.rate.Allow() {
		return
	}
	c.logger.Warn("traces", "cause", err)
}
