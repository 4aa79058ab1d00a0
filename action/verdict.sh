#!/usr/bin/env bash
# Ends the job as the verdict says. VERDICT, FAIL_ON.
set -euo pipefail

case $FAIL_ON-$VERDICT in
never-* | undecided-pass) ;;
undecided-fail | undecided-undecided)
    echo "liqsim: $VERDICT"
    exit 1
    ;;
*)
    echo "::error::fail-on must be undecided or never, but is $FAIL_ON (verdict $VERDICT)"
    exit 2
    ;;
esac
