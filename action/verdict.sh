#!/usr/bin/env bash
# Ends the job as the verdict says: a limit that cannot be decided is none that holds. VERDICT, FAIL_ON.
set -euo pipefail

if [ "$FAIL_ON" != never ] && [ "$VERDICT" != pass ]; then
    echo "liqsim: $VERDICT"
    exit 1
fi
