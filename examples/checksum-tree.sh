#!/bin/sh
# Compresses and checksums every file below a directory, one job a file, and prints the checksums.
#
# usage: checksum-tree.sh [--plain] [DIRECTORY]        default: /usr/share/doc
#
# With --plain it does the same in a loop, without the queue: the output must be equal.
# It needs jq(1) to read the results. Names of files may hold any byte: they are written as printf(1) reads
# them with %b, in plain characters.
set -eu

plain=no
if [ "${1-}" = --plain ]; then
    plain=yes
    shift
fi
tree=$(cd "${1:-/usr/share/doc}" && pwd -P)

# What is done with one file.
# shellcheck disable=SC2016
work='name=$(printf "%bx" "$1"); gzip -nc < "${name%x}" | sha256sum | cut -d " " -f 1'

# All files below the tree, a line each; bytes that could mean something to somebody are \0OOO.
files() {
    find "$tree" -type f -print0 | od -An -v -to1 | LC_ALL=C awk '
        BEGIN {
            plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._+,=@-"
            for (i = 1; i <= length(plain); i++) {
                c = substr(plain, i, 1)
                for (n = 33; n < 127; n++) if (sprintf("%c", n) == c) text[sprintf("%03o", n)] = c
            }
        }
        {
            for (i = 1; i <= NF; i++) {
                if ($i == "000") print ""
                else printf "%s", ($i in text) ? text[$i] : "\\0" $i
            }
        }'
}

if [ "$plain" = yes ]; then
    files | while IFS= read -r file; do
        printf '%s  %s\n' "$(sh -c "$work" sh "$file")" "$file"
    done | LC_ALL=C sort -k 2
    exit
fi

# One job a line. All are checked before the first is submitted, and share their syncs.
run="tree-$$-$(date +%s)"
ids=$(mktemp)
trap 'rm -f "$ids"' EXIT
files | jq -Rc --arg work "$work" --arg run "$run" '
    {command: ["sh", "-c", $work, "sh", .], tags: {run: $run, file: .}, sync: "off"}' |
    spool submit - > "$ids"
spool wait - < "$ids"
spool list --all --tag "run=$run" --json |
    jq -r '(.result | rtrimstr("\n")) + "  " + .tags.file' | LC_ALL=C sort -k 2
