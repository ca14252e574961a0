#!/bin/sh
# Copies paidonce's database while payments run, and restores a copy: docs/run-in-production.md, "Backup".
#
#   backup.sh save <folder>     writes <folder>/paidonce-<time>.dump, and deletes copies that are older than KEEP_DAYS (30)
#   backup.sh restore <file>    into the database of DATABASE_URL, which must be empty
#
# DATABASE_URL or DATABASE_URL_FILE names the database; where neither is set, ENV_FILE (/etc/paidonce/common.env) does. Needs PostgreSQL's
# programs, not older than the server, and Node.
set -eu

: "${ENV_FILE:=/etc/paidonce/common.env}" "${KEEP_DAYS:=30}"

refuse() { echo "backup: $*" >&2; exit 1; }
usage() { sed -n '4,5s/^# *//p' "$0" >&2; exit 2; }

# shellcheck source=deploy/read-env.sh
. "$(dirname "$0")/read-env.sh"
[ -n "${DATABASE_URL:-}${DATABASE_URL_FILE:-}" ] || read_env "$ENV_FILE"
[ -n "${DATABASE_URL:-}" ] || DATABASE_URL=$(cat "$DATABASE_URL_FILE")
export DATABASE_URL

# The password by the environment, since everybody on this machine sees a command's words.
PGPASSWORD=$(node -p 'decodeURIComponent(new URL(process.env.DATABASE_URL).password)')
database=$(node -p 'const url = new URL(process.env.DATABASE_URL); url.password = ""; url.href')
export PGPASSWORD

# Under its name there are only complete copies, which pg_restore can read.
save() {
  umask 077
  mkdir -p "$1"
  file=$1/paidonce-$(date -u +%Y%m%dT%H%M%SZ).dump
  trap 'rm -f "$file.part" "$file.part.list"' EXIT
  pg_dump --format=custom --no-owner --no-privileges --file="$file.part" "$database"
  pg_restore --list "$file.part" > "$file.part.list"
  grep -q 'TABLE DATA public payments' "$file.part.list" || refuse "the copy has no table of payments: does DATABASE_URL name paidonce's database?"
  sync "$file.part"
  mv "$file.part" "$file"
  find "$1" -maxdepth 1 -name 'paidonce-*.dump' -mtime "+$KEEP_DAYS" -delete
  echo "$file"
}

# All of it or nothing.
restore() {
  tables=$(psql --no-psqlrc --tuples-only --no-align --command "select count(*) from pg_tables where schemaname not in ('pg_catalog', 'information_schema')" "$database")
  [ "$tables" = 0 ] || refuse "the database of DATABASE_URL has $tables tables; restore into an empty one"
  pg_restore --exit-on-error --single-transaction --no-owner --no-privileges --dbname="$database" "$1"
  psql --no-psqlrc --quiet --command 'analyze' "$database"
}

case ${1:-}${2:+ to} in
  'save to') save "$2" ;;
  'restore to') restore "$2" ;;
  *) usage ;;
esac
