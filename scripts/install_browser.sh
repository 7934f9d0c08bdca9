#!/bin/sh
# The browser tests need Chromium and a Chinese face. Install Debian's where we may; else the tests are skipped with that reason.
set -e
if command -v chromium >/dev/null 2>&1 && fc-list 2>/dev/null | grep -qi "noto.*cjk"; then
    exit 0
fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium fonts-noto-cjk fontconfig >/dev/null
    exit 0
fi
echo "chromium is not installed and cannot be installed by this user: browser tests will be skipped" >&2
