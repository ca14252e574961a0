# shellcheck shell=sh
# Read by the other scripts: `read_env FILE` exports each line NAME=value of a file. Like systemd, and unlike a shell, it takes `&`, `$` and
# spaces in a value as they are.
read_env() {
  while IFS= read -r line || [ -n "$line" ]; do
    case $line in '' | '#'*) ;; *=*) export "${line?}" ;; *) echo "$1: a line is not NAME=value" >&2; exit 2 ;; esac
  done < "$1"
}
