#!/bin/sh
# Builds etcd's own programs, which decide what is right, helm, which renders the chart, and versitygw, an S3 server for the
# backups, from the Go module proxy.
#
#   build-oracles.sh [NAME...]     etcd etcdctl etcdutl bbolt benchmark behaviour.test helm versitygw; all by default
#
# The go.mod here and those of the folders beside it pin the versions. Programs go to
# ${BINNACLE_CACHE:-~/.cache/binnacle}/bin, each beside a NAME.stamp that holds the checksum of the files that pin it: what
# is up to date is kept, so a second run takes a second. behaviour.test is etcd's behaviour suite (tests/v3/common, tag
# e2e); the folders of its module that it reads (its certificates) are copied to behaviour/ beside bin/.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cache=${BINNACLE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/binnacle}
bin=$cache/bin
command -v go >/dev/null || { echo "build-oracles.sh: Go 1.26 or later is needed" >&2; exit 1; }
mkdir -p "$bin"
# Two runs at once would build everything twice: the second waits for the first.
exec 9>"$cache/build.lock"
flock 9

stamp() { cat "$1/go.mod" "$1/go.sum" "$here/build-oracles.sh" | cksum; }

build() { # NAME MODULE-FOLDER build|test PACKAGE
  now=$(stamp "$here/$2")
  [ ! -x "$bin/$1" ] || [ "$(cat "$bin/$1.stamp" 2>/dev/null)" != "$now" ] || return 0
  began=$(date +%s)
  case $3 in
    build) set -- "$@" build ;;
    test) set -- "$@" "test -c -tags e2e" ;;
  esac
  # shellcheck disable=SC2086  # the sub-command is several words
  (cd "$here/$2" && CGO_ENABLED=0 GOWORK=off GOFLAGS='' \
    go $5 -mod=readonly -trimpath -buildvcs=false -ldflags "-s -w ${ldflags:-}" -o "$bin/.$1" "$4")
  mv "$bin/.$1" "$bin/$1"
  [ "$1" != behaviour.test ] || copy_fixtures
  echo "$now" >"$bin/$1.stamp"
  echo "oracle $1: built in $(($(date +%s) - began)) s" >&2
}

copy_fixtures() {
  module=$(cd "$here" && GOFLAGS='' go list -m -mod=readonly -f '{{.Dir}}' go.etcd.io/etcd/tests/v3)
  rm -rf "$cache/behaviour"
  mkdir -p "$cache/behaviour"
  cp -r "$module/common" "$module/fixtures" "$cache/behaviour/"
  chmod -R u+w "$cache/behaviour"
}

# helm takes the Kubernetes version that it renders for without a cluster from its linker, as its Makefile has it.
helm_ldflags() {
  for package in chartutil lint/rules; do
    printf ' -X helm.sh/helm/v3/pkg/%s.k8sVersionMajor=1 -X helm.sh/helm/v3/pkg/%s.k8sVersionMinor=36' $package $package
  done
}

[ $# -gt 0 ] || set -- etcd etcdctl etcdutl bbolt benchmark behaviour.test helm versitygw
for name in "$@"; do
  case $name in
    etcd) build etcd . build go.etcd.io/etcd/server/v3 ;;
    etcdctl | etcdutl) build "$name" . build "go.etcd.io/etcd/$name/v3" ;;
    bbolt) build bbolt . build go.etcd.io/bbolt/cmd/bbolt ;;
    benchmark) build benchmark benchmark build go.etcd.io/etcd/v3/tools/benchmark ;;
    helm) ldflags=$(helm_ldflags) build helm helm build helm.sh/helm/v3/cmd/helm ;;
    versitygw) build versitygw versitygw build github.com/versity/versitygw/cmd/versitygw ;;
    behaviour.test) build behaviour.test . test go.etcd.io/etcd/tests/v3/common ;;
    *) echo "build-oracles.sh: unknown oracle: $name" >&2; exit 2 ;;
  esac
done
