#!/bin/sh
# Starts and stops processes of paidonce where systemd does not run, from the same files as the units in deploy/systemd. Nothing restarts
# a process that ends by itself: in production that is systemd's work.
#
#   service.sh start|stop|restart|status api@<name>|worker@<build>|temporal|sandbox
#   service.sh run <command of paidonce>      for example: service.sh run doctor
#
# ETC (/etc/paidonce) has common.env, api-<name>.env, worker-<build>.env, temporal.env and sandbox.env: lines of NAME=value, without quotes.
# OPT (/opt/paidonce) has a folder for each build, and `current`, a link to one of them. RUN (/run/paidonce) has the process ids, LOG
# (/var/log/paidonce) the output. As root the processes run as the user SERVICE_USER (paidonce). Needs `start-stop-daemon`, which every Debian has.
set -eu

: "${ETC:=/etc/paidonce}" "${OPT:=/opt/paidonce}" "${RUN:=/run/paidonce}" "${LOG:=/var/log/paidonce}" "${SERVICE_USER:=paidonce}"
# Longer than the 40 s within which a process ends by itself.
STOP_LIMIT=45

usage() { sed -n '5,6s/^# *//p' "$0" >&2; exit 2; }

# shellcheck source=deploy/read-env.sh
. "$(dirname "$0")/read-env.sh"

node=$(command -v node)

if [ "${1:-}" = run ]; then
  shift
  read_env "$ETC/common.env"
  exec "$node" "$OPT/current/bin/paidonce.js" "$@"
fi

action=${1:-} service=${2:-}
role=${service%%@*}
name=$(echo "$service" | tr @ -)
pidfile=$RUN/$name.pid
build=$OPT/current
program=$node
case $service in
  api@?* | sandbox) ;;
  worker@?*) build=$OPT/${service#*@} TEMPORAL_WORKER_BUILD_ID=${service#*@}; export TEMPORAL_WORKER_BUILD_ID ;;
  temporal) program=$(command -v temporal-server) || { echo "service: temporal-server is not on PATH" >&2; exit 1; } ;;
  *) usage ;;
esac

# By program and pid file: a process that ended long ago may have left its number to another one.
daemon() { start-stop-daemon --pidfile "$pidfile" --exec "$program" "$@"; }

start() {
  [ "$role" = temporal ] || read_env "$ETC/common.env"
  [ ! -e "$ETC/$name.env" ] || read_env "$ETC/$name.env"
  mkdir -p "$RUN" "$LOG"
  if [ "$role" = temporal ]; then set -- start; else set -- bin/paidonce.js "$role"; fi
  user=
  [ "$(id -u)" != 0 ] || user="--chuid $SERVICE_USER"
  # A process keeps the build that it has begun with: `current` may lead to another one later.
  # shellcheck disable=SC2086 # two words
  daemon --start --oknodo --background --make-pidfile $user --chdir "$(readlink -f "$build")" --output "$LOG/$name.log" -- "$@"
}

# A busy system may not show a process for a moment. It is then "not found", and must not be taken for stopped.
stop() {
  for _ in 1 2 3; do
    daemon --stop --oknodo --retry "TERM/$STOP_LIMIT/KILL/5" --remove-pidfile
    daemon --status || return 0
  done
  echo "service: $service still runs" >&2
  exit 1
}

case $action in
  start) start ;;
  stop) stop ;;
  restart) stop; start ;;
  status) daemon --status ;;
  *) usage ;;
esac
