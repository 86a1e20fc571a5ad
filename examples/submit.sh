#!/bin/sh
# Submits jobs with the spool command, waits for them, and uses their output and exit codes.
set -eu

# 'run' prints the id of the job, alone, so that it can be kept.
id=$(spool run --name greeting -- echo hello)
spool wait "$id"
echo "greeting: $(spool logs "$id")"

# A job that fails is tried again only if it says so. This one succeeds at its third try.
# shellcheck disable=SC2016
id=$(spool run -m 5 --backoff fixed:10ms -c 'echo "try $SPOOL_ATTEMPT"; [ "$SPOOL_ATTEMPT" -ge 3 ]')
spool wait "$id"
echo "last output of the retried job: $(spool logs -n 1 "$id")"

# The exit code comes through.
status=0
spool run --wait -- sh -c 'exit 7' > /dev/null || status=$?
echo "exit code: $status"

# 124 is for jobs that were stopped after their timeout.
status=0
spool run --wait --timeout 200ms -- sleep 3600 > /dev/null || status=$?
echo "exit code after a timeout: $status"

# Urgent jobs run first. While the queue is paused, the list shows in which order.
spool pause reports
low=$(spool run -q reports -p low -n low -- true)
high=$(spool run -q reports -p high -n high -- true)
spool list -q reports --waiting --json | sed 's/.*"name":"\([a-z]*\)".*/waiting: \1/'
spool resume reports
spool wait "$low" "$high"

# With a key, at most one of a kind waits or runs, however often it is asked for.
spool pause reports
first=$(spool run -q reports -k reindex --key-until end -- true)
again=$(spool run -q reports -k reindex --key-until end -- true 2> /dev/null)
[ "$first" = "$again" ] && echo "asked twice, one job"
spool resume reports
spool wait "$first"

# Several jobs at once, a JSON object a line; the ids come in the same order.
ids=$(spool submit - <<'JOBS'
{"command": ["echo", "one"], "tags": {"example": "submit"}}
{"command": ["echo", "two"], "tags": {"example": "submit"}}
JOBS
)
echo "$ids" | spool wait -
for id in $ids; do
    echo "line: $(spool logs "$id")"
done
