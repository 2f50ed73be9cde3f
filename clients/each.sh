#!/bin/sh
# Runs a program of every client, such as clients/go/package, and says which failed. Arguments: the program, then the
# clients, all by default.
set -u

cd "$(dirname "$0")"
program=$1
shift
[ $# -gt 0 ] || set -- python typescript go java rust elements
status=0
for client; do
  if "$client/$program"; then
    echo "$client: $program done"
  else
    echo "$client: $program FAILED" >&2
    status=1
  fi
done
exit $status
