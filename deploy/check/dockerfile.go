package check

import (
	"regexp"
	"slices"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

const (
	finalImage = "gcr.io/distroless/static-debian12:nonroot"
	// finalArgument is what stands for it, so that who builds can pin a digest:
	// distroless has no tags of versions.
	finalArgument = "FINAL_IMAGE"
	// howToPin begins what the comment on the last stage must say.
	howToPin = "--build-arg " + finalArgument + "=" + finalImage + "@sha256:"
	// nonRoot is distroless' user, by number: Kubernetes can't look up a name.
	nonRoot = "65532:65532"
)

var goVersion = regexp.MustCompile(`(?m)^go (\d+\.\d+)`)

func checkDockerfile(files Files) []string {
	p := &problems{file: dockerFile}
	parsed, err := parser.Parse(strings.NewReader(files[dockerFile]))
	if err != nil {
		p.addf("%v", err)
		return p.list
	}
	stages, arguments, err := instructions.Parse(parsed.AST, nil)
	if err != nil || len(stages) == 0 {
		p.addf("it can't be read: %v", err)
		return p.list
	}
	named := map[string]bool{}
	for _, stage := range stages[:len(stages)-1] {
		p.want(pinned(stage.BaseName), "the image %s is not pinned", stage.BaseName)
		named[stage.Name] = true
		checkCopies(p, files, stage, named)
	}
	if match := goVersion.FindStringSubmatch(files[moduleFile]); match != nil {
		p.want(slices.ContainsFunc(stages, func(s instructions.Stage) bool { return strings.HasPrefix(s.BaseName, "golang:"+match[1]+".") }),
			"no stage has Go %s, which go.mod asks for", match[1])
	}
	checkBuild(p, files[dockerFile])
	last := stages[len(stages)-1]
	checkCopies(p, files, last, named)
	checkFinal(p, last)
	checkPin(p, last, arguments)
	return p.list
}

// checkBuild wants what makes two builds the same.
func checkBuild(p *problems, text string) {
	for _, part := range []string{"CGO_ENABLED=0", "-trimpath", "-buildvcs=false", `-ldflags="-s -w -buildid= -X main.release=${VERSION}"`, "npm ci", "npm run build"} {
		p.want(strings.Count(text, part) >= 2, "%s must be in the comment and in the stage, so that both build the same", part)
	}
}

// checkCopies wants what is copied to be there, and not to be ignored.
func checkCopies(p *problems, files Files, stage instructions.Stage, named map[string]bool) {
	for _, command := range stage.Commands {
		from, ok := command.(*instructions.CopyCommand)
		if !ok {
			continue
		}
		if from.From != "" {
			p.want(named[from.From], "it copies from the stage %s, which is not there", from.From)
			continue
		}
		for _, source := range from.SourcePaths {
			top, _, _ := strings.Cut(source, "/")
			p.want(strings.Contains(files[dockerIgnoreFile], "\n!"+top+"\n"), "it copies %s, which %s keeps out", source, dockerIgnoreFile)
		}
	}
}

// checkPin wants the last image to be distroless, by an argument that can pin
// it, and who builds to be told how.
func checkPin(p *problems, stage instructions.Stage, arguments []instructions.ArgCommand) {
	p.want(stage.BaseName == "${"+finalArgument+"}", "the last image is %s, not that of the argument %s", stage.BaseName, finalArgument)
	image := ""
	for _, command := range arguments {
		for _, argument := range command.Args {
			if argument.Key == finalArgument {
				image = value(argument.Value)
			}
		}
	}
	p.want(image == finalImage || strings.HasPrefix(image, finalImage+"@sha256:"), "the last image is %q, not %s", image, finalImage)
	said := slices.ContainsFunc(stage.Comments, func(line string) bool { return strings.Contains(line, howToPin) })
	p.want(said, "nothing says how to pin the last image: %s", howToPin)
}

func checkFinal(p *problems, stage instructions.Stage) {
	user, entrypoint, health := "", []string(nil), false
	for _, command := range stage.Commands {
		switch c := command.(type) {
		case *instructions.UserCommand:
			user = c.User
		case *instructions.EntrypointCommand:
			p.want(!c.PrependShell, "the entrypoint needs a shell, and there is none")
			entrypoint = c.CmdLine
		case *instructions.HealthCheckCommand:
			health = slices.Equal(c.Health.Test, []string{"CMD", "/chitchat", "healthcheck"})
		case *instructions.RunCommand:
			p.addf("the last stage runs something, and there is no shell")
		}
	}
	p.want(user == nonRoot, "it runs as %q, not as %s", user, nonRoot)
	p.want(slices.Equal(entrypoint, []string{"/chitchat"}), "the entrypoint is %v", entrypoint)
	p.want(health, "it has no healthcheck by chitchat healthcheck")
}
