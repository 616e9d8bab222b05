package check

import (
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
	"sigs.k8s.io/yaml"
)

const (
	ownPrefix = "chitchat_"
	runbooks  = runbookFile + "#alert-"
	// statsPort is where Envoy tells Prometheus, see envoy.yaml.
	statsPort = 9902
)

// foreignPrefixes are of metrics that others register.
var foreignPrefixes = []string{"envoy_cluster_", "process_", "go_"}

// watched are the metrics that some alert must look at.
var watched = []string{
	"up", "chitchat_projector_lag_seconds", "chitchat_projector_leading", "chitchat_projector_fault",
	"chitchat_projector_quarantined_events", "chitchat_gateway_lease_losses_total", "chitchat_gateway_fenced",
	"chitchat_log_servers", "chitchat_log_replicas", "chitchat_gateway_appends_total",
	"chitchat_gateway_catch_ups_refused_total", "chitchat_gateway_closes_total", "envoy_cluster_membership_healthy",
}

// scrapeConfig is the part of prometheus.yml that is held to compose, and of
// kubernetes.yml that is held to the manifests.
type scrapeConfig struct {
	RuleFiles []string `json:"rule_files"`
	Scrapes   []struct {
		Job  string `json:"job_name"`
		Path string `json:"metrics_path"`
		DNS  []struct {
			Names []string `json:"names"`
			Type  string   `json:"type"`
			Port  int      `json:"port"`
		} `json:"dns_sd_configs"`
	} `json:"scrape_configs"`
}

func readScrapes(files Files, path string) (scrapeConfig, error) {
	var config scrapeConfig
	err := yaml.Unmarshal([]byte(files[path]), &config)
	return config, err
}

func checkPrometheus(files Files, project *types.Project) []string {
	p := &problems{file: prometheusFile}
	config, err := readScrapes(files, prometheusFile)
	if err != nil {
		p.addf("%v", err)
		return p.list
	}
	for _, rules := range config.RuleFiles {
		p.want(files.exists("deploy/prometheus/"+rules), "the rules %s are not there", rules)
	}
	p.want(slices.Contains(config.RuleFiles, "alerts.yml"), "alerts.yml is not loaded")
	scraped := map[string]bool{}
	for _, scrape := range config.Scrapes {
		for _, dns := range scrape.DNS {
			for _, name := range dns.Names {
				scraped[name] = true
				s, ok := project.Services[name]
				p.want(ok, "%s scrapes %s, which is no service", scrape.Job, name)
				p.want(!ok || slices.Contains(append(listens(s), edgeStats(s)...), dns.Port), "%s scrapes %s:%d, where nobody listens", scrape.Job, name, dns.Port)
				p.want(!ok || share(s, project.Services["prometheus"]), "Prometheus can't reach %s", name)
				p.want(role(s) == "" || scrape.Job == "chitchat-"+role(s), "%s is scraped as %s", name, scrape.Job)
				p.want(dns.Type == "A", "%s needs records of the type A", scrape.Job)
			}
		}
	}
	for name, s := range project.Services {
		p.want(scraped[name] || role(s) == "" && name != edgeService, "%s is not scraped", name)
	}
	return p.list
}

// edgeStats returns the port at which Envoy tells its metrics.
func edgeStats(s types.ServiceConfig) []int {
	if s.Name == edgeService {
		return []int{statsPort}
	}
	return nil
}

func checkAlerts(files Files, facts Facts) []string {
	p := &problems{file: alertsFile}
	groups, errs := rulefmt.Parse([]byte(files[alertsFile]), false, model.LegacyValidation, parser.NewParser(parser.Options{}), slog.New(slog.NewTextHandler(io.Discard, nil)))
	for _, err := range errs {
		p.addf("%v", err)
	}
	if groups == nil || len(errs) > 0 {
		return p.list
	}
	config, err := readScrapes(files, prometheusFile)
	if err != nil {
		return p.list // checkPrometheus says so
	}
	used, seen := map[string]bool{}, map[string]bool{}
	for _, group := range groups.Groups {
		for _, rule := range group.Rules {
			p.want(!seen[rule.Alert], "%s is there twice", rule.Alert)
			seen[rule.Alert] = true
			checkAlert(p, files, rule)
			for _, selector := range checkExpression(p, facts, rule.Alert, rule.Expr) {
				used[selector.Name] = true
				checkJob(p, rule.Alert, config, selector)
			}
		}
	}
	for _, name := range watched {
		p.want(used[name], "no alert looks at %s", name)
	}
	for _, match := range runbook.FindAllStringSubmatch(files[runbookFile], -1) {
		found := slices.ContainsFunc(slices.Collect(maps.Keys(seen)), func(name string) bool { return strings.ToLower(name) == match[1] })
		p.want(found, "%s has a runbook for %s, which is no alert", runbookFile, match[1])
	}
	return p.list
}

// runbook is where an alert's runbook begins.
var runbook = regexp.MustCompile(`<a id="alert-([a-z0-9]+)"></a>`)

func checkAlert(p *problems, files Files, rule rulefmt.Rule) {
	p.want(slices.Contains([]string{"critical", "warning", "info"}, rule.Labels["severity"]), "%s has the severity %q", rule.Alert, rule.Labels["severity"])
	p.want(rule.Annotations["summary"] != "" && rule.Annotations["description"] != "", "%s does not say what is wrong", rule.Alert)
	p.want(strings.Contains(files[runbookFile], `<a id="alert-`+strings.ToLower(rule.Alert)+`"></a>`), "%s has no runbook in %s", rule.Alert, runbookFile)
	p.want(strings.HasSuffix(rule.Annotations["runbook_url"], runbooks+strings.ToLower(rule.Alert)), "%s does not lead to %s%s", rule.Alert, runbooks, strings.ToLower(rule.Alert))
}

// checkExpression holds the metrics and labels of an expression to those of
// the program, and returns what the expression reads.
func checkExpression(p *problems, facts Facts, where, expression string) []*parser.VectorSelector {
	parsed, err := parser.NewParser(parser.Options{}).ParseExpr(expression)
	if err != nil {
		p.addf("%s: %v", where, err)
		return nil
	}
	read := nodes[*parser.VectorSelector](parsed)
	for _, selector := range read {
		checkMetric(p, facts, where, selector.Name)
		for _, matcher := range selector.LabelMatchers {
			checkLabel(p, facts, where, selector.Name, matcher.Name)
		}
	}
	for _, aggregate := range nodes[*parser.AggregateExpr](parsed) {
		if aggregate.Without {
			continue
		}
		for _, selector := range nodes[*parser.VectorSelector](aggregate.Expr) {
			for _, label := range aggregate.Grouping {
				checkLabel(p, facts, where, selector.Name, label)
			}
		}
	}
	return read
}

// nodes returns the nodes of one type in an expression.
func nodes[T parser.Node](in parser.Node) []T {
	var found []T
	parser.Inspect(in, func(node parser.Node, _ []parser.Node) error {
		if one, ok := node.(T); ok {
			found = append(found, one)
		}
		return nil
	})
	return found
}

// scraped are the labels that each metric has from being scraped.
var scraped = []string{model.MetricNameLabel, "job", "instance", "role"}

// checkLabel wants a label that the program gives the metric. One that it does
// not give matches nothing, and the alert never fires.
func checkLabel(p *problems, facts Facts, where, metric, label string) {
	given, ours := facts.Metrics[base(facts, metric)]
	if !ours || slices.Contains(scraped, label) || label == labels.BucketLabel && strings.HasSuffix(metric, "_bucket") {
		return // checkMetric says whether the metric is there
	}
	p.want(slices.Contains(given, label), "%s looks at the label %q of %s, which has %v", where, label, metric, given)
}

// base returns the metric whose part a name is: a histogram has several.
func base(facts Facts, name string) string {
	if _, whole := facts.Metrics[name]; whole {
		return name
	}
	for _, suffix := range []string{"_bucket", "_sum", "_count"} {
		name = strings.TrimSuffix(name, suffix)
	}
	return name
}

// checkMetric wants a name that the program registers, or that others do.
func checkMetric(p *problems, facts Facts, where, name string) {
	if !strings.HasPrefix(name, ownPrefix) {
		foreign := name == "up" || slices.ContainsFunc(foreignPrefixes, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
		p.want(foreign, "%s reads %s, which nobody registers", where, name)
		return
	}
	_, ours := facts.Metrics[base(facts, name)]
	p.want(ours, "%s reads %s, which the program does not register", where, name)
}

// checkJob wants the jobs that a selector names to be scraped.
func checkJob(p *problems, where string, config scrapeConfig, selector *parser.VectorSelector) {
	for _, matcher := range selector.LabelMatchers {
		if matcher.Name != "job" || matcher.Type == labels.MatchNotEqual || matcher.Type == labels.MatchNotRegexp {
			continue
		}
		found := false
		for _, scrape := range config.Scrapes {
			found = found || matcher.Matches(scrape.Job)
		}
		p.want(found, "%s waits for the job %q, which is not scraped", where, matcher.Value)
	}
}

// dashboard is the part of a Grafana dashboard that is checked.
type dashboard struct {
	Title      string `json:"title"`
	UID        string `json:"uid"`
	Templating struct {
		List []struct {
			Name       string     `json:"name"`
			Datasource datasource `json:"datasource"`
		} `json:"list"`
	} `json:"templating"`
	Panels []struct {
		ID         int        `json:"id"`
		Type       string     `json:"type"`
		Title      string     `json:"title"`
		Datasource datasource `json:"datasource"`
		Targets    []struct {
			Expr       string     `json:"expr"`
			Datasource datasource `json:"datasource"`
		} `json:"targets"`
	} `json:"panels"`
}

type datasource struct {
	UID string `json:"uid"`
}

// provisioned reports whether Grafana starts with the datasource.
func provisioned(files Files, d datasource) bool {
	return d.UID != "" && strings.Contains(files[datasourceFile], "uid: "+d.UID+"\n")
}

// grafanaVariables are what Grafana puts into an expression.
var grafanaVariables = regexp.MustCompile(`\$__rate_interval|\$instance`)

// rows are the parts that a dashboard has.
var rows = []string{"People", "Log and projector", "Leases", "Processes", "HTTP"}

func checkDashboards(files Files, facts Facts) []string {
	var list []string
	paths := files.below(dashboardFolder)
	if len(paths) == 0 {
		list = append(list, dashboardFolder+": there is no dashboard")
	}
	for _, path := range paths {
		p := &problems{file: path}
		var board dashboard
		if err := json.Unmarshal([]byte(files[path]), &board); err != nil {
			p.addf("%v", err)
		} else {
			checkDashboard(p, files, facts, board)
		}
		list = append(list, p.list...)
	}
	return list
}

func checkDashboard(p *problems, files Files, facts Facts, board dashboard) {
	p.want(board.Title != "" && board.UID != "", "it has no title or no uid")
	for _, variable := range board.Templating.List {
		p.want(provisioned(files, variable.Datasource), "the variable %q reads the datasource %q, which is not provisioned", variable.Name, variable.Datasource.UID)
	}
	seen, titles := map[int]bool{}, map[string]bool{}
	for _, panel := range board.Panels {
		p.want(!seen[panel.ID], "the panel %d is there twice", panel.ID)
		seen[panel.ID] = true
		if panel.Type == "row" {
			titles[panel.Title] = true
			continue
		}
		p.want(len(panel.Targets) > 0, "the panel %q shows nothing", panel.Title)
		for _, target := range panel.Targets {
			p.want(provisioned(files, target.Datasource), "the panel %q reads the datasource %q, which is not provisioned", panel.Title, target.Datasource.UID)
			expression := grafanaVariables.ReplaceAllStringFunc(target.Expr, func(name string) string {
				return map[string]string{"$__rate_interval": "1m", "$instance": ".*"}[name]
			})
			checkExpression(p, facts, panel.Title, expression)
		}
	}
	for _, title := range rows {
		p.want(titles[title], "there is no row %q", title)
	}
}
