package check

import (
	"context"
	"maps"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
)

const (
	// edgeService is the only one that is published, at edgePort.
	edgeService = "envoy"
	edgePort    = 8080
	// observeProfile adds Prometheus and Grafana.
	observeProfile = "observe"
	observeService = "grafana"
	// leastGrace is how long serve may take to end: a notice of 3 s, 10 s for
	// sockets and requests, 10 s for the rest.
	leastGrace = 23 * time.Second
	// copies is how many of each role there are at least.
	copies = 2

	secretFolder = "/run/secrets/"
)

// loadCompose reads docker-compose.yml as `docker compose` does, with all
// profiles and what `make env` writes.
func loadCompose(files Files, facts Facts, profiles ...string) (*types.Project, error) {
	return loader.LoadWithContext(context.Background(), types.ConfigDetails{
		WorkingDir:  "/repository",
		ConfigFiles: []types.ConfigFile{{Filename: composeFile, Content: []byte(files[composeFile])}},
		Environment: maps.Clone(facts.Environment), // the loader adds to it
	}, func(o *loader.Options) {
		o.SetProjectName("chitchat", true)
		o.Profiles = profiles
		o.ResolvePaths = false
	})
}

// checkCompose returns the project with all profiles, nil when it can't be read.
func checkCompose(files Files, facts Facts) (*types.Project, []string) {
	p := &problems{file: composeFile}
	bare, err := loadCompose(files, facts)
	if err != nil {
		p.addf("%v", err)
		return nil, p.list
	}
	project, err := loadCompose(files, facts, observeProfile)
	if err != nil {
		p.addf("with the profile %s: %v", observeProfile, err)
		return nil, p.list
	}
	for _, name := range []string{"prometheus", observeService} {
		_, always := bare.Services[name]
		_, observed := project.Services[name]
		p.want(!always && observed, "%s must be there with the profile %s only", name, observeProfile)
	}
	for _, name := range slices.Sorted(maps.Keys(project.Services)) {
		service := project.Services[name]
		checkService(p, files, project, service)
		checkPorts(p, service)
		if role(service) != "" {
			checkChitchat(p, facts, project, service)
		}
	}
	checkRoles(p, project)
	checkSeparation(p, project)
	return project, p.list
}

func checkService(p *problems, files Files, project *types.Project, s types.ServiceConfig) {
	p.want(hasHealthcheck(s), "%s has no healthcheck", s.Name)
	p.want(pinned(s.Image) || s.Build != nil, "%s has the image %q, which is not pinned", s.Name, s.Image)
	p.want(s.Restart != "" && s.Restart != "no", "%s has no restart policy", s.Name)
	p.want(slices.Contains(s.CapDrop, "ALL"), "%s keeps capabilities", s.Name)
	p.want(s.Deploy != nil && s.Deploy.Resources.Limits != nil && s.Deploy.Resources.Limits.MemoryBytes > 0, "%s has no limit of memory", s.Name)
	p.want(!s.ReadOnly || len(s.Secrets) == 0, "%s is read_only and has secrets, which Compose can't copy into it", s.Name)
	for name, dependency := range s.DependsOn {
		other := project.Services[name]
		p.want(dependency.Condition == types.ServiceConditionHealthy && hasHealthcheck(other), "%s does not wait until %s is healthy", s.Name, name)
	}
	for _, volume := range s.Volumes {
		p.want(volume.Type != types.VolumeTypeBind || files.exists(strings.TrimPrefix(volume.Source, "./")), "%s mounts %s, which is not there", s.Name, volume.Source)
	}
	for _, secret := range s.Secrets {
		from := project.Secrets[secret.Source].Environment
		p.want(from != "" && project.Environment[from] != "", "%s has the secret %s, which make env does not write", s.Name, secret.Source)
	}
}

func hasHealthcheck(s types.ServiceConfig) bool {
	h := s.HealthCheck
	return h != nil && !h.Disable && len(h.Test) > 1 && h.Test[0] != "NONE" && h.Interval != nil && h.Timeout != nil
}

func checkPorts(p *problems, s types.ServiceConfig) {
	for _, port := range s.Ports {
		switch s.Name {
		case edgeService:
			p.want(port.Target == edgePort && port.Published == strconv.Itoa(edgePort), "%s publishes %d as %s, not %d", s.Name, port.Target, port.Published, edgePort)
		case observeService:
			p.want(net.ParseIP(port.HostIP).IsLoopback(), "%s is published beyond loopback", s.Name)
		default:
			p.addf("%s publishes a port; only %s may", s.Name, edgeService)
		}
	}
	p.want(s.Name != edgeService || len(s.Ports) == 1, "%s must publish one port", s.Name)
}

// role returns the role of a service that runs chitchat, else nothing.
func role(s types.ServiceConfig) string { return setting(s, "CHITCHAT_ROLES") }

func setting(s types.ServiceConfig, name string) string {
	if value := s.Environment[name]; value != nil {
		return *value
	}
	return ""
}

// needs are the secrets of each role.
var needs = map[string][]string{
	"gateway":   {"JWT_SECRET", "NATS_SYSTEM_URL", "NATS_URL"},
	"api":       {"DATABASE_URL", "JWT_SECRET", "NATS_SYSTEM_URL", "NATS_URL"},
	"projector": {"DATABASE_URL", "NATS_SYSTEM_URL", "NATS_URL"},
}

// allSecrets are what no role is given in plain sight.
var allSecrets = []string{"DATABASE_URL", "JWT_SECRET", "NATS_SYSTEM_URL", "NATS_URL"}

func checkChitchat(p *problems, facts Facts, project *types.Project, s types.ServiceConfig) {
	test := s.HealthCheck
	p.want(test != nil && slices.Equal(test.Test, []string{"CMD", "/chitchat", "healthcheck"}), "%s does not ask chitchat healthcheck", s.Name)
	p.want(s.StopGracePeriod != nil && time.Duration(*s.StopGracePeriod) >= leastGrace, "%s is killed before it has drained", s.Name)
	for name := range s.Environment {
		p.want(known(facts, name), "%s sets %s, which chitchat does not read", s.Name, name)
	}
	want, ok := needs[role(s)]
	p.want(ok, "%s has the roles %q", s.Name, role(s))
	for _, name := range allSecrets {
		p.want(s.Environment[name] == nil, "%s has %s where docker inspect shows it", s.Name, name)
		file := setting(s, name+"_FILE")
		p.want((file != "") == slices.Contains(want, name), "%s, a %s, must have %v", s.Name, role(s), want)
		p.want(file == "" || mounted(project, s, file) == name, "%s reads %s from %q, which is not that secret", s.Name, name, file)
	}
}

// known reports whether the program reads the variable. What OpenTelemetry
// reads is its own.
func known(facts Facts, name string) bool {
	return facts.Settings[name] || strings.HasPrefix(name, "OTEL_")
}

// mounted returns the variable whose value a service finds in a file.
func mounted(project *types.Project, s types.ServiceConfig, file string) string {
	for _, secret := range s.Secrets {
		target := secret.Target
		if target == "" {
			target = secret.Source
		}
		if secretFolder+strings.TrimPrefix(target, secretFolder) == file {
			return project.Secrets[secret.Source].Environment
		}
	}
	return ""
}

func checkRoles(p *problems, project *types.Project) {
	count := map[string]int{}
	for _, s := range project.Services {
		if role(s) != "" {
			count[role(s)] += s.GetScale()
		}
	}
	for _, name := range slices.Sorted(maps.Keys(needs)) {
		p.want(count[name] >= copies, "there are %d of the role %s, not %d", count[name], name, copies)
	}
}

// checkSeparation holds Postgres away from those who have no business there.
func checkSeparation(p *problems, project *types.Project) {
	for _, s := range project.Services {
		reaches := share(s, project.Services["postgres"])
		needsTables := role(s) == "api" || role(s) == "projector" || s.Name == "postgres"
		p.want(reaches == needsTables, "%s must share a network with postgres only if it reads or writes tables", s.Name)
		needsLog := role(s) != ""
		p.want(!needsLog || share(s, project.Services["nats-1"]), "%s can't reach NATS", s.Name)
		out := leavesHost(project, s)
		p.want(out || role(s) == "", "%s has no way out, and its traces go nowhere", s.Name)
		p.want(!out || s.Name != "postgres" && setting(s, "NATS_SERVER_NAME") == "", "%s has a way out", s.Name)
	}
}

// leavesHost reports whether a service is on a network with a way out.
func leavesHost(project *types.Project, s types.ServiceConfig) bool {
	for name := range s.Networks {
		if !project.Networks[name].Internal {
			return true
		}
	}
	return false
}

// share reports whether two services share a network.
func share(a, b types.ServiceConfig) bool {
	for name := range a.Networks {
		if _, both := b.Networks[name]; both {
			return true
		}
	}
	return false
}

// listens returns the ports that a service listens on for others.
func listens(s types.ServiceConfig) []int {
	var ports []int
	for _, name := range []string{"CHITCHAT_LISTEN", "NATS_LISTEN", "NATS_CLUSTER_LISTEN"} {
		_, text, err := net.SplitHostPort(setting(s, name))
		if port, bad := strconv.Atoi(text); err == nil && bad == nil {
			ports = append(ports, port)
		}
	}
	return ports
}
