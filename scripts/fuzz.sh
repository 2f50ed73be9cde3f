#!/bin/sh
# Runs every fuzz target for FUZZ_SECONDS (60), or only those in FUZZ_TARGETS. Installs cargo-fuzz to target/tools.
#
# A run starts from the inputs in fuzz/corpus and keeps new ones in target/fuzz/corpus. An input that makes a target
# fail is written to fuzz/artifacts, and the script fails. With FUZZ_MINIMIZE=1 the smallest set of inputs with the same
# coverage is packed into fuzz/corpus, to be committed.
set -eu

seconds=${FUZZ_SECONDS:-60}
cargo=${CARGO:-cargo}
version=0.13.2
tools=$PWD/target/tools
corpora=$PWD/target/fuzz/corpus
export PATH="$tools/bin:$PATH"

if ! cargo-fuzz --version 2>/dev/null | grep -q " $version$"; then
  echo "fuzz: installing cargo-fuzz $version to target/tools"
  "$cargo" install --quiet --locked --root "$tools" cargo-fuzz --version "$version"
fi

# The code is safe Rust, so no sanitizer is needed, and the stable toolchain is enough.
fuzz() {
  command=$1
  shift
  "$cargo" fuzz "$command" --sanitizer none --target-dir target/fuzz "$@"
}

minimize() {
  rm -rf target/fuzz/minimized
  mkdir -p "target/fuzz/minimized/$1"
  fuzz run "$1" "target/fuzz/minimized/$1" "$corpora/$1" -- -set_cover_merge=1 >/dev/null 2>&1
  tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -C target/fuzz/minimized -cf - "$1" |
    gzip -9n >"fuzz/corpus/$1.tar.gz"
}

fuzz build
failed=""
total=0
for target in ${FUZZ_TARGETS:-$("$cargo" fuzz list)}; do
  mkdir -p "$corpora/$target"
  tar -xzf "fuzz/corpus/$target.tar.gz" -C "$corpora"
  log="target/fuzz/$target.log"
  echo "fuzz: $target for $seconds s"
  if fuzz run "$target" "$corpora/$target" -- \
    -max_total_time="$seconds" -timeout=30 -rss_limit_mb=4096 -print_final_stats=1 >"$log" 2>&1; then
    executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    coverage=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$log" | tail -n 1)
    echo "fuzz: $target: $executions executions, coverage $coverage, no finding"
    total=$((total + executions))
  else
    failed="$failed $target"
    echo "fuzz: $target: FAILED; the end of $log:" >&2
    tail -n 25 "$log" >&2
  fi
  if [ "${FUZZ_MINIMIZE:-}" = 1 ]; then minimize "$target"; fi
done
echo "fuzz: $total executions"
[ -z "$failed" ] || { echo "fuzz: findings in:$failed; the inputs are in fuzz/artifacts" >&2; exit 1; }
