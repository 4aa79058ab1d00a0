#!/usr/bin/env bash
# Brings the program: a release with its checksum, the action's own sources, or what is installed.
# VERSION, ACTION, REPOSITORY; of the runner: RUNNER_OS, RUNNER_ARCH, RUNNER_TEMP, GITHUB_PATH.
set -euo pipefail

case $VERSION in
installed)
    command -v liqsim >/dev/null || { echo "::error::liqsim is not on the path; leave version out to build it" && exit 2; }
    ;;
source)
    cargo install --locked --quiet --path "$ACTION" --root "$RUNNER_TEMP/liqsim"
    echo "$RUNNER_TEMP/liqsim/bin" >>"$GITHUB_PATH"
    ;;
*)
    case $RUNNER_OS-$RUNNER_ARCH in
    Linux-X64) target=x86_64-unknown-linux-musl archive=tar.xz ;;
    Linux-ARM64) target=aarch64-unknown-linux-musl archive=tar.xz ;;
    macOS-ARM64) target=aarch64-apple-darwin archive=tar.xz ;;
    Windows-X64) target=x86_64-pc-windows-msvc archive=zip ;;
    *) echo "::error::there is no release for $RUNNER_OS on $RUNNER_ARCH; use version: source" && exit 2 ;;
    esac
    folder=$RUNNER_TEMP/liqsim
    name=liqsim-$target.$archive
    mkdir -p "$folder"
    for file in "$name" "$name.sha256"; do
        curl --proto '=https' --tlsv1.2 -fsSL --retry 3 -o "$folder/$file" \
            "https://github.com/$REPOSITORY/releases/download/v${VERSION#v}/$file"
    done
    cd "$folder"
    # Windows has no shasum, macOS no sha256sum.
    if command -v sha256sum >/dev/null; then sha256sum -c "$name.sha256"; else shasum -a 256 -c "$name.sha256"; fi
    case $archive in
    zip) unzip -oq "$name" && echo "$folder" >>"$GITHUB_PATH" ;;
    *) tar -xf "$name" && echo "$folder/liqsim-$target" >>"$GITHUB_PATH" ;;
    esac
    ;;
esac
