//! The pictures of the documents are of the numbers that the program gives today: each is made of a run whose numbers have a hash in
//! `docs/pictures/numbers.txt`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// A picture, the run that it is of, and the window that it is taken in; one without a window is drawn by the program itself.
struct Picture {
    name: &'static str,
    run: &'static [&'static str],
    window: Option<(u32, u32)>,
}

const PICTURES: [Picture; 5] = [
    Picture { name: "curve.png", run: &["run", "scenarios/btc-perp-30d.toml"], window: None },
    Picture { name: "report.png", run: &["run", "scenarios/btc-perp-30d.toml"], window: Some((1280, 1500)) },
    Picture {
        name: "comparison.png",
        run: &[
            "run",
            "scenarios/btc-perp-30d.toml",
            "scenarios/btc-stop-and-reserve.toml",
            "--paths",
            "20000",
        ],
        window: Some((1280, 1500)),
    },
    Picture {
        name: "miner.png",
        run: &["run", "scenarios/miner-coin-loan-180d.toml", "--paths", "4000"],
        window: Some((1280, 1700)),
    },
    Picture {
        name: "sweep.png",
        run: &["sweep", "scenarios/sweep-btc-market.toml", "--paths", "4000"],
        window: Some((1280, 1100)),
    },
];

fn liqsim(arguments: &[&str]) {
    let output =
        Command::new(env!("CARGO_BIN_EXE_liqsim")).args(arguments).current_dir(ROOT).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

impl Picture {
    /// Runs it; the hash of its numbers, and its page.
    fn made(&self, folder: &Path) -> (String, PathBuf) {
        let stem = folder.join(self.name.trim_end_matches(".png"));
        let at = |ending: &str| stem.with_extension(ending).to_str().unwrap().to_owned();
        let (table, page) = match self.run[0] {
            "sweep" => {
                liqsim(&[self.run, &["-o", stem.to_str().unwrap()]].concat());
                (stem.join("results.csv"), stem.join("report.html"))
            }
            _ => {
                let (table, page) = (at("csv"), at("html"));
                liqsim(&[self.run, &["-o", &table, "-o", &page]].concat());
                (PathBuf::from(table), PathBuf::from(page))
            }
        };
        (blake3::hash(&fs::read(table).unwrap()).to_hex()[..32].to_owned(), page)
    }

    /// Draws it anew.
    fn draw(&self, folder: &Path, page: &Path) {
        let to = Path::new(ROOT).join("docs/pictures").join(self.name);
        let Some((width, height)) = self.window else {
            return liqsim(&[self.run, &["--force", "-o", to.to_str().unwrap()]].concat());
        };
        let profile = folder.join("profile");
        let status = Command::new("chromium")
            .args([
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--hide-scrollbars",
                "--virtual-time-budget=5000",
            ])
            .arg(format!("--user-data-dir={}", profile.display()))
            .arg(format!("--window-size={width},{height}"))
            .arg(format!("--screenshot={}", to.display()))
            .arg(page)
            .status()
            .unwrap();
        assert!(status.success(), "{}", self.name);
    }
}

/// After a change of the program: `PICTURES_UPDATE=1 cargo test --test house pictures`, which needs a browser (chromium).
#[test]
fn the_pictures_are_of_the_numbers_of_today() {
    // They are no part of the package, so there is nothing to compare in it.
    if !Path::new(ROOT).join("docs/pictures").is_dir() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let list = Path::new(ROOT).join("docs/pictures/numbers.txt");
    let is_update = std::env::var_os("PICTURES_UPDATE").is_some();
    let known: BTreeMap<String, String> = fs::read_to_string(&list)
        .unwrap_or_default()
        .lines()
        .filter_map(|line| line.split_once(' '))
        .map(|(hash, name)| (name.to_owned(), hash.to_owned()))
        .collect();
    let mut lines = String::new();
    for picture in &PICTURES {
        let (hash, page) = picture.made(folder.path());
        lines += &format!("{hash} {}\n", picture.name);
        if known.get(picture.name) != Some(&hash) {
            assert!(
                is_update,
                "{} is out of date: PICTURES_UPDATE=1 cargo test --test house pictures",
                picture.name
            );
            picture.draw(folder.path(), &page);
        }
    }
    match is_update {
        true => fs::write(&list, lines).unwrap(),
        false => assert_eq!(fs::read_to_string(&list).unwrap(), lines),
    }
    // Nothing else lies there that nobody would renew.
    let mut files: Vec<String> = fs::read_dir(Path::new(ROOT).join("docs/pictures"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    files.sort();
    let mut expected: Vec<&str> =
        PICTURES.iter().map(|picture| picture.name).chain(["numbers.txt"]).collect();
    expected.sort_unstable();
    assert_eq!(files, expected);
}
