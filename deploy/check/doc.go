// Package check holds what deploys chitchat to itself and to the program: docker-compose.yml, Envoy's and NATS's
// configuration, alerts and dashboard, the manifests for Kubernetes and the Dockerfile.
//
// There is no engine where the tests run, so every file is read by the code of those who read it in earnest
// (compose-go, go-control-plane, nats-server, Prometheus' parsers, Kubernetes' strict decoder, BuildKit), and what
// no single reader sees is checked here: that a route's cluster is a service that listens on that port in that role,
// that everything has a healthcheck, that only the edge is published, that an alert's metric is one that the program
// has.
//
//	Read ──► Files ──┬─► Check ──► what is wrong, a sentence each
//	         Facts ──┘
//
// [Check] works on text in memory. The tests break that text in one place, see the sentence, and so hold Check, too.
//
// It is a module of its own: what it needs is heavy, and nothing of the program.
package check
