#!/bin/sh
# Replaces the build of the workers without a gap, or goes back to an older one: docs/run-in-production.md, "Deploying a new version".
#
#   deploy-worker.sh deploy <build>     before it starts, the build replays the runs of production; the workers before it stop at the end
#   deploy-worker.sh rollback <build>   the same with an older build; it is refused where a run does not continue on that build
#   deploy-worker.sh status             the versions that Temporal knows
#
# A build has a name, its TEMPORAL_WORKER_BUILD_ID. These commands act on one build, whose name is in $BUILD:
#
#   PAIDONCE   runs paidonce of the build    node "/opt/paidonce/$BUILD/bin/paidonce.js"
#   START      starts its workers            systemctl enable --now "paidonce-worker@$BUILD"
#   STOP       stops them, and waits         systemctl disable --now "paidonce-worker@$BUILD"
#
# POLL_LIMIT (120) seconds are given to new workers until they poll, DRAIN_LIMIT (600) to the old version until it is drained, which takes
# Temporal some minutes. It may be 0: runs continue on the current version at their next step, and a worker that stops ends its work first.
# ENV_FILE (/etc/paidonce/common.env) has the variables of paidonce, unless TEMPORAL_ADDRESS is set. Needs `temporal` (Temporal's CLI) and
# `jq`.
set -eu

# shellcheck source=deploy/read-env.sh
. "$(dirname "$0")/read-env.sh"
[ -n "${TEMPORAL_ADDRESS:-}" ] || read_env "${ENV_FILE:-/etc/paidonce/common.env}"

: "${TEMPORAL_ADDRESS:=127.0.0.1:7233}" "${TEMPORAL_NAMESPACE:=default}" "${TEMPORAL_DEPLOYMENT_NAME:=paidonce}"
: "${TEMPORAL_TASK_QUEUE:=payments}" "${POLL_LIMIT:=120}" "${DRAIN_LIMIT:=600}"
: "${PAIDONCE:=node \"/opt/paidonce/\$BUILD/bin/paidonce.js\"}"
: "${START:=systemctl enable --now \"paidonce-worker@\$BUILD\"}"
: "${STOP:=systemctl disable --now \"paidonce-worker@\$BUILD\"}"
export TEMPORAL_ADDRESS TEMPORAL_NAMESPACE TEMPORAL_DEPLOYMENT_NAME TEMPORAL_TASK_QUEUE

say() { echo "deploy-worker: $*" >&2; }
refuse() { say "$*"; exit 1; }
usage() { sed -n '4,6s/^# *//p' "$0" >&2; exit 2; }

# $1 is the command, $2 the build.
for_build() { BUILD=$2 sh -c "$1"; }

# Temporal's CLI has names of its own for the certificates, and reads a secret in no file.
ask() {
  [ -z "${TEMPORAL_API_KEY_FILE:-}" ] || TEMPORAL_API_KEY=$(cat "$TEMPORAL_API_KEY_FILE")
  temporal "$@" --address "$TEMPORAL_ADDRESS" --namespace "$TEMPORAL_NAMESPACE" \
    ${TEMPORAL_API_KEY:+--api-key "$TEMPORAL_API_KEY"} ${TEMPORAL_TLS_CA:+--tls-ca-path "$TEMPORAL_TLS_CA"} \
    ${TEMPORAL_TLS_CERT:+--tls-cert-path "$TEMPORAL_TLS_CERT" --tls-key-path "$TEMPORAL_TLS_KEY"}
}

deployment() { ask worker deployment "$@"; }

# $1 is a filter of jq, in which $name is the deployment and $build is $2; the rest is a question. Temporal must answer, or nothing is known.
figure() {
  filter=$1 of=$2
  shift 2
  answer=$(ask "$@" --output json) || return
  printf '%s' "$answer" | jq -r --arg name "$TEMPORAL_DEPLOYMENT_NAME" --arg build "$of" "$filter"
}

# The current build; empty before the first one.
# shellcheck disable=SC2016 # jq's variables
current() { figure '.[] | select(.name == $name) | .routingConfig.currentVersionBuildID' '' worker deployment list; }

drainage() {
  figure .drainageInfo.drainageStatus "$1" worker deployment describe-version --deployment-name "$TEMPORAL_DEPLOYMENT_NAME" --build-id "$1"
}

# When a worker of the build polled last, by Temporal's clock; 0 where none did. Workers that are gone are listed for minutes.
# shellcheck disable=SC2016 # jq's variables
last_poll() {
  figure '[.pollers[]? | select(.deployment_options | .deployment_name == $name and .build_id == $build)
    | .last_access_time | .seconds * 1000 + ((.nanos // 0) / 1000000 | floor)] | max // 0' \
    "$1" task-queue describe --legacy-mode --partitions-legacy 4 --task-queue-type workflow --task-queue "$TEMPORAL_TASK_QUEUE"
}

# $2: a poll must be newer. Temporal refuses it until the version has polled every queue that the current one polls.
make_current() {
  deadline=$(($(date +%s) + POLL_LIMIT))
  until polled=$(last_poll "$1") && [ "$polled" -gt "$2" ]; do
    [ "$(date +%s)" -lt "$deadline" ] || { say "no worker of $1 polls: see its log"; return 1; }
    sleep 1
  done
  until said=$(deployment set-current-version --deployment-name "$TEMPORAL_DEPLOYMENT_NAME" --build-id "$1" --yes 2>&1); do
    [ "$(date +%s)" -lt "$deadline" ] || { say "$said"; return 1; }
    sleep 1
  done
  say "$1 is current"
}

wait_drained() {
  deadline=$(($(date +%s) + DRAIN_LIMIT))
  until [ "$(drainage "$1")" = drained ]; do
    [ "$(date +%s)" -lt "$deadline" ] || { say "$1 is not drained after $DRAIN_LIMIT s: its runs continue on $2"; return 0; }
    sleep 1
  done
  say "$1 is drained"
}

# $1: the build. $2: the age of the ended runs that are replayed too.
replays() { for_build "$PAIDONCE replay --since $2" "$1" >&2; }

case "${1:-}${2:+ build}" in
  status) deployment describe --name "$TEMPORAL_DEPLOYMENT_NAME"; exit ;;
  'deploy build' | 'rollback build') action=$1 build=$2 ;;
  *) usage ;;
esac

for program in temporal jq; do command -v "$program" >/dev/null || refuse "$program is not on PATH; nothing was changed"; done
before=$(current) || refuse "Temporal does not answer at $TEMPORAL_ADDRESS; nothing was changed"
[ "$before" != "$build" ] || refuse "$build is current already; nothing was changed"

# Going back, only open runs count: an ended run is not continued.
if [ "$action" = rollback ]; then since=1m; else since=7d; fi
replays "$build" "$since" || refuse "there are runs that $build does not continue; nothing was changed"

say "starting $build, ${before:-no version} is current"
before_start=$(last_poll "$build") || refuse "Temporal does not answer at $TEMPORAL_ADDRESS; nothing was changed"
if ! for_build "$START" "$build" || ! make_current "$build" "$before_start"; then
  for_build "$STOP" "$build" || true
  refuse "$build did not become current, and is stopped; ${before:-no version} is still current"
fi

# Until the switch, the newer build has begun runs that the first replay has not seen.
if [ "$action" = rollback ] && ! replays "$build" "$since"; then
  make_current "$before" 0 || refuse "$before does not become current again: look at \`$0 status\`"
  for_build "$STOP" "$build"
  refuse "there are runs that $build does not continue; $before is current again"
fi

[ -n "$before" ] || exit 0
wait_drained "$before" "$build"
for_build "$STOP" "$before"
say "$before is stopped"
