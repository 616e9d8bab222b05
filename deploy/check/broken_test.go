package check_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/faustman/chitchat/deploy/check"
)

const (
	compose    = "docker-compose.yml"
	envoy      = "deploy/envoy.yaml"
	nats       = "deploy/nats.conf"
	prometheus = "deploy/prometheus/prometheus.yml"
	scrapes    = "deploy/prometheus/kubernetes.yml"
	alerts     = "deploy/prometheus/alerts.yml"
	board      = "deploy/grafana/dashboards/chitchat.json"
	kubernetes = "deploy/kubernetes/"
	operations = "docs/operations.md"
	kustomize  = "deploy/kustomization.yaml"
	image      = "Dockerfile"
)

// broken are faults that somebody might make: a text of a file, what stands
// there instead, and a part of the sentence that must come of it.
var broken = []struct {
	name, file, old, new, want string
}{
	// docker-compose.yml
	{"a service without a healthcheck", compose, "    healthcheck:\n      # Over TCP", "    x-healthcheck:\n      # Over TCP", "postgres has no healthcheck"},
	{"a healthcheck that is off", compose, "test: [CMD, /chitchat, healthcheck]", "test: [NONE]", "gateway has no healthcheck"},
	{"another healthcheck", compose, "test: [CMD, /chitchat, healthcheck]", "test: [CMD, /chitchat, version]", "gateway does not ask chitchat healthcheck"},
	{"not waiting for health", compose, "      gateway: { condition: service_healthy }", "      gateway: { condition: service_started }", "does not wait until gateway is healthy"},
	{"waiting for nobody", compose, "      gateway: { condition: service_healthy }", "      gate: { condition: service_healthy }", "depends on undefined service"},
	{"another published port", compose, `:-127.0.0.1}:8080:8080"`, `:-127.0.0.1}:8081:8080"`, "publishes 8080 as 8081"},
	{"another port within", compose, `:-127.0.0.1}:8080:8080"`, `:-127.0.0.1}:8080:8000"`, "publishes 8000 as 8080"},
	{"a second published service", compose, "    networks: [tables]\n", "    networks: [tables]\n    ports: [\"5432:5432\"]\n", "postgres publishes a port"},
	{"Grafana for everybody", compose, `"127.0.0.1:3000:3000"`, `"3000:3000"`, "published beyond loopback"},
	{"Prometheus always", compose, "    profiles: [observe]\n    image: prom", "    image: prom", "prometheus must be there with the profile observe only"},
	{"Postgres on the gateway's network", compose, "    networks: [tables]\n", "    networks: [tables, log]\n", "gateway must share a network with postgres"},
	{"a gateway without NATS", compose, "networks: [edge, log, telemetry]\n    deploy:\n      replicas: 2", "networks: [edge, telemetry]\n    deploy:\n      replicas: 2", "gateway can't reach NATS"},
	{"one gateway", compose, "networks: [edge, log, telemetry]\n    deploy:\n      replicas: 2", "networks: [edge, log, telemetry]\n    deploy:\n      replicas: 1", "there are 1 of the role gateway"},
	{"a setting that is none", compose, "CHITCHAT_LOG_FORMAT: json", "CHITCHAT_LOGFORMAT: json", "sets CHITCHAT_LOGFORMAT"},
	{"a role that is none", compose, "CHITCHAT_ROLES: gateway", "CHITCHAT_ROLES: gate", `gateway has the roles "gate"`},
	{"a secret in plain sight", compose, "JWT_SECRET_FILE: /run/secrets/jwt_secret", "JWT_SECRET: ${JWT_SECRET}", "where docker inspect shows it"},
	{"a secret of another name", compose, "JWT_SECRET_FILE: /run/secrets/jwt_secret", "JWT_SECRET_FILE: /run/secrets/jwt", "reads JWT_SECRET from"},
	{"a secret that nobody makes", compose, "environment: JWT_SECRET }", "environment: SECRET_OF_JWT }", "make env does not write"},
	{"secrets in a read-only root", compose, `  user: "65532:65532"`, "  user: \"65532:65532\"\n  read_only: true", "Compose can't copy"},
	{"the edge cut off", compose, "drain_listeners?graceful", "drain", "does not drain"},
	{"the edge cut off too soon", compose, "sleep 15", "sleep 5", "ends before it has drained"},
	{"the edge killed in its hook", compose, "stop_grace_period: 20s", "stop_grace_period: 10s", "ends before it has drained"},
	{"a drain of ten minutes", compose, ", --drain-time-s, \"5\"", "", "no drain time"},
	{"a drain at another port", compose, "9901 &&\n            printf 'POST", "9900 &&\n            printf 'POST", "does not drain"},
	{"a hook that fails, so that nothing stops", compose, "sleep 15", "sleep 15 && false", "does not drain"},
	{"traces that go nowhere", compose, "networks: [log, tables, telemetry]", "networks: [log, tables]", "projector has no way out"},
	{"NATS with a way out", compose, "  networks: [log]\n", "  networks: [log, telemetry]\n", "nats-1 has a way out"},
	{"Postgres with a way out", compose, "  tables: { internal: true }", "  tables: {}", "postgres has a way out"},
	{"killed while draining", compose, "  stop_grace_period: 30s\n\nx-environment", "  stop_grace_period: 5s\n\nx-environment", "killed before it has drained"},
	{"an image of any version", compose, "envoyproxy/envoy:v1.39.3", "envoyproxy/envoy:latest", "not pinned"},
	{"never started again", compose, "restart: unless-stopped", `restart: "no"`, "has no restart policy"},
	{"a file that is not there", compose, "./deploy/envoy.yaml:", "./deploy/edge.yaml:", "mounts"},
	{"no YAML", compose, "services:\n", "services: [\n", compose},

	// Envoy
	{"a route to no cluster", envoy, "            cluster: gateway\n", "            cluster: gateways\n", `leads to the cluster "gateways"`},
	{"a cluster of another name", envoy, "    - name: api\n", "    - name: apis\n", `leads to the cluster "api"`},
	{"sockets to the api", envoy, "                            cluster: gateway\n", "                            cluster: api\n", "/channel goes to the cluster"},
	{"a path that is no socket's", envoy, "match: { path: /channel }", "match: { path: /channels }", "/channel goes to the cluster"},
	{"requests to the gateway", envoy, "                            cluster: api\n", "                            cluster: gateway\n", "GET / goes to the cluster"},
	{"a cluster at another port", envoy, "socket_address: { address: gateway, port_value: 8080 }", "socket_address: { address: gateway, port_value: 8081 }", "gateway:8081, where nobody listens"},
	{"a cluster at another service", envoy, "socket_address: { address: api, port_value: 8080 }", "socket_address: { address: web, port_value: 8080 }", "web, which is no service"},
	{"a cluster at the other role", envoy, "socket_address: { address: api, port_value: 8080 }", "socket_address: { address: gateway, port_value: 8080 }", "the cluster api leads to gateway"},
	{"another port of the edge", envoy, "socket_address: { address: 0.0.0.0, port_value: 8080 }", "socket_address: { address: 0.0.0.0, port_value: 8000 }", "the edge listens at 8000"},
	{"no health check", envoy, "      health_checks: *ready\n", "", "the cluster api must have one health check"},
	{"a health check of another path", envoy, "http_health_check: { path: /readyz }", "http_health_check: { path: /ready }", "asks \"/ready\", not /readyz"},
	{"a health check now and then", envoy, "          no_traffic_interval: 1s\n", "", "is asked too rarely"},
	{"no websocket", envoy, "                              - upgrade_type: websocket\n", "                              - upgrade_type: CONNECT\n", "can't be upgraded to a websocket"},
	{"sockets buffered", envoy, "                              disabled: true\n", "                              buffer: { max_request_bytes: 65536 }\n", "is buffered"},
	{"sockets with a timeout", envoy, "                            timeout: 0s\n", "                            timeout: 15s\n", "a socket has none"},
	{"sockets with the default timeout", envoy, "                            timeout: 0s\n", "", "a socket has none"},
	{"sockets cut when idle", envoy, "idle_timeout: 3600s", "idle_timeout: 60s", "is cut after 1m0s"},
	{"sockets that age", envoy, "                            idle_timeout: 3600s\n", "                            idle_timeout: 3600s\n                            max_stream_duration: { max_stream_duration: 3600s }\n", "ends sockets by their age"},
	{"metrics for everybody", envoy, "match: { path: /metrics }", "match: { path: /metric }", "/metrics is not hidden"},
	{"readiness for everybody", envoy, "match: { path: /readyz }", "match: { path: /ready }", "/readyz is not hidden"},
	{"no answer to healthz", envoy, "match: { path: /healthz }", "match: { path: /health }", "/healthz is not answered"},
	{"the query in the log", envoy, "%REQ_WITHOUT_QUERY(X-ENVOY-ORIGINAL-PATH?:PATH)%", "%REQ(:PATH)%", "the access log has %REQ(:PATH"},
	{"the original path in the log", envoy, "%REQ_WITHOUT_QUERY(X-ENVOY-ORIGINAL-PATH?:PATH)%", "%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%", "the access log has %REQ(X-ENVOY-ORIGINAL-PATH"},
	{"the token in the log", envoy, "%REQ(X-REQUEST-ID)%", "%REQ(Authorization)%", "the access log has AUTHORIZATION"},
	{"the subprotocol in the log", envoy, "%REQ(X-REQUEST-ID)%", "%REQ(sec-websocket-protocol)%", "the access log has SEC-WEBSOCKET"},
	{"few sockets", envoy, "            max_connections: 1000000\n", "            max_connections: 1024\n", "let fewer than"},
	{"few requests", envoy, "            max_requests: 1000000\n", "", "let fewer than"},
	{"a message sent twice", envoy, "retry_on: connect-failure,refused-stream,reset-before-request", "retry_on: connect-failure,reset", "POST /auth may be sent twice"},
	{"writes retried as reads", envoy, "regex: GET|HEAD", "regex: GET|HEAD|POST", "POST /auth may be sent twice"},
	{"an answer as an outlier", envoy, "enforcing_consecutive_5xx: 0", "enforcing_consecutive_5xx: 100", "takes an answer of 503 for an outlier"},
	{"all servers outliers", envoy, "max_ejection_percent: 50", "max_ejection_percent: 100", "may lose more than half"},
	{"nobody asked when nobody is ready", envoy, "healthy_panic_threshold: { value: 1 }", "healthy_panic_threshold: { value: 0 }", "asks nobody when nobody is ready"},
	{"one address of a name", envoy, "      type: STRICT_DNS\n", "      type: LOGICAL_DNS\n", "must take all addresses"},
	{"another balancer", envoy, "lb_policy: LEAST_REQUEST", "lb_policy: ROUND_ROBIN", "must balance by LEAST_REQUEST"},
	{"sockets cut while draining", envoy, "close_connections_on_host_health_failure: false", "close_connections_on_host_health_failure: true", "cuts the sockets"},
	{"connections that the server closes", envoy, "common_http_protocol_options: { idle_timeout: 60s }", "common_http_protocol_options: { idle_timeout: 90s }", "the server may be closing"},
	{"the admin for everybody", envoy, "socket_address: { address: 127.0.0.1, port_value: 9901 }", "socket_address: { address: 0.0.0.0, port_value: 9901 }", "not on loopback"},
	{"the admin at another port", envoy, "socket_address: { address: 127.0.0.1, port_value: 9901 }", "socket_address: { address: 127.0.0.1, port_value: 9900 }", "does not ask the admin's port"},
	{"a body without a bound", envoy, "max_request_bytes: 65536", "max_request_bytes: 6553600", "a body has no bound"},
	{"long headers", envoy, "max_request_headers_kb: 16", "max_request_headers_kb: 96", "headers of 96 KiB"},
	{"a client that says who it is", envoy, "use_remote_address: true", "use_remote_address: false", "use_remote_address"},
	{"paths of several forms", envoy, "normalize_path: true\n                merge_slashes", "normalize_path: false\n                merge_slashes", "normalize_path"},
	{"any number of clients", envoy, "envoy.resource_monitors.global_downstream_max_connections", "envoy.resource_monitors.cgroup_memory", "nothing bounds the connections"},
	{"a field that is none", envoy, "lb_policy: LEAST_REQUEST", "lb_polizy: LEAST_REQUEST", "lb_polizy"},
	{"a timeout of nothing", envoy, "      per_connection_buffer_limit_bytes: 65536\n      filter_chains", "      per_connection_buffer_limit_bytes: 65536\n      listener_filters_timeout: 5s\n      filter_chains", "listener_filters_timeout"},
	{"an extension that is none", envoy, "envoy.extensions.formatter.req_without_query.v3.ReqWithoutQuery", "envoy.extensions.formatter.req_without_query.v3.Nothing", "Nothing"},
	{"a value that can't be", envoy, "max_ejection_percent: 50", "max_ejection_percent: 150", "MaxEjectionPercent"},
	{"a value that can't be, within an extension", envoy, "stat_prefix: edge", "stat_prefix: \"\"", "StatPrefix"},
	{"a merge key", envoy, "      circuit_breakers: *breakers\n", "      <<: *breakers\n", "merge key"},

	// NATS
	{"acknowledged before it is on disk", nats, "sync_interval: always", "sync_interval: 10s", "acknowledges before it has synced"},
	{"no route to a server", nats, "    $NATS_ROUTE_3\n", "", "has routes to"},
	{"a variable that is not set", nats, "listen: $NATS_LISTEN", "listen: $NATS_PORT", "NATS_PORT"},
	{"no password among servers", nats, "    user: cluster\n", "", "lets anybody be a server"},
	{"small events", nats, "max_payload: 1MB", "max_payload: 32KB", "takes no event"},
	{"no system account", nats, "system_account: SYS", "", "the system account"},
	{"an unknown user", nats, "user: chitchat, password", "user: chat, password", "the user of NATS_URL is not of the account"},
	{"a field that NATS does not know", nats, "max_pending: 64MB", "max_pendings: 64MB", "unknown field"},
	{"a route to another port", compose, "@nats-2:6222", "@nats-2:6223", "has routes to"},
	{"a server of another name", compose, "NATS_SERVER_NAME: nats-3", "NATS_SERVER_NAME: nats-2", "not 3"},
	{"a shared volume", compose, "- nats-3:/data", "- nats-2:/data", "share the volume"},
	{"monitoring for everybody", compose, "NATS_MONITOR: 127.0.0.1:8222", "NATS_MONITOR: 0.0.0.0:8222", "not on loopback"},
	{"a healthcheck of another port", compose, "127.0.0.1:8222/healthz", "127.0.0.1:8223/healthz", "does not ask its monitoring"},
	{"a log of one replica", compose, "CHITCHAT_REPLICAS: 3", "CHITCHAT_REPLICAS: 1", "with 3 replicas"},

	// Prometheus and Grafana
	{"a service that is not scraped", prometheus, "[projector, projector-standby]", "[projector]", "projector-standby is not scraped"},
	{"a scraped port where nobody listens", prometheus, "names: [api], type: A, port: 8080", "names: [api], type: A, port: 80", "api:80, where nobody listens"},
	{"a job that the cluster does not have", scrapes, "job_name: chitchat-projector", "job_name: projector", "there is no job chitchat-projector"},
	{"a job of another role", scrapes, "names: [api.", "names: [gateway.", "chitchat-api scrapes"},
	{"a job of no service", scrapes, "names: [api.", "names: [web.", "which is no service"},
	{"a job of one server", scrapes, "names: [envoy-stats.", "names: [envoy.", "does not name each server"},
	{"a job at another port", scrapes, "type: A, port: 9902", "type: A, port: 9901", "where nobody listens"},
	{"a job at another path", scrapes, "metrics_path: /stats/prometheus", "metrics_path: /stats", "envoy scrapes /stats of"},
	{"a pod that is counted twice", kubernetes + "api.yaml", "    spec:\n      automount", "      annotations: { prometheus.io/scrape: \"true\" }\n    spec:\n      automount", "api is scraped twice"},
	{"no alerts", prometheus, "  - alerts.yml", "  - alert.yml", "alerts.yml is not loaded"},
	{"a metric that is none", alerts, "chitchat_projector_quarantined_events", "chitchat_projector_quarantine", "chitchat_projector_quarantine, which the program does not register"},
	{"a label that is none", alerts, "chitchat_http_requests_total{status=", "chitchat_http_requests_total{code=", "Errors looks at the label \"code\" of chitchat_http_requests_total"},
	{"sums by a label that is none", alerts, "sum by (le, instance)", "sum by (le, channel)", "DeliverySlow looks at the label \"channel\""},
	{"a panel by a label that is none", board, "by (outcome)", "by (result)", "looks at the label \"result\""},
	{"no PromQL", alerts, "sum(chitchat_projector_leading) == 0", "sum(chitchat_projector_leading == 0", alerts},
	{"a job that is none", alerts, `up{job="chitchat-api"} == 0`, `up{job="chitchat-web"} == 0`, `the job "chitchat-web"`},
	{"another runbook", alerts, "#alert-quarantine", "#alert-quarantines", "Quarantine does not lead to"},
	{"an alert without a runbook", operations, `<a id="alert-quarantine"></a>`, "", "Quarantine has no runbook in"},
	{"a runbook without an alert", operations, `<a id="alert-quarantine"></a>`, `<a id="alert-quarantined"></a>`, "quarantined, which is no alert"},
	{"nobody looks at leases", alerts, "increase(chitchat_gateway_lease_losses_total[10m])", "increase(process_cpu_seconds_total[10m])", "no alert looks at chitchat_gateway_lease_losses_total"},
	{"a severity that is none", alerts, "labels: { severity: critical }", "labels: { severity: page }", "has the severity"},
	{"a field that a rule does not have", alerts, "        for: 1m", "        form: 1m", "form"},
	{"a panel of no metric", board, "sum(chitchat_gateway_sockets)", "sum(chitchat_gateway_people)", "chitchat_gateway_people, which the program does not register"},
	{"a panel of no datasource", board, "\"uid\": \"prometheus\"\n          },\n          \"expr\": \"sum(chitchat_gateway_sockets)", "\"uid\": \"graphite\"\n          },\n          \"expr\": \"sum(chitchat_gateway_sockets)", `the panel "Sockets" reads`},
	{"a variable of no datasource", board, `"uid": "prometheus"`, `"uid": "graphite"`, "the variable \"instance\""},
	{"a row that is missing", board, `"title": "Leases",`, `"title": "Terms",`, `no row "Leases"`},

	// Kubernetes
	{"a field that Kubernetes does not know", kubernetes + "api.yaml", "  replicas: 2", "  replica: 2", "unknown field"},
	{"a service that leads to nobody", kubernetes + "gateway.yaml", "  selector: { app.kubernetes.io/name: gateway }\n  ports", "  selector: { app.kubernetes.io/name: gate }\n  ports", "the service gateway leads to no pod"},
	{"a deployment without its pods", kubernetes + "api.yaml", "    matchLabels: { app.kubernetes.io/name: api }\n  strategy", "    matchLabels: { app.kubernetes.io/name: apis }\n  strategy", "api does not select its own pods"},
	{"a port that is none", kubernetes + "envoy.yaml", "port: 80, targetPort: http", "port: 80, targetPort: web", `leads to the port "web"`},
	{"a probe of a port that is none", kubernetes + "api.yaml", "httpGet: { path: /readyz, port: http }", "httpGet: { path: /readyz, port: web }", `the readiness probe of api asks the port "web"`},
	{"a probe of something else", kubernetes + "gateway.yaml", "httpGet: { path: /readyz, port: http }", "httpGet: { path: /healthz, port: http }", "gateway is not asked whether it is ready"},
	{"another port", kubernetes + "gateway.yaml", "containerPort: 8080", "containerPort: 8000", "its port is 8000"},
	{"a role of another", kubernetes + "api.yaml", "name: CHITCHAT_ROLES, value: api", "name: CHITCHAT_ROLES, value: gateway", `api has the roles "gateway"`},
	{"a secret that is none", kubernetes + "secret.example.yaml", "  jwt-secret:", "  jwt:", "reads jwt-secret of the secret"},
	{"a budget of nobody", kubernetes + "nats.yaml", "  maxUnavailable: 1\n  selector:\n    matchLabels: { app.kubernetes.io/name: nats }", "  maxUnavailable: 1\n  selector:\n    matchLabels: { app.kubernetes.io/name: nat }", "nats has no disruption budget"},
	{"a policy that opens no port", kubernetes + "network-policies.yaml", "port: cluster", "port: route", `opens the port "route"`},
	{"a policy of nobody", kubernetes + "network-policies.yaml", "    matchLabels: { app.kubernetes.io/name: projector }", "    matchLabels: { app.kubernetes.io/name: project }", "is of no pod"},
	{"a service with one address", kubernetes + "gateway.yaml", "  clusterIP: None\n", "", "no headless service"},
	{"a service that hides who is not ready", kubernetes + "api.yaml", "  publishNotReadyAddresses: true\n", "", "hides servers that are not ready"},
	{"a way to another service", kubernetes + "ingress.yaml", "name: envoy", "name: api", "the ingress leads to api"},
	{"another image than compose's", kubernetes + "nats.yaml", "image: nats:2.15.2-alpine", "image: nats:2.15.1-alpine", "and compose another"},
	{"a manifest that is not applied", kustomize, "  - kubernetes/network-policies.yaml\n", "", "must be a resource"},
	{"a config map without its file", kustomize, "files: [nats.conf]", "files: [nats.yaml]", "nats.yaml is not there"},
	{"a config map that nobody makes", kustomize, "  - name: envoy\n", "  - name: edge\n", "mounts the config map envoy"},

	// Dockerfile
	{"an image of any version to build", image, "FROM golang:1.26.8-bookworm", "FROM golang:latest", "not pinned"},
	{"another Go than the module's", image, "FROM golang:1.26.8-bookworm", "FROM golang:1.25.8-bookworm", "no stage has Go"},
	{"a last image with a shell", image, "FINAL_IMAGE=gcr.io/distroless/static-debian12:nonroot\n", "FINAL_IMAGE=debian:12\n", `the last image is "debian:12"`},
	{"a last image that nobody can pin", image, "FROM ${FINAL_IMAGE}", "FROM gcr.io/distroless/static-debian12:nonroot", "not that of the argument"},
	{"nobody says how to pin it", image, "nonroot@sha256:", "nonroot@", "how to pin the last image"},
	{"root", image, "USER 65532:65532\n", "", "it runs as"},
	{"an entrypoint by a shell", image, `ENTRYPOINT ["/chitchat"]`, `ENTRYPOINT /chitchat`, "needs a shell"},
	{"no healthcheck", image, `CMD ["/chitchat", "healthcheck"]`, `CMD ["/chitchat", "version"]`, "no healthcheck"},
	{"paths in the program", image, "RUN go build -trimpath", "RUN go build", "-trimpath must be"},
	{"a stage that is none", image, "COPY --from=go", "COPY --from=golang", "copies from the stage golang"},
	{"what is ignored", image, "COPY cmd cmd", "COPY docs docs", "keeps out"},
}

func TestBroken(t *testing.T) {
	whole, known := must(t, given), facts(t)
	before := map[string]bool{}
	for _, problem := range check.Check(whole, known) {
		before[problem] = true
	}
	for _, tt := range broken {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if !strings.Contains(whole[tt.file], tt.old) {
				t.Fatalf("%s has no %q to break", tt.file, tt.old)
			}
			files := maps.Clone(whole)
			files[tt.file] = strings.Replace(whole[tt.file], tt.old, tt.new, 1)
			var fresh []string
			for _, problem := range check.Check(files, known) {
				if !before[problem] {
					fresh = append(fresh, problem)
				}
			}
			if !strings.Contains(strings.Join(fresh, "\n"), tt.want) {
				t.Errorf("got %q, want a sentence with %q", fresh, tt.want)
			}
		})
	}
}
