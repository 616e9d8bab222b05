package check

import (
	"fmt"
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/compose-spec/compose-go/v2/types"
	bootstrap "github.com/envoyproxy/go-control-plane/envoy/config/bootstrap/v3"
	cluster "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	listener "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"
	route "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"
	stream "github.com/envoyproxy/go-control-plane/envoy/extensions/access_loggers/stream/v3"
	buffer "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/buffer/v3"
	manager "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3"
	withoutquery "github.com/envoyproxy/go-control-plane/envoy/extensions/formatter/req_without_query/v3"
	upstream "github.com/envoyproxy/go-control-plane/envoy/extensions/upstreams/http/v3"
	"google.golang.org/protobuf/types/known/structpb"
)

const (
	edgeListener = "edge"
	channelPath  = "/channel"
	bufferFilter = "envoy.filters.http.buffer"

	// plannedSockets is what the circuit breakers must let through.
	plannedSockets = 1_000_000
	// leastSocketIdle is far above the 25 s in which sockets are pinged.
	leastSocketIdle = 10 * time.Minute
	// slowestCheck bounds how late an unready server is seen: it gives 3 s.
	slowestCheck = 2 * time.Second
	// handlerTime is what a handler of the api may take.
	handlerTime = 10 * time.Second
	// serverIdle is after how long a server closes an idle connection.
	serverIdle = 75 * time.Second
	// mostHeaderKB and mostBody are what the servers themselves take.
	mostHeaderKB, mostBody = 16, 64 << 10
)

func checkEnvoy(files Files, project *types.Project) []string {
	p := &problems{file: envoyFile}
	config, err := readBootstrap(files[envoyFile])
	if err != nil {
		p.addf("%v", err)
		return p.list
	}
	validate(p, config)
	clusters := map[string]*cluster.Cluster{}
	for _, c := range config.GetStaticResources().GetClusters() {
		clusters[c.GetName()] = c
		checkAddresses(p, project, c)
	}
	for _, action := range find[*route.RouteAction](config) {
		p.want(clusters[action.GetCluster()] != nil, "a route leads to the cluster %q, which is not there", action.GetCluster())
	}
	for _, name := range []string{"gateway", "api"} {
		if clusters[name] == nil {
			p.addf("there is no cluster %s", name)
			continue
		}
		checkCluster(p, clusters[name])
	}
	checkAdmin(p, config, project)
	checkOverload(p, config)
	checkEdge(p, config)
	return p.list
}

// checkAddresses holds a cluster to the services of compose: the name, the
// port, the role, and a network that Envoy shares.
func checkAddresses(p *problems, project *types.Project, c *cluster.Cluster) {
	p.want(c.GetLoadAssignment().GetClusterName() == c.GetName(), "the cluster %s is called %q in its load_assignment", c.GetName(), c.GetLoadAssignment().GetClusterName())
	addresses := find[*core.SocketAddress](c.GetLoadAssignment())
	p.want(len(addresses) > 0, "the cluster %s has no address", c.GetName())
	for _, address := range addresses {
		host, port := address.GetAddress(), int(address.GetPortValue())
		if c.GetType() == cluster.Cluster_STATIC {
			p.want(net.ParseIP(host).IsLoopback(), "the cluster %s is outside of the container", c.GetName())
			continue
		}
		service, ok := project.Services[host]
		p.want(ok, "the cluster %s is at %s, which is no service", c.GetName(), host)
		p.want(!ok || slices.Contains(listens(service), port), "the cluster %s is at %s:%d, where nobody listens", c.GetName(), host, port)
		p.want(!ok || role(service) == c.GetName(), "the cluster %s leads to %s, which is a %q", c.GetName(), host, role(service))
		p.want(!ok || share(service, project.Services[edgeService]), "the cluster %s is on no network of Envoy's", c.GetName())
	}
}

func checkCluster(p *problems, c *cluster.Cluster) {
	name := c.GetName()
	p.want(c.GetType() == cluster.Cluster_STRICT_DNS, "the cluster %s must take all addresses of its name (STRICT_DNS)", name)
	p.want(c.GetLbPolicy() == cluster.Cluster_LEAST_REQUEST, "the cluster %s must balance by LEAST_REQUEST", name)
	p.want(len(c.GetHealthChecks()) == 1, "the cluster %s must have one health check", name)
	for _, h := range c.GetHealthChecks() {
		p.want(h.GetHttpHealthCheck().GetPath() == "/readyz", "the cluster %s asks %q, not /readyz", name, h.GetHttpHealthCheck().GetPath())
		p.want(h.GetInterval().AsDuration() <= slowestCheck && h.GetNoTrafficInterval().AsDuration() > 0 && h.GetNoTrafficInterval().AsDuration() <= slowestCheck,
			"the cluster %s is asked too rarely", name)
	}
	enough := len(c.GetCircuitBreakers().GetThresholds()) > 0
	for _, t := range c.GetCircuitBreakers().GetThresholds() {
		enough = enough && min(t.GetMaxConnections().GetValue(), t.GetMaxPendingRequests().GetValue(), t.GetMaxRequests().GetValue()) >= plannedSockets
	}
	p.want(enough, "the circuit breakers of %s let fewer than %d through", name, plannedSockets)
	panics := c.GetCommonLbConfig().GetHealthyPanicThreshold().GetValue()
	p.want(panics > 0 && panics <= 50, "the cluster %s asks nobody when nobody is ready, or many when few are: healthy_panic_threshold", name)
	most := c.GetOutlierDetection().GetMaxEjectionPercent()
	p.want(c.GetOutlierDetection() != nil && most != nil && most.GetValue() <= 50, "the cluster %s may lose more than half to outlier detection", name)
	p.want(c.GetOutlierDetection().GetEnforcingConsecutive_5Xx() != nil && c.GetOutlierDetection().GetEnforcingConsecutive_5Xx().GetValue() == 0,
		"the cluster %s takes an answer of 503 for an outlier", name)
	p.want(!c.GetCloseConnectionsOnHostHealthFailure(), "the cluster %s cuts the sockets of a server that drains", name)
	idle := find[*upstream.HttpProtocolOptions](c)
	p.want(len(idle) == 1 && under(idle[0].GetCommonHttpProtocolOptions().GetIdleTimeout().AsDuration(), serverIdle),
		"the cluster %s uses connections that the server may be closing", name)
}

// under reports whether a duration is set and below a bound.
func under(d, bound time.Duration) bool { return d > 0 && d < bound }

func checkAdmin(p *problems, config *bootstrap.Bootstrap, project *types.Project) {
	address := config.GetAdmin().GetAddress().GetSocketAddress()
	p.want(net.ParseIP(address.GetAddress()).IsLoopback(), "the admin listens at %q, not on loopback", address.GetAddress())
	asked := strings.Join(project.Services[edgeService].HealthCheck.Test, " ")
	p.want(strings.Contains(asked, fmt.Sprintf("/dev/tcp/127.0.0.1/%d ", address.GetPortValue())), "compose's healthcheck does not ask the admin's port %d", address.GetPortValue())
	checkDrain(p, project.Services[edgeService], address.GetPortValue())
}

// hookWait is the end of the edge's hook: a wait that can't fail, since a hook
// that fails keeps Compose from stopping.
var hookWait = regexp.MustCompile(`; sleep (\d+)$`)

// checkDrain wants the edge to be drained before Compose stops it, for as long
// as connections are asked to go and a request that came at the end may take.
func checkDrain(p *problems, s types.ServiceConfig, port uint32) {
	drain := time.Duration(0)
	if index := slices.Index(s.Command, "--drain-time-s"); index >= 0 && index+1 < len(s.Command) {
		seconds, _ := strconv.Atoi(s.Command[index+1]) // 0 is none
		drain = time.Duration(seconds) * time.Second
	}
	p.want(drain > 0, "%s of compose has no drain time, and Envoy's is ten minutes", s.Name)
	if len(s.PreStop) != 1 {
		p.addf("%s of compose does not drain when it stops: pre_stop", s.Name)
		return
	}
	hook := strings.Join(s.PreStop[0].Command, " ")
	wait := hookWait.FindStringSubmatch(hook)
	if wait == nil || !strings.Contains(hook, fmt.Sprintf("/dev/tcp/127.0.0.1/%d &&", port)) || !strings.Contains(hook, "POST /drain_listeners?graceful") {
		p.addf("%s of compose does not drain when it stops: pre_stop", s.Name)
		return
	}
	seconds, _ := strconv.Atoi(wait[1]) // digits
	waits := time.Duration(seconds) * time.Second
	grace := value(s.StopGracePeriod)
	p.want(waits >= drain+handlerTime && time.Duration(grace) > waits, "%s of compose ends before it has drained", s.Name)
}

func checkOverload(p *problems, config *bootstrap.Bootstrap) {
	var names []string
	for _, monitor := range config.GetOverloadManager().GetResourceMonitors() {
		names = append(names, monitor.GetName())
	}
	p.want(slices.Contains(names, "envoy.resource_monitors.global_downstream_max_connections"), "nothing bounds the connections of clients")
}

func checkEdge(p *problems, config *bootstrap.Bootstrap) {
	index := slices.IndexFunc(config.GetStaticResources().GetListeners(), func(l *listener.Listener) bool { return l.GetName() == edgeListener })
	if index < 0 {
		p.addf("there is no listener %s", edgeListener)
		return
	}
	edge := config.GetStaticResources().GetListeners()[index]
	port := edge.GetAddress().GetSocketAddress().GetPortValue()
	p.want(port == edgePort, "the edge listens at %d, and %d is published", port, edgePort)
	p.want(edge.GetListenerFiltersTimeout() == nil || len(edge.GetListenerFilters()) > 0, "listener_filters_timeout bounds listener filters, and there are none")
	p.want(edge.GetPerConnectionBufferLimitBytes().GetValue() > 0, "nothing bounds what waits for a slow client")
	managers := find[*manager.HttpConnectionManager](edge)
	p.want(len(managers) == 1, "the edge has %d connection managers", len(managers))
	for _, m := range managers {
		checkManager(p, m)
		checkAccessLog(p, m)
		checkRoutes(p, m.GetRouteConfig())
	}
}

func checkManager(p *problems, m *manager.HttpConnectionManager) {
	p.want(m.GetUseRemoteAddress().GetValue(), "a client may say who it is: use_remote_address")
	p.want(m.GetNormalizePath().GetValue() && m.GetMergeSlashes(), "a path has several forms: normalize_path, merge_slashes")
	p.want(m.GetPreserveExternalRequestId() && m.GetGenerateRequestId().GetValue(), "x-request-id is not kept")
	kb := m.GetMaxRequestHeadersKb().GetValue()
	p.want(kb > 0 && kb <= mostHeaderKB, "headers of %d KiB are let through, and servers take %d", kb, mostHeaderKB)
	p.want(m.GetCommonHttpProtocolOptions().GetMaxHeadersCount().GetValue() > 0, "the number of headers has no bound")
	p.want(m.GetRequestHeadersTimeout().AsDuration() > 0, "headers may take for ever")
	p.want(m.GetRequestTimeout().AsDuration() > 0, "a body may take for ever")
	p.want(m.GetStreamIdleTimeout().AsDuration() > 0, "an idle stream has no timeout")
	p.want(len(m.GetUpgradeConfigs()) == 0, "an upgrade is allowed on every route")
	limits := find[*buffer.Buffer](m)
	bounded := slices.ContainsFunc(limits, func(b *buffer.Buffer) bool {
		return b.GetMaxRequestBytes().GetValue() > 0 && b.GetMaxRequestBytes().GetValue() <= mostBody
	})
	p.want(bounded, "a body has no bound of %d bytes", mostBody)
}

// secretive are parts of operators that could show a token.
var secretive = []string{"%REQ(:PATH", "%REQ(X-ENVOY-ORIGINAL-PATH", "%PATH(WQ", "%PATH()", "%PATH%", "AUTHORIZATION", "COOKIE", "REFERER", "SEC-WEBSOCKET"}

func checkAccessLog(p *problems, m *manager.HttpConnectionManager) {
	logs := find[*stream.StdoutAccessLog](m)
	p.want(len(logs) == 1, "the edge must have one access log on stdout")
	for _, log := range logs {
		format := log.GetLogFormat().GetJsonFormat()
		p.want(format != nil, "the access log is not JSON")
		text := strings.ToUpper(flatten(format))
		for _, part := range secretive {
			p.want(!strings.Contains(text, part), "the access log has %s, which may hold a token", part)
		}
		p.want(strings.Contains(text, "%REQ_WITHOUT_QUERY(") && len(find[*withoutquery.ReqWithoutQuery](log)) == 1, "the access log does not show the path without its query")
	}
}

// flatten joins all that the fields of a JSON format say.
func flatten(format *structpb.Struct) string {
	var all strings.Builder
	for _, value := range find[*structpb.Value](format) {
		all.WriteString(value.GetStringValue() + "\n")
	}
	return all.String()
}

func checkRoutes(p *problems, config *route.RouteConfiguration) {
	for _, hidden := range []string{"/metrics", "/readyz"} {
		r := firstRoute(config, "GET", hidden)
		p.want(r.GetDirectResponse().GetStatus() == 404, "%s is not hidden", hidden)
	}
	p.want(firstRoute(config, "GET", "/healthz").GetDirectResponse().GetStatus() == 200, "/healthz is not answered")
	checkChannel(p, firstRoute(config, "GET", channelPath))
	for _, request := range [][2]string{{"GET", "/"}, {"GET", "/messages"}, {"GET", "/auth"}, {"POST", "/auth"}, {"GET", "/c/lobby"}, {"GET", "/docs"}} {
		r := firstRoute(config, request[0], request[1])
		where := request[0] + " " + request[1]
		p.want(r.GetRoute().GetCluster() == "api", "%s goes to the cluster %q, not api", where, r.GetRoute().GetCluster())
		p.want(r.GetRoute().GetTimeout().AsDuration() > handlerTime, "%s is given up before its handler", where)
		p.want(len(r.GetRoute().GetUpgradeConfigs()) == 0, "%s may be upgraded", where)
		p.want(r.GetTypedPerFilterConfig()[bufferFilter] == nil, "%s has another bound of its body", where)
	}
	checkRetries(p, "POST /auth", firstRoute(config, "POST", "/auth"))
	checkRetries(p, "GET "+channelPath, firstRoute(config, "GET", channelPath))
}

func checkChannel(p *problems, r *route.Route) {
	action := r.GetRoute()
	p.want(action.GetCluster() == "gateway", "%s goes to the cluster %q, not gateway", channelPath, action.GetCluster())
	p.want(slices.ContainsFunc(action.GetUpgradeConfigs(), func(u *route.RouteAction_UpgradeConfig) bool {
		return u.GetUpgradeType() == "websocket" && (u.GetEnabled() == nil || u.GetEnabled().GetValue())
	}), "%s can't be upgraded to a websocket", channelPath)
	p.want(action.GetTimeout() != nil && action.GetTimeout().AsDuration() == 0, "%s has a timeout, and a socket has none", channelPath)
	p.want(action.GetIdleTimeout().AsDuration() >= leastSocketIdle, "%s is cut after %v without a frame", channelPath, action.GetIdleTimeout().AsDuration())
	p.want(action.GetMaxStreamDuration() == nil, "%s ends sockets by their age", channelPath)
	off := false
	if packed := r.GetTypedPerFilterConfig()[bufferFilter]; packed != nil {
		var perRoute buffer.BufferPerRoute
		off = packed.UnmarshalTo(&perRoute) == nil && perRoute.GetDisabled()
	}
	p.want(off, "%s is buffered, and frames are no body", channelPath)
}

// checkRetries lets a request be sent again only when nothing of it was sent.
func checkRetries(p *problems, where string, r *route.Route) {
	unsent := []string{"connect-failure", "refused-stream", "reset-before-request"}
	for on := range strings.SplitSeq(r.GetRoute().GetRetryPolicy().GetRetryOn(), ",") {
		p.want(on == "" || slices.Contains(unsent, on), "%s may be sent twice: retry_on %s", where, on)
	}
}
