package check

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// The files that are checked, by their path in the repository.
const (
	composeFile      = "docker-compose.yml"
	envoyFile        = "deploy/envoy.yaml"
	natsFile         = "deploy/nats.conf"
	prometheusFile   = "deploy/prometheus/prometheus.yml"
	clusterScrapes   = "deploy/prometheus/kubernetes.yml"
	alertsFile       = "deploy/prometheus/alerts.yml"
	datasourceFile   = "deploy/grafana/provisioning/datasources/prometheus.yml"
	dashboardFolder  = "deploy/grafana/dashboards/"
	manifestFolder   = "deploy/kubernetes/"
	kustomizeFile    = "deploy/kustomization.yaml"
	dockerFile       = "Dockerfile"
	dockerIgnoreFile = ".dockerignore"
	moduleFile       = "go.mod"
	runbookFile      = "docs/operations.md"
)

// Files are the texts that are checked, by their path in the repository.
type Files map[string]string

// Facts are what the files must agree with.
type Facts struct {
	// Settings are the environment variables that `chitchat serve` reads.
	Settings map[string]bool
	// Metrics are the names that the program registers, with their labels.
	Metrics map[string][]string
	// Environment is what `make env` writes.
	Environment map[string]string
}

// Read reads the files of the repository at root.
func Read(root string) (Files, error) {
	files := Files{}
	for _, path := range []string{composeFile, dockerFile, dockerIgnoreFile, moduleFile, runbookFile} {
		if err := files.read(root, path); err != nil {
			return nil, err
		}
	}
	err := filepath.WalkDir(filepath.Join(root, "deploy"), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			if entry != nil && entry.Name() == "check" {
				return filepath.SkipDir
			}
			return err
		}
		below, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		return files.read(root, filepath.ToSlash(below))
	})
	return files, err
}

func (f Files) read(root, path string) error {
	text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(path)))
	if err != nil {
		return err
	}
	f[path] = string(text)
	return nil
}

// below returns the paths in a folder, in order.
func (f Files) below(folder string) []string {
	var paths []string
	for path := range f {
		if strings.HasPrefix(path, folder) {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	return paths
}

// exists reports whether there is a file or a folder of that path.
func (f Files) exists(path string) bool {
	_, file := f[path]
	return file || len(f.below(strings.TrimSuffix(path, "/")+"/")) > 0
}

// problems are what is wrong with one file.
type problems struct {
	file string
	list []string
}

func (p *problems) addf(format string, args ...any) {
	p.list = append(p.list, p.file+": "+fmt.Sprintf(format, args...))
}

// want adds a problem unless it holds.
func (p *problems) want(holds bool, format string, args ...any) {
	if !holds {
		p.addf(format, args...)
	}
}

// Check returns what is wrong, a sentence each that begins with the file's path.
func Check(files Files, facts Facts) []string {
	project, found := checkCompose(files, facts)
	if project == nil {
		return found // the others are held to it
	}
	for _, more := range [][]string{
		checkEnvoy(files, project),
		checkNATS(files, facts, project),
		checkPrometheus(files, project),
		checkAlerts(files, facts),
		checkDashboards(files, facts),
		checkManifests(files, facts, project),
		checkDockerfile(files),
	} {
		found = append(found, more...)
	}
	return found
}

// pinned reports whether an image has a tag that names a version.
func pinned(image string) bool {
	_, tag, found := strings.Cut(image[strings.LastIndex(image, "/")+1:], ":")
	return found && tag != "latest" && strings.ContainsAny(tag, "0123456789")
}
