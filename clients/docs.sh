#!/bin/sh
# Builds the API documentation of every client to target/, with warnings as errors. Arguments: the languages, all by default.
set -u

cd "$(dirname "$0")"
[ $# -gt 0 ] || set -- python typescript go java rust elements
status=0
for language; do
  if "$language/build-docs"; then
    echo "$language: documented"
  else
    echo "$language: FAIL" >&2
    status=1
  fi
done
exit $status
