#!/bin/sh
# Submits jobs without the spool command: a job is a file in incoming/.
#
# usage: drop.sh LINE ...        each LINE is a command line for /bin/sh
#
# It writes under a name that begins with a dot, which nobody looks at, and renames: so the job is whole from
# the first moment it can be seen.
set -eu

spool=${SPOOL_DIR:-$HOME/.spool}

# A text as JSON has it, in double quotes.
json_string() {
    printf '%s\n' "$1" | LC_ALL=C awk '
        BEGIN {
            for (i = 1; i < 32; i++) code[sprintf("%c", i)] = sprintf("\\u%04x", i)
            code["\""] = "\\\""
            code["\\"] = "\\\\"
            printf "\""
        }
        NR > 1 { printf "\\n" }
        {
            for (i = 1; i <= length($0); i++) {
                c = substr($0, i, 1)
                printf "%s", (c in code) ? code[c] : c
            }
        }
        END { printf "\"" }'
}

for line; do
    file=$(mktemp "$spool/incoming/.XXXXXXXXXX")
    printf '{"command": %s}\n' "$(json_string "$line")" > "$file"
    mv "$file" "$spool/incoming/drop-${file##*/.}.json"
done
