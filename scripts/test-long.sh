#!/bin/bash
# Every promise of docs/STATUS.md at full size. Each step that passed is remembered for this state of the code
# (.cache/long/), so a run that was interrupted goes on with the next step. Results land, dated, in docs/STATUS.md.
set -uo pipefail
export CGO_ENABLED=0 GROOVE_TEST_LONG=1
code=$(git ls-files -s '*.go' '*.mod' '*.sum' | git hash-object --stdin 2>/dev/null || echo unknown)
code=$code-$(git diff HEAD -- '*.go' '*.mod' | sha1sum | cut -c1-8)
marks=.cache/long/$code
mkdir -p "$marks"
failed=0

# step NAME COMMAND...: runs it unless it passed already, and writes one dated row
step() {
  local name=$1 result=passed began=$SECONDS
  shift
  if [ -e "$marks/$name" ]; then echo "== $name: passed before"; return; fi
  echo "== $name: $*"
  "$@" 2>&1 | tee "$marks/$name.log" || { result=FAILED; failed=1; }
  [ $result = FAILED ] || touch "$marks/$name"
  local figures
  figures=$(grep -oE 'FIGURE .*' "$marks/$name.log" | sed 's/^FIGURE //' | paste -sd ';' | sed 's/;/; /g')
  echo "| $(date -u +%F) | $name | $result in $((SECONDS - began)) s | ${figures:-} |" >>docs/STATUS.md
}

step formats  go test -v -count=1 ./torrent/... -run 'Conformance|Vectors|Shared'
step interop  go test -v -count=1 -timeout 2h ./internal/test/interop -skip Kill
step kill     go test -v -count=1 -timeout 1h ./internal/test/interop -run Kill
step bench    go run ./bench
step swarms   go test -v -count=1 -timeout 2h ./sim/...
step races    env CGO_ENABLED=1 go test -race -v -count=1 -timeout 1h ./torrent/... ./cmd/...
step fuzz     scripts/fuzz.sh 5m docs/fuzzing.md
exit $failed
