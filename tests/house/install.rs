//! The action fetches a release, looks at its checksum, and leaves the program on the path.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const TARGET: &str = "x86_64-unknown-linux-musl";

/// In place of the network: a `curl` that knows the releases of one repository.
const CURL: &str = r#"#!/bin/sh
while [ $# -gt 1 ]; do [ "$1" = -o ] && to=$2; shift; done
case $1 in
https://github.com/owner/liqsim/releases/download/v0.2.0/*) cp "$RELEASES/${1##*/}" "$to" ;;
*) exit 22 ;;
esac
"#;

fn executable(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

fn shell(folder: &Path, line: &str) {
    assert!(Command::new("sh").args(["-c", line]).current_dir(folder).status().unwrap().success(), "{line}");
}

/// A folder with a release whose program is a script, packed as the release tool packs it.
fn released() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    for name in ["bin".to_owned(), "temp".to_owned(), format!("releases/liqsim-{TARGET}")] {
        fs::create_dir_all(at(&name)).unwrap();
    }
    executable(&at("bin/curl"), CURL);
    executable(&at(&format!("releases/liqsim-{TARGET}/liqsim")), "#!/bin/sh\necho liqsim 0.2.0\n");
    // `tar` looks at what is in an archive and not at its name: the test needs no xz.
    let name = format!("liqsim-{TARGET}");
    let sums = "if command -v sha256sum >/dev/null; then sha256sum \"$0\"; else shasum -a 256 \"$0\"; fi";
    shell(
        &at("releases"),
        &format!(
            "tar -czf {name}.tar.xz {name} && rm -r {name} && sh -c '{sums}' {name}.tar.xz >{name}.tar.xz.sha256"
        ),
    );
    folder
}

fn install(folder: &Path, version: &str, arch: &str) -> Output {
    let path = std::env::var("PATH").unwrap();
    Command::new("bash")
        .arg(Path::new(ROOT).join("action/install.sh"))
        .env("PATH", format!("{}:{path}", folder.join("bin").display()))
        .envs([("VERSION", version), ("RUNNER_OS", "Linux"), ("RUNNER_ARCH", arch)])
        .envs([("REPOSITORY", "owner/liqsim"), ("ACTION", ROOT)])
        .env("RELEASES", folder.join("releases"))
        .env("RUNNER_TEMP", folder.join("temp"))
        .env("GITHUB_PATH", folder.join("path"))
        .output()
        .unwrap()
}

#[test]
fn a_release_is_fetched_and_found_on_the_path() {
    for version in ["0.2.0", "v0.2.0"] {
        let folder = released();
        let done = install(folder.path(), version, "X64");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        let on_path = fs::read_to_string(folder.path().join("path")).unwrap();
        let said = Command::new(Path::new(on_path.trim()).join("liqsim")).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&said.stdout), "liqsim 0.2.0\n");
    }
}

#[test]
fn an_archive_that_is_another_one_is_not_unpacked() {
    let folder = released();
    let archive = folder.path().join(format!("releases/liqsim-{TARGET}.tar.xz"));
    let mut bytes = fs::read(&archive).unwrap();
    bytes.extend([0; 512]);
    fs::write(archive, bytes).unwrap();
    assert!(!install(folder.path(), "0.2.0", "X64").status.success());
    assert!(!folder.path().join("path").exists());
    assert!(!folder.path().join(format!("temp/liqsim/liqsim-{TARGET}")).exists());
    // Nor is there something to be found where nothing was released.
    assert!(!install(released().path(), "0.1.0", "X64").status.success());
    let none = install(released().path(), "0.2.0", "X86");
    let told = String::from_utf8_lossy(&none.stdout).into_owned();
    assert!(none.status.code() == Some(2) && told.contains("use version: source"), "{told}");
}
