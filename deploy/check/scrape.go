package check

import (
	"maps"
	"slices"
	"strings"

	v1 "k8s.io/api/core/v1"
)

const (
	// serviceDomain is what a service's name ends with in Kubernetes.
	serviceDomain = "." + namespace + ".svc.cluster.local"
	// edgeStatsPath is where Envoy answers at statsPort.
	edgeStatsPath = "/stats/prometheus"
)

// checkClusterScrapes holds what is scraped in Kubernetes to the jobs of
// compose, which the alerts ask for, and to the manifests.
func checkClusterScrapes(files Files, m *manifests) []string {
	p := &problems{file: clusterScrapes}
	ours, err := readScrapes(files, prometheusFile)
	if err != nil {
		return nil // checkPrometheus says so
	}
	config, err := readScrapes(files, clusterScrapes)
	if err != nil {
		p.addf("%v", err)
		return p.list
	}
	jobs := map[string]bool{}
	for _, scrape := range config.Scrapes {
		p.want(!jobs[scrape.Job], "the job %s is there twice", scrape.Job)
		jobs[scrape.Job] = true
		for _, dns := range scrape.DNS {
			p.want(dns.Type == "A", "%s needs records of the type A", scrape.Job)
			for _, name := range dns.Names {
				checkClusterTarget(p, m, scrape.Job, scrape.Path, name, dns.Port)
			}
		}
	}
	for _, scrape := range ours.Scrapes {
		p.want(jobs[scrape.Job] || len(scrape.DNS) == 0, "there is no job %s, which compose has", scrape.Job)
	}
	checkScrapedOnce(p, m)
	return p.list
}

// checkClusterTarget wants a headless service with that port, of the job's role.
func checkClusterTarget(p *problems, m *manifests, job, path, name string, port int) {
	short, ok := strings.CutSuffix(name, serviceDomain)
	service := m.services[short]
	if !ok || service == nil {
		p.addf("%s scrapes %s, which is no service", job, name)
		return
	}
	listens := slices.ContainsFunc(service.Spec.Ports, func(have v1.ServicePort) bool { return int(have.Port) == port })
	p.want(service.Spec.ClusterIP == v1.ClusterIPNone && service.Spec.PublishNotReadyAddresses, "%s scrapes %s, which does not name each server", job, name)
	p.want(listens, "%s scrapes %s:%d, where nobody listens", job, name, port)
	of := m.backing(service)
	if of == nil {
		return // checkBackends says so
	}
	if of.name == edgeService {
		p.want(job == edgeService && path == edgeStatsPath, "%s scrapes %s of %s", job, path, of.name)
		return
	}
	p.want(job == "chitchat-"+of.name && path == "", "%s scrapes %s of %s", job, path, of.name)
}

// checkScrapedOnce wants no pod to ask for a second job by its annotations:
// sums over servers would count it twice.
func checkScrapedOnce(p *problems, m *manifests) {
	for _, w := range m.workloads {
		for _, name := range slices.Sorted(maps.Keys(w.template.Annotations)) {
			p.want(!strings.HasPrefix(name, "prometheus.io/"), "%s is scraped twice, by %s, too", w.name, name)
		}
	}
}
