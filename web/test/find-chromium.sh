#!/bin/sh
# find-chromium.sh: print the path of a Chromium or Chrome for the browser tests: CHROME_BIN, or one in PATH. When there
# is none and this is root on a Debian, install Debian's. Else say in one line what to install.
set -eu

found() {
	for name in "${CHROME_BIN:-}" chromium chromium-browser google-chrome google-chrome-stable \
		"/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"; do
		[ -n "$name" ] && command -v "$name" 2>/dev/null && return 0
	done
	return 1
}

found && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
	{ apt-get update && apt-get install -y --no-install-recommends chromium; } >&2
	found && exit 0
fi
echo "no Chromium for the browser tests: apt-get install chromium, or name one with CHROME_BIN" >&2
exit 1
