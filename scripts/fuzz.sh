#!/bin/bash
# fuzz.sh TIME [LOG]: runs every fuzz target of the module for TIME (30s, 5m), found by its name.
# With LOG (docs/fuzzing.md) it adds the minutes to the target's row there.
set -euo pipefail
time=$1 log=${2:-}
minutes=$(awk -v t="$time" 'BEGIN { n = t + 0; print t ~ /h$/ ? n * 60 : t ~ /m$/ ? n : n / 60 }')

# add_minutes PACKAGE TARGET: one row per target, | package | target | minutes | last run |
add_minutes() {
  awk -v p="$1" -v f="$2" -v m="$minutes" -v day="$(date -u +%F)" '
    BEGIN { FS = " *\\| *" }
    $2 == p && $3 == f { printf "| %s | %s | %.1f | %s |\n", p, f, $4 + m, day; seen = 1; next }
    { print }
    END { if (!seen) printf "| %s | %s | %.1f | %s |\n", p, f, m, day }' "$log" >"$log.new"
  mv "$log.new" "$log"
}

grep -rhoE --include='*_test.go' --with-filename '^func Fuzz[A-Za-z0-9_]*' . | sort | while IFS=: read -r file func; do
  target=${func#func } package=$(dirname "$file")
  echo "== $package $target $time"
  go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" "$package"
  [ -z "$log" ] || add_minutes "${package#./}" "$target"
done
