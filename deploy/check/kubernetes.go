package check

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"
	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	apps "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/util/intstr"
	"sigs.k8s.io/yaml"
)

const (
	secretExample = manifestFolder + "secret.example.yaml"
	namespace     = "chitchat"
)

// kustomization is the part of kustomization.yaml that is checked.
type kustomization struct {
	Namespace  string   `json:"namespace"`
	Resources  []string `json:"resources"`
	ConfigMaps []struct {
		Name  string   `json:"name"`
		Files []string `json:"files"`
	} `json:"configMapGenerator"`
}

// workload is what a Deployment and a StatefulSet have in common.
type workload struct {
	name     string
	selector *meta.LabelSelector
	template v1.PodTemplateSpec
	replicas int32
}

// manifests are all objects, by kind.
type manifests struct {
	kustomization kustomization
	workloads     []workload
	services      map[string]*v1.Service
	budgets       map[string]*policy.PodDisruptionBudget
	policies      map[string]*networking.NetworkPolicy
	ingresses     []*networking.Ingress
	secrets       map[string]*v1.Secret
	namespaces    map[string]bool
}

// decoder decodes strictly: an unknown field and one that is there twice are errors.
func decoder() runtime.Decoder {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{v1.AddToScheme, apps.AddToScheme, policy.AddToScheme, networking.AddToScheme} {
		if err := add(scheme); err != nil {
			panic(err) // only when one type is registered twice
		}
	}
	return serializer.NewCodecFactory(scheme, serializer.EnableStrict).UniversalDeserializer()
}

func readManifests(p *problems, files Files) *manifests {
	m := &manifests{
		services: map[string]*v1.Service{}, budgets: map[string]*policy.PodDisruptionBudget{},
		policies: map[string]*networking.NetworkPolicy{}, secrets: map[string]*v1.Secret{}, namespaces: map[string]bool{},
	}
	decode := decoder()
	for _, path := range files.below(manifestFolder) {
		for i, document := range strings.Split("\n"+files[path], "\n---\n") {
			object, _, err := decode.Decode([]byte(document), nil, nil)
			if err != nil {
				p.addf("%s, document %d: %v", path, i+1, err)
				continue
			}
			m.add(p, object)
		}
	}
	if err := yaml.UnmarshalStrict([]byte(files[kustomizeFile]), &struct {
		meta.TypeMeta `json:",inline"`
		*kustomization
		Images []map[string]string `json:"images"`
	}{kustomization: &m.kustomization}); err != nil {
		p.addf("%s: %v", kustomizeFile, err)
	}
	return m
}

func (m *manifests) add(p *problems, object runtime.Object) {
	switch o := object.(type) {
	case *apps.Deployment:
		m.workloads = append(m.workloads, workload{o.Name, o.Spec.Selector, o.Spec.Template, value(o.Spec.Replicas)})
	case *apps.StatefulSet:
		m.workloads = append(m.workloads, workload{o.Name, o.Spec.Selector, o.Spec.Template, value(o.Spec.Replicas)})
		p.want(len(o.Spec.VolumeClaimTemplates) > 0, "%s keeps no volume", o.Name)
	case *v1.Service:
		m.services[o.Name] = o
	case *v1.Secret:
		m.secrets[o.Name] = o
	case *v1.Namespace:
		m.namespaces[o.Name] = true
	case *policy.PodDisruptionBudget:
		m.budgets[o.Name] = o
	case *networking.NetworkPolicy:
		m.policies[o.Name] = o
	case *networking.Ingress:
		m.ingresses = append(m.ingresses, o)
	default:
		p.addf("%T is not checked", object)
	}
}

// value returns what a pointer points to, or the zero value.
func value[T any](pointer *T) (zero T) {
	if pointer == nil {
		return zero
	}
	return *pointer
}

func checkManifests(files Files, facts Facts, project *types.Project) []string {
	p := &problems{file: manifestFolder}
	m := readManifests(p, files)
	checkKustomization(p, files, m)
	var names []string
	for _, w := range m.workloads {
		names = append(names, w.name)
		checkWorkload(p, m, w)
		checkContainers(p, m, facts, project, w)
	}
	for _, name := range []string{"api", "envoy", "gateway", "nats", "projector"} {
		p.want(slices.Contains(names, name), "there is no workload %s", name)
	}
	for _, name := range slices.Sorted(maps.Keys(m.services)) {
		checkBackends(p, m, m.services[name])
	}
	checkPolicies(p, m)
	checkIngresses(p, m)
	checkEdgeNames(p, files, m)
	return append(p.list, checkClusterScrapes(files, m)...)
}

func checkKustomization(p *problems, files Files, m *manifests) {
	p.want(m.kustomization.Namespace == namespace && m.namespaces[namespace], "the namespace %s is not made", namespace)
	for _, path := range files.below(manifestFolder) {
		listed := slices.Contains(m.kustomization.Resources, strings.TrimPrefix(path, "deploy/"))
		p.want(listed != (path == secretExample), "%s must be a resource, and the example of a secret must not", path)
	}
	for _, resource := range m.kustomization.Resources {
		p.want(files.exists("deploy/"+resource), "the resource %s is not there", resource)
	}
	for _, generated := range m.kustomization.ConfigMaps {
		for _, file := range generated.Files {
			p.want(files.exists("deploy/"+file), "the file %s is not there", file)
		}
	}
}

func matches(selector *meta.LabelSelector, of map[string]string) bool {
	compiled, err := meta.LabelSelectorAsSelector(selector)
	return err == nil && compiled.Matches(labels.Set(of))
}

func checkWorkload(p *problems, m *manifests, w workload) {
	p.want(!empty(w.selector) && matches(w.selector, w.template.Labels), "%s does not select its own pods", w.name)
	budget := m.budgets[w.name]
	p.want(budget != nil && !empty(budget.Spec.Selector) && matches(budget.Spec.Selector, w.template.Labels), "%s has no disruption budget", w.name)
	p.want(w.replicas >= copies, "%s has %d replicas", w.name, w.replicas)
	spec := w.template.Spec
	p.want(len(spec.TopologySpreadConstraints) > 0, "%s may be on one machine", w.name)
	for _, spread := range spec.TopologySpreadConstraints {
		p.want(matches(spread.LabelSelector, w.template.Labels), "%s spreads other pods than its own", w.name)
	}
	security := value(spec.SecurityContext)
	p.want(value(security.RunAsNonRoot) && security.SeccompProfile != nil, "%s may run as root", w.name)
	p.want(!value(spec.AutomountServiceAccountToken) && spec.AutomountServiceAccountToken != nil, "%s gets a token of Kubernetes", w.name)
	p.want(value(spec.TerminationGracePeriodSeconds) > int64(leastGrace.Seconds()), "%s is killed before it has drained", w.name)
	for _, volume := range spec.Volumes {
		checkVolume(p, m, w, volume)
	}
}

func empty(selector *meta.LabelSelector) bool {
	return selector == nil || len(selector.MatchLabels)+len(selector.MatchExpressions) == 0
}

func checkVolume(p *problems, m *manifests, w workload, volume v1.Volume) {
	if volume.ConfigMap != nil {
		made := slices.ContainsFunc(m.kustomization.ConfigMaps, func(c struct {
			Name  string   `json:"name"`
			Files []string `json:"files"`
		}) bool {
			return c.Name == volume.ConfigMap.Name
		})
		p.want(made, "%s mounts the config map %s, which nobody makes", w.name, volume.ConfigMap.Name)
	}
	if volume.Secret != nil {
		for _, item := range volume.Secret.Items {
			checkSecretKey(p, m, w, volume.Secret.SecretName, item.Key)
		}
	}
}

func checkSecretKey(p *problems, m *manifests, w workload, name, key string) {
	secret := m.secrets[name]
	p.want(secret != nil && secret.StringData[key] != "", "%s reads %s of the secret %s, which the example does not have", w.name, key, name)
}

func checkContainers(p *problems, m *manifests, facts Facts, project *types.Project, w workload) {
	for _, c := range w.template.Spec.Containers {
		security := value(c.SecurityContext)
		p.want(value(security.ReadOnlyRootFilesystem) && security.AllowPrivilegeEscalation != nil && !*security.AllowPrivilegeEscalation &&
			security.Capabilities != nil && slices.Contains(security.Capabilities.Drop, "ALL"), "%s may do more than it has to", w.name)
		p.want(!c.Resources.Limits.Memory().IsZero() && !c.Resources.Requests.Cpu().IsZero(), "%s names no resources", w.name)
		checkProbes(p, w, c)
		if c.Image == "chitchat" {
			checkProgram(p, m, facts, w, c)
			continue
		}
		same := slices.ContainsFunc(slices.Collect(maps.Values(project.Services)), func(s types.ServiceConfig) bool { return s.Image == c.Image })
		p.want(same, "%s has the image %s, and compose another", w.name, c.Image)
		checkVariables(p, m, w, c, func(name string) bool { return strings.HasPrefix(name, "NATS_") })
	}
}

func checkProbes(p *problems, w workload, c v1.Container) {
	for name, probe := range map[string]*v1.Probe{"startup": c.StartupProbe, "readiness": c.ReadinessProbe, "liveness": c.LivenessProbe} {
		if probe == nil {
			p.addf("%s has no %s probe", w.name, name)
			continue
		}
		var port intstr.IntOrString
		switch {
		case probe.HTTPGet != nil:
			port = probe.HTTPGet.Port
		case probe.TCPSocket != nil:
			port = probe.TCPSocket.Port
		}
		p.want(containerPort(w.template, port) > 0, "the %s probe of %s asks the port %q, which is not there", name, w.name, port.String())
	}
}

// containerPort returns the number of a pod's port, 0 when it has none like it.
func containerPort(template v1.PodTemplateSpec, port intstr.IntOrString) int32 {
	for _, c := range template.Spec.Containers {
		for _, have := range c.Ports {
			if port.Type == intstr.String && have.Name == port.StrVal || port.Type == intstr.Int && have.ContainerPort == port.IntVal {
				return have.ContainerPort
			}
		}
	}
	return 0
}

// checkProgram holds a container of chitchat to what the program reads.
func checkProgram(p *problems, m *manifests, facts Facts, w workload, c v1.Container) {
	p.want(c.ReadinessProbe != nil && c.ReadinessProbe.HTTPGet != nil && c.ReadinessProbe.HTTPGet.Path == "/readyz", "%s is not asked whether it is ready", w.name)
	checkVariables(p, m, w, c, func(name string) bool { return known(facts, name) })
	have := map[string]string{}
	for _, variable := range c.Env {
		have[variable.Name] = variable.Value
	}
	p.want(have["CHITCHAT_ROLES"] == w.name, "%s has the roles %q", w.name, have["CHITCHAT_ROLES"])
	for _, port := range c.Ports {
		p.want(have["CHITCHAT_LISTEN"] == fmt.Sprintf(":%d", port.ContainerPort), "%s listens at %q, and its port is %d", w.name, have["CHITCHAT_LISTEN"], port.ContainerPort)
	}
	for _, name := range allSecrets {
		file := have[name+"_FILE"]
		p.want((file != "") == slices.Contains(needs[w.name], name), "%s must have %v", w.name, needs[w.name])
		p.want(file == "" || slices.Contains(secretFiles(w, c), file), "%s reads %s, which is not mounted", w.name, file)
	}
}

// secretFiles returns the paths of a container's secrets.
func secretFiles(w workload, c v1.Container) []string {
	var files []string
	for _, volume := range w.template.Spec.Volumes {
		for _, mount := range c.VolumeMounts {
			if volume.Secret == nil || mount.Name != volume.Name {
				continue
			}
			for _, item := range volume.Secret.Items {
				files = append(files, mount.MountPath+"/"+item.Path)
			}
		}
	}
	return files
}

func checkVariables(p *problems, m *manifests, w workload, c v1.Container, read func(string) bool) {
	for _, variable := range c.Env {
		p.want(read(variable.Name), "%s sets %s, which nobody reads", w.name, variable.Name)
		if variable.ValueFrom != nil && variable.ValueFrom.SecretKeyRef != nil {
			checkSecretKey(p, m, w, variable.ValueFrom.SecretKeyRef.Name, variable.ValueFrom.SecretKeyRef.Key)
		}
	}
}

// backing returns the workload that a service leads to.
func (m *manifests) backing(s *v1.Service) *workload {
	for i, w := range m.workloads {
		if len(s.Spec.Selector) > 0 && labels.SelectorFromSet(s.Spec.Selector).Matches(labels.Set(w.template.Labels)) {
			return &m.workloads[i]
		}
	}
	return nil
}

func checkBackends(p *problems, m *manifests, s *v1.Service) {
	w := m.backing(s)
	if w == nil {
		p.addf("the service %s leads to no pod", s.Name)
		return
	}
	for _, port := range s.Spec.Ports {
		number := containerPort(w.template, port.TargetPort)
		p.want(number > 0, "the service %s leads to the port %q, which %s does not have", s.Name, port.TargetPort.String(), w.name)
		p.want(s.Spec.ClusterIP != v1.ClusterIPNone || number == port.Port, "the headless service %s says %d, and %s listens at %d", s.Name, port.Port, w.name, number)
	}
}

func checkPolicies(p *problems, m *manifests) {
	closed := false
	for _, rules := range m.policies {
		if empty(&rules.Spec.PodSelector) {
			closed = closed || len(rules.Spec.Ingress) == 0 && slices.Contains(rules.Spec.PolicyTypes, networking.PolicyTypeIngress)
			continue
		}
		index := slices.IndexFunc(m.workloads, func(w workload) bool { return matches(&rules.Spec.PodSelector, w.template.Labels) })
		if index < 0 {
			p.addf("the network policy %s is of no pod", rules.Name)
			continue
		}
		for _, in := range rules.Spec.Ingress {
			for _, port := range in.Ports {
				p.want(port.Port == nil || containerPort(m.workloads[index].template, *port.Port) > 0, "the network policy %s opens the port %q, which is not there", rules.Name, port.Port.String())
			}
			checkPeersExist(p, m, rules.Name, in.From)
		}
		for _, out := range rules.Spec.Egress {
			checkPeersExist(p, m, rules.Name, out.To)
		}
	}
	p.want(closed, "no network policy closes what is not named")
}

// checkPeersExist wants each peer of the same namespace to be a pod of ours.
func checkPeersExist(p *problems, m *manifests, name string, peers []networking.NetworkPolicyPeer) {
	for _, peer := range peers {
		if peer.NamespaceSelector != nil || peer.PodSelector == nil {
			continue
		}
		found := slices.ContainsFunc(m.workloads, func(w workload) bool { return matches(peer.PodSelector, w.template.Labels) })
		p.want(found, "the network policy %s names a pod that is not there", name)
	}
}

func checkIngresses(p *problems, m *manifests) {
	p.want(len(m.ingresses) > 0, "there is no way in")
	for _, ingress := range m.ingresses {
		for _, rule := range ingress.Spec.Rules {
			for _, path := range rule.HTTP.Paths {
				backend := value(path.Backend.Service)
				service := m.services[backend.Name]
				found := service != nil && slices.ContainsFunc(service.Spec.Ports, func(port v1.ServicePort) bool {
					return port.Name == backend.Port.Name && port.Name != "" || port.Port == backend.Port.Number
				})
				p.want(backend.Name == edgeService && found, "the ingress leads to %s, port %q", backend.Name, backend.Port.Name)
			}
		}
	}
}

// checkEdgeNames wants the clusters of envoy.yaml to be services here, too,
// with an address for each server.
func checkEdgeNames(p *problems, files Files, m *manifests) {
	config, err := readBootstrap(files[envoyFile])
	if err != nil {
		return // checkEnvoy says so
	}
	for _, c := range config.GetStaticResources().GetClusters() {
		for _, address := range find[*core.SocketAddress](c.GetLoadAssignment()) {
			if address.GetAddress() == "127.0.0.1" {
				continue
			}
			s := m.services[address.GetAddress()]
			found := s != nil && s.Spec.ClusterIP == v1.ClusterIPNone && slices.ContainsFunc(s.Spec.Ports, func(port v1.ServicePort) bool {
				return uint32(port.Port) == address.GetPortValue()
			})
			p.want(s == nil || s.Spec.PublishNotReadyAddresses, "the service %s hides servers that are not ready from Envoy, which asks them itself", address.GetAddress())
			p.want(found, "Envoy's cluster %s is at %s:%d, which is no headless service", c.GetName(), address.GetAddress(), address.GetPortValue())
		}
	}
}
