#!/bin/bash
# Builds everything for every system we ship for, and compiles the tests for one machine of each.
set -eu
export CGO_ENABLED=0
for os in linux darwin windows freebsd; do
  for arch in amd64 arm64; do
    echo "== $os/$arch"
    GOOS=$os GOARCH=$arch go build ./...
  done
  GOOS=$os GOARCH=amd64 go vet ./...
done
