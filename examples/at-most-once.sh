#!/bin/sh
# Submits jobs with keys: of any number of requests for the same work, one makes a job.
set -eu

ids=$(mktemp)
trap 'rm -f "$ids"' EXIT

# How many jobs the ids in the file are of.
jobs() { sort -u "$ids" | wc -l | tr -d ' '; }

# Until it ends: no second one waits or runs beside it. The others get the id of the first, and standard error says
# so. With "start", a second one may wait while the first runs, for changes that the first doesn't see any more. The
# pause stands for a busy queue.
reindex() { spool run -q index -n reindex -k reindex --key-until end -- echo indexed 2> /dev/null; }

spool pause index
n=0
while [ "$n" -lt 20 ]; do
    reindex >> "$ids" &
    n=$((n + 1))
done
wait
echo "$n requests, $(jobs) job"

spool resume index
first=$(sort -u "$ids")
spool wait "$first"
second=$(reindex)
[ "$second" = "$first" ] || echo "after its end: another job"
spool wait "$second"

# As long as the job is kept, which is the default: a report is made once a day, however often a crontab, a person
# and a program that tries again ask for it. The key names the day.
day=$(date -u +%F)
report() { spool run -n report -k "report $day" -- echo "report of $day" 2> /dev/null; }

report > "$ids"
report >> "$ids"
echo "the report of today: $(jobs) job"
spool wait "$(sort -u "$ids")"
[ "$(report)" != "$(sort -u "$ids")" ] || echo "run again after its end: no"
