#!/bin/sh
# Starts and stops processes of paidonce where systemd does not run, from the same files as the units in deploy/systemd. Nothing restarts
# a process that ends by itself: in production that is systemd's work.
#
#   service.sh start|stop|restart|status api@<name>|worker@<build>
#   service.sh run <command of paidonce>      for example: service.sh run doctor
#
# ETC (/etc/paidonce) has common.env, api-<name>.env and worker-<build>.env: lines of NAME=value, without quotes. OPT (/opt/paidonce) has a
# folder for each build, and `current`, a link to one of them. RUN (/run/paidonce) has the process ids, LOG (/var/log/paidonce) the output.
# As root the processes run as the user SERVICE_USER (paidonce). Needs `start-stop-daemon`, which every Debian has.
set -eu

: "${ETC:=/etc/paidonce}" "${OPT:=/opt/paidonce}" "${RUN:=/run/paidonce}" "${LOG:=/var/log/paidonce}" "${SERVICE_USER:=paidonce}"
# Longer than the 40 s within which a process ends by itself.
STOP_LIMIT=45

usage() { sed -n '5,6s/^# *//p' "$0" >&2; exit 2; }

# Like systemd, and unlike a shell, it takes `&`, `$` and spaces in a value as they are.
read_env() {
  while IFS= read -r line || [ -n "$line" ]; do
    case $line in '' | '#'*) ;; *=*) export "${line?}" ;; *) echo "service: $1: a line is not NAME=value" >&2; exit 2 ;; esac
  done < "$1"
}

read_env "$ETC/common.env"
node=$(command -v node)

if [ "${1:-}" = run ]; then
  shift
  exec "$node" "$OPT/current/bin/paidonce.js" "$@"
fi

action=${1:-} service=${2:-}
role=${service%%@*} instance=${service#*@}
pidfile=$RUN/$role-$instance.pid
case $service in
  api@?*) build=$(readlink -f "$OPT/current") ;;
  worker@?*) build=$OPT/$instance; export TEMPORAL_WORKER_BUILD_ID="$instance" ;;
  *) usage ;;
esac

# By program and pid file: a process that ended long ago may have left its number to another one.
daemon() { start-stop-daemon --pidfile "$pidfile" --exec "$node" "$@"; }

start() {
  [ ! -e "$ETC/$role-$instance.env" ] || read_env "$ETC/$role-$instance.env"
  mkdir -p "$RUN" "$LOG"
  user=
  [ "$(id -u)" != 0 ] || user="--chuid $SERVICE_USER"
  # shellcheck disable=SC2086 # two words
  daemon --start --oknodo --background --make-pidfile $user --chdir "$build" --output "$LOG/$role-$instance.log" -- bin/paidonce.js "$role"
}

stop() { daemon --stop --oknodo --retry "TERM/$STOP_LIMIT/KILL/5" --remove-pidfile; }

case $action in
  start) start ;;
  stop) stop ;;
  restart) stop; start ;;
  status) daemon --status ;;
  *) usage ;;
esac
