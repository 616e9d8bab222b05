#!/bin/bash
# Starts bin/chitchat on data of its own, filled from an archive, runs a program of this folder with the server's
# address, and ends the server:  e2e/with-server.sh "node e2e/make-company.mjs" node e2e/screenshots.mjs URL …
# The word URL stands for the address.
set -euo pipefail
cd "$(dirname "$0")/.."

archive=$1
shift
port=${PORT:-18097}
data=$(mktemp -d)
server=
finish() {
	if [ -n "$server" ]; then
		# It may have ended by itself, and how it ends is not what the program of this script is about.
		kill "$server" 2>/dev/null || true
		wait "$server" 2>/dev/null || true
	fi
	rm -rf "$data"
}
trap finish EXIT

chmod 755 "$data"
$archive | ../bin/chitchat import --data "$data/chat" >/dev/null
CHITCHAT_MESSAGE_RATE=0 ../bin/chitchat serve --data "$data/chat" --listen "127.0.0.1:$port" >"$data/log" 2>&1 &
server=$!
for _ in $(seq 300); do
	curl --silent --fail --output /dev/null "http://127.0.0.1:$port/readyz" && break
	kill -0 "$server" 2>/dev/null || { cat "$data/log"; exit 1; }
	sleep 0.2
done
"${@/#URL/http://127.0.0.1:$port}"
