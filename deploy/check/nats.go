package check

import (
	"maps"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/nats-io/nats-server/v2/server"
)

const (
	natsServers = 3
	// leastPayload is the longest event, domain.MaxEventBytes, with its headers.
	leastPayload = 64<<10 + 8<<10
)

var natsVariable = regexp.MustCompile(`\$NATS_[A-Z0-9_]+`)

// parseNATS reads nats.conf as nats-server does, with a service's environment.
// The environment of this process is not touched.
func parseNATS(text string, s types.ServiceConfig) (*server.Options, error) {
	text = natsVariable.ReplaceAllStringFunc(text, func(name string) string {
		if value := setting(s, name[1:]); value != "" {
			return value
		}
		return name // the parser says that it is missing
	})
	folder, err := os.MkdirTemp("", "nats-conf-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	path := filepath.Join(folder, "nats.conf")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return nil, err
	}
	return server.ProcessConfigFile(path)
}

func checkNATS(files Files, facts Facts, project *types.Project) []string {
	p := &problems{file: natsFile}
	servers := map[string]types.ServiceConfig{}
	for _, s := range project.Services {
		if name := setting(s, "NATS_SERVER_NAME"); name != "" {
			servers[name] = s
		}
	}
	p.want(len(servers) == natsServers, "there are %d servers with names of their own, not %d", len(servers), natsServers)
	for _, name := range slices.Sorted(maps.Keys(servers)) {
		options, err := parseNATS(files[natsFile], servers[name])
		if err != nil {
			p.addf("for %s: %v", name, err)
			continue
		}
		checkServer(p, options, servers[name])
		checkPeers(p, options.Routes, servers, name)
		checkLogin(p, facts, options, project)
	}
	checkDisks(p, servers)
	replicas := project.Services["gateway"].Environment["CHITCHAT_REPLICAS"]
	p.want(replicas != nil && *replicas == strconv.Itoa(natsServers), "the gateways do not make the log with %d replicas", natsServers)
	return p.list
}

func checkServer(p *problems, o *server.Options, s types.ServiceConfig) {
	p.want(o.ServerName == s.Name, "the server %s is the service %s", o.ServerName, s.Name)
	p.want(o.JetStream, "%s has no JetStream", s.Name)
	p.want(o.SyncAlways, "%s acknowledges before it has synced", s.Name)
	p.want(o.MaxPayload >= leastPayload, "%s takes no event of %d bytes", s.Name, leastPayload)
	p.want(o.Cluster.Name != "" && o.Cluster.Username != "" && o.Cluster.Password != "", "%s lets anybody be a server of the cluster", s.Name)
	p.want(o.SystemAccount == "SYS", "%s has the system account %q", s.Name, o.SystemAccount)
	p.want(net.ParseIP(o.HTTPHost).IsLoopback(), "the monitoring of %s is at %s, not on loopback", s.Name, o.HTTPHost)
	asked := strings.Join(s.HealthCheck.Test, " ")
	p.want(strings.Contains(asked, "127.0.0.1:"+strconv.Itoa(o.HTTPPort)+"/healthz"), "the healthcheck of %s does not ask its monitoring", s.Name)
	p.want(s.StopSignal == "SIGUSR2", "%s does not hand over what it leads when it stops", s.Name)
}

// checkPeers wants a route to each server, at the port where it listens.
func checkPeers(p *problems, routes []*url.URL, servers map[string]types.ServiceConfig, of string) {
	var want, got []string
	for name, s := range servers {
		_, port, _ := net.SplitHostPort(setting(s, "NATS_CLUSTER_LISTEN"))
		want = append(want, net.JoinHostPort(name, port))
	}
	for _, r := range routes {
		got = append(got, r.Host)
		password, _ := r.User.Password()
		p.want(password == setting(servers[of], "NATS_CLUSTER_PASSWORD") && password != "", "%s has a route without the cluster's password", of)
	}
	slices.Sort(want)
	slices.Sort(got)
	p.want(slices.Equal(got, want), "%s has routes to %v, and the servers listen at %v", of, got, want)
}

// checkLogin holds the URLs of make env to the accounts and the servers.
func checkLogin(p *problems, facts Facts, o *server.Options, project *types.Project) {
	for variable, account := range map[string]string{"NATS_URL": "CHITCHAT", "NATS_SYSTEM_URL": "SYS"} {
		hosts := 0
		for text := range strings.SplitSeq(facts.Environment[variable], ",") {
			address, err := url.Parse(text)
			if err != nil {
				p.addf("%s of make env is no list of URLs", variable)
				continue
			}
			hosts++
			password, _ := address.User.Password()
			index := slices.IndexFunc(o.Users, func(u *server.User) bool {
				return u.Username == address.User.Username() && u.Password == password
			})
			p.want(index >= 0 && o.Users[index].Account.GetName() == account, "the user of %s is not of the account %s", variable, account)
			port, _ := strconv.Atoi(address.Port())
			p.want(slices.Contains(listens(project.Services[address.Hostname()]), port), "%s has %s, where nobody listens", variable, address.Host)
		}
		p.want(hosts == natsServers, "%s names %d servers, not %d", variable, hosts, natsServers)
	}
}

// checkDisks wants a volume of its own for each server where it stores.
func checkDisks(p *problems, servers map[string]types.ServiceConfig) {
	seen := map[string]string{}
	for name, s := range servers {
		found := false
		for _, v := range s.Volumes {
			if v.Type != types.VolumeTypeVolume || v.Target != setting(s, "NATS_STORE_DIR") {
				continue
			}
			found = true
			p.want(seen[v.Source] == "", "%s and %s share the volume %s", name, seen[v.Source], v.Source)
			seen[v.Source] = name
		}
		p.want(found, "%s stores the log in no volume", name)
	}
}
