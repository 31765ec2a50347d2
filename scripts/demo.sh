#!/usr/bin/env bash
# Two questions answered from the bundled data, each command shown as you would type it.
set -euo pipefail
cd "$(dirname "$0")/.."
mlwright=${MLWRIGHT:-mlwright}
limit=${DEMO_TIME_LIMIT:-30s}
out=${DEMO_OUT:-demo/out}
mkdir -p "$out"

run() {
  printf '\n$ mlwright %s\n' "$*"
  "$mlwright" "$@"
}

echo "1. Who earns more than 50,000 a year?"
run train demo/data/adult_sample.csv --target income --exclude fnlwgt --time-limit "$limit" -o "$out/income.mlw"
run evaluate "$out/income.mlw" demo/data/adult_test.csv
run predict "$out/income.mlw" demo/data/adult_test.csv -o "$out/income_answers.csv"
head -n 4 "$out/income_answers.csv"

echo
echo "2. How many bicycles will be rented in an hour?"
run train demo/data/bike_sharing_hourly.csv --target cnt --time when --history all \
  --time-limit "$limit" -o "$out/bikes.mlw"

echo
echo "Models and reports, to open in a browser:"
ls -1 "$out"/*.mlw "$out"/*.html
