#!/usr/bin/env bash
# Runs the check and says what came out; a verdict ends the job in verdict.sh, after the uploads. Wrong input ends it here.
# FILES, BASELINE, FAIL_ON, ARGS; of the runner: RUNNER_TEMP, GITHUB_OUTPUT.
set -uo pipefail

# Words are parted by spaces on purpose; no name is expanded.
set -f
# shellcheck disable=SC2206
files=($FILES) options=($ARGS)
[ -z "$BASELINE" ] || options+=(--baseline "$BASELINE")
case $FAIL_ON in
worse | any) options+=(--fail-on "$FAIL_ON") ;;
never) ;;
*) echo "::error::fail-on must be worse, any or never, but is $FAIL_ON" && exit 2 ;;
esac

folder=$RUNNER_TEMP/liqsim-verdicts
mkdir -p "$folder" || exit 2
junit=$folder/liqsim.xml sarif=$folder/liqsim.sarif
liqsim check --confined "${files[@]}" ${options[@]+"${options[@]}"} --github -o "$junit" -o "$sarif" -o "$folder/liqsim.json"
status=$?
[ $status -le 1 ] || exit $status

# The verdict on everything is the first of its name.
verdict=$(grep -o '"verdict": *"[a-z]*"' "$folder/liqsim.json" | head -n 1 | cut -d '"' -f 4)
{
    echo "verdict=$verdict"
    echo "junit=$junit"
    echo "sarif=$sarif"
} >>"$GITHUB_OUTPUT"
