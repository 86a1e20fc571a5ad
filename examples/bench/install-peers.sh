#!/bin/sh
# Installs what spool-bench compares with: from Debian's archive, as root, and from PyPI into a directory of
# its own, which spool-bench looks for. What can't be installed is left out there, and named.
#
#   install-peers.sh [-n]         -n: only print the commands
set -eu

packages='nq task-spooler at parallel findutils filespooler beanstalkd redis-server redis-tools'
libraries='redis rq huey persist-queue greenstalk croniter cronsim'
place=${XDG_CACHE_HOME:-$HOME/.cache}/spool-bench

run() {
    if [ "${dry:-no}" = yes ]; then
        echo "$*"
    else
        "$@"
    fi
}

case ${1-} in
-n) dry=yes ;;
'') ;;
*)
    echo "usage: $0 [-n]" >&2
    exit 64
    ;;
esac

as_root=
[ "$(id -u)" = 0 ] || as_root=sudo
for package in $packages; do
    # One that this Debian doesn't have mustn't keep the others out.
    run $as_root apt-get install -qy --no-install-recommends "$package" ||
        echo "$0: $package could not be installed" >&2
done
run python3 -m venv "$place"
for library in $libraries; do
    run "$place/bin/pip" install -q "$library" ||
        echo "$0: $library could not be installed" >&2
done
