#!/bin/sh
# The tests of the office also run against the system's own PostgreSQL. Install Debian's where we may, without starting it;
# else those tests are skipped with that reason. Nothing else needs it: the software brings its own server.
set -e
for program in /usr/lib/postgresql/*/bin/postgres; do
    if [ -x "$program" ]; then
        exit 0
    fi
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    # postgresql-common first, with making a cluster switched off: the package would start a server of its own
    apt-get install -y -qq --no-install-recommends postgresql-common >/dev/null
    if [ -f /etc/postgresql-common/createcluster.conf ]; then
        sed -i "s/^#*create_main_cluster *=.*/create_main_cluster = false/" /etc/postgresql-common/createcluster.conf
    fi
    apt-get install -y -qq --no-install-recommends postgresql >/dev/null
    exit 0
fi
echo "PostgreSQL is not installed and cannot be installed by this user: its tests will be skipped" >&2
