//! The tables of a sweep: Parquet beside CSV, limits of the file system, many cells in bounded memory.

#![allow(clippy::print_stderr)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use parquet::basic::{ConvertedType, Type};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;

fn liqsim(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_liqsim")).args(arguments).current_dir(folder).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A folder with the closed-form scenario and a sweep.
fn folder(sweep: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/btc-flat-rate.toml");
    let scenario = fs::read_to_string(file).unwrap();
    fs::write(folder.path().join("a.toml"), format!("{scenario}{sweep}")).unwrap();
    folder
}

const GRID: &str =
    "\n[sweep]\n\"simulation.horizon\" = [\"1d\", \"7d\"]\nassets.BTC.model.volatility = [0.5, 0.75]\n";

/// The same, cell for cell, as `results.csv`, with the swept values in front; read by the library that did not write it as well, where there is
/// a Python with duckdb or pyarrow (`LIQSIM_PYTHON` names one).
#[test]
fn parquet_holds_the_rows_of_the_csv_with_types() {
    let folder = folder(GRID);
    fs::write(
        folder.path().join("b.toml"),
        fs::read_to_string(folder.path().join("a.toml")).unwrap().split("\n[sweep]").next().unwrap(),
    )
    .unwrap();
    let output = liqsim(folder.path(), &["sweep", "a.toml", "b.toml", "-o", "out", "--paths", "500"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let path = folder.path().join("out/results.parquet");
    let reader = SerializedFileReader::new(fs::File::open(&path).unwrap()).unwrap();
    let schema = reader.metadata().file_metadata().schema_descr_ptr();
    let kinds: BTreeMap<String, (Type, ConvertedType)> = schema
        .columns()
        .iter()
        .map(|column| (column.name().to_owned(), (column.physical_type(), column.converted_type())))
        .collect();
    assert_eq!(kinds["cell"], (Type::INT64, ConvertedType::UINT_64));
    assert_eq!(kinds["seed"], (Type::INT64, ConvertedType::UINT_64));
    assert_eq!(kinds["file"], (Type::BYTE_ARRAY, ConvertedType::UTF8));
    assert_eq!(kinds["simulation.horizon"], (Type::BYTE_ARRAY, ConvertedType::UTF8));
    assert_eq!(kinds["assets.BTC.model.volatility"], (Type::DOUBLE, ConvertedType::NONE));
    assert_eq!(kinds["liquidation_probability"], (Type::DOUBLE, ConvertedType::NONE));
    let mut csv = csv::Reader::from_path(folder.path().join("out/results.csv")).unwrap();
    let names = csv.headers().unwrap().clone();
    assert_eq!(
        names.iter().take(4).collect::<Vec<_>>(),
        ["cell", "file", "simulation.horizon", "assets.BTC.model.volatility"]
    );
    assert_eq!(&names[PROBABILITY], "liquidation_probability");
    let rows: Vec<csv::StringRecord> = csv.records().map(Result::unwrap).collect();
    // Four cells and the one of the file without a sweep, six levels each.
    assert_eq!(rows.len(), 5 * 6);
    let mut read = 0;
    for (row, expected) in reader.get_row_iter(None).unwrap().map(Result::unwrap).zip(&rows) {
        let cells: BTreeMap<&String, &Field> = row.get_column_iter().collect();
        for (name, expected) in names.iter().zip(expected) {
            let found = match cells[&name.to_owned()] {
                Field::Str(text) => text.clone(),
                Field::ULong(count) => count.to_string(),
                Field::Double(number) => number.to_string(),
                Field::Null => String::new(),
                other => panic!("{name}: {other:?}"),
            };
            assert_eq!(found, expected, "{name}");
        }
        let cell = read / 6;
        let value = |name: &str| cells[&name.to_owned()].clone();
        assert_eq!(value("cell"), Field::ULong(cell + 1));
        let volatility = match cell {
            4 => Field::Null,
            cell => Field::Double([0.5, 0.75][cell as usize % 2]),
        };
        assert_eq!(value("assets.BTC.model.volatility"), volatility);
        let horizon = ["1d", "1d", "7d", "7d", ""][cell as usize];
        assert_eq!(value("simulation.horizon"), Field::Str(horizon.to_owned()));
        read += 1;
    }
    assert_eq!(read, 30);
    read_independently(&path, &rows);
}

/// The column of the liquidation probability in a table of two swept keys.
const PROBABILITY: usize = 12;

/// Sum of the liquidation probabilities and number of rows as DuckDB or pyarrow reads them.
fn read_independently(path: &Path, rows: &[csv::StringRecord]) {
    let python = std::env::var("LIQSIM_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let readers = [
        (
            "duckdb",
            "import duckdb; r = duckdb.sql(f\"select count(*), sum(liquidation_probability) from '{p}'\").fetchall()[0]",
        ),
        (
            "pyarrow",
            "import pyarrow.parquet as q; t = q.read_table(p); r = (t.num_rows, sum(t['liquidation_probability'].to_pylist()))",
        ),
    ];
    let expected: f64 = rows.iter().map(|row| row[PROBABILITY].parse::<f64>().unwrap()).sum();
    let mut read = 0;
    for (module, code) in readers {
        let has = Command::new(&python).args(["-c", &format!("import {module}")]).output();
        if !has.is_ok_and(|output| output.status.success()) {
            continue;
        }
        let code = format!("import sys; p = sys.argv[1]\n{code}\nprint(r[0], repr(r[1]))");
        let output = Command::new(&python).args(["-c", &code]).arg(path).output().unwrap();
        let found = text(&output.stdout);
        let (count, sum) = found.trim().split_once(' ').unwrap_or_else(|| panic!("{}", text(&output.stderr)));
        assert_eq!(count, rows.len().to_string());
        assert!((sum.parse::<f64>().unwrap() - expected).abs() < 1e-9, "{module}: {sum} {expected}");
        read += 1;
    }
    if read == 0 {
        eprintln!("no independent reader: {python} has neither duckdb nor pyarrow");
    }
}

/// Every file below a folder with its bytes, without what is left of unfinished ones.
fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let name = entry.file_name().unwrap().to_string_lossy().into_owned();
        if entry.is_dir() {
            let inside = contents(&entry).into_iter();
            files.extend(inside.map(|(inner, bytes)| (format!("{name}/{inner}"), bytes)));
        } else if !name.starts_with(".liqsim-") {
            files.insert(name, fs::read(&entry).unwrap());
        }
    }
    files
}

/// A write that fails half way, as on a full disk (a limit on the size of files): an error, status 2, and every file that is
/// there is whole. Without the limit the same command ends with the bytes of an undisturbed sweep.
#[cfg(unix)]
#[test]
fn a_full_disk_is_a_clear_error_and_corrupts_nothing() {
    let folder = folder(GRID);
    let arguments = |output: &'static str| ["sweep", "a.toml", "-o", output, "--paths", "500"];
    assert!(liqsim(folder.path(), &arguments("whole")).status.success());
    let whole = contents(&folder.path().join("whole"));
    let cell = whole
        .iter()
        .filter(|(name, _)| name.starts_with("cells/"))
        .map(|(_, bytes)| bytes.len())
        .max()
        .unwrap();
    // Cells, tables with the page, and the lock.
    assert_eq!(whole.len(), 4 + 4 + 1);
    // Shells count in blocks of 512 or 1024 bytes: at the first limit no cell can be written, at the second all of them or all in all.
    for (blocks, finished) in [(4, 0), (cell.div_ceil(512) + 1, 4)] {
        let out = format!("out{blocks}");
        let program = env!("CARGO_BIN_EXE_liqsim");
        let line =
            format!("trap '' XFSZ; ulimit -f {blocks}; exec {program} sweep a.toml -o {out} --paths 500");
        let output = Command::new("sh").args(["-c", &line]).current_dir(folder.path()).output().unwrap();
        let parts = contents(&folder.path().join(&out));
        if finished == 0 {
            assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
            let error = text(&output.stderr);
            assert!(error.contains(&format!("cannot write to the folder {out}")), "{error}");
        }
        assert!(parts.len() >= finished, "{:?}", parts.keys());
        for (name, bytes) in &parts {
            assert_eq!(bytes, &whole[name], "{name}");
        }
        let again = Command::new(program)
            .args(["sweep", "a.toml", "-o", &out, "--paths", "500"])
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert!(again.status.success(), "{}", text(&again.stderr));
        assert_eq!(contents(&folder.path().join(&out)), whole);
    }
}

/// Root may write anywhere, so the folder that cannot be written to is one of the kernel's.
#[cfg(target_os = "linux")]
#[test]
fn a_folder_that_cannot_be_written_to_is_found_before_the_work() {
    let folder = folder(GRID);
    let output = liqsim(folder.path(), &["sweep", "a.toml", "-o", "/proc/liqsim", "--paths", "1000000000"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        text(&output.stderr).contains("cannot write to the folder /proc/liqsim"),
        "{}",
        text(&output.stderr)
    );
}

#[test]
fn the_ranking_shows_the_best_levels_of_all() {
    let folder = folder(GRID);
    let rank = |more: &[&str]| {
        let arguments =
            ["sweep", "a.toml", "-o", "out", "--paths", "500", "--rank-by", "liquidation_probability"];
        let output = liqsim(folder.path(), &[&arguments, more].concat());
        let is_row = |line: &&str| line.trim_start().starts_with(|first: char| first.is_ascii_digit());
        text(&output.stdout).lines().skip(1).filter(is_row).map(str::to_owned).collect::<Vec<_>>()
    };
    // Cell, two keys, leverage; what was not seen is a bound, `< 0.001`.
    let value = |line: &String| match line.split_whitespace().nth(4) {
        Some("<") => 0.0,
        shown => shown.unwrap().parse::<f64>().unwrap(),
    };
    let rows = |more: &[&str]| {
        rank(more).into_iter().filter(|line| !line.contains("rows shown")).collect::<Vec<_>>()
    };
    let (low, high) = (rows(&[]), rows(&["--descending"]));
    assert_eq!((low.len(), high.len()), (20, 20));
    assert!(low.windows(2).all(|pair| value(&pair[0]) <= value(&pair[1])));
    assert!(high.windows(2).all(|pair| value(&pair[0]) >= value(&pair[1])));
    // Four cells of six levels: the four worst of all are not among the 20 best.
    assert!(high[..4].iter().all(|line| !low.contains(line)));
}

/// Peak memory of a process by the kernel's account, in KiB.
#[cfg(target_os = "linux")]
fn peak_memory(folder: &Path, arguments: &[&str]) -> u64 {
    let mut child = Command::new(env!("CARGO_BIN_EXE_liqsim"))
        .args(arguments)
        .current_dir(folder)
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        peak = line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(peak);
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    assert!(child.wait().unwrap().success());
    peak
}

/// Memory of `few` cells against that of `many`: at most 24 MiB more, of which a row group of Parquet takes most.
#[cfg(target_os = "linux")]
fn memory_is_bounded(few: usize, many: usize) {
    let sweep = |cells: usize| {
        format!("\n[sweep]\nassets.BTC.model.volatility = {{ from = 0.4, to = 0.8, count = {cells} }}\n")
    };
    let peak = |cells: usize| {
        let folder = folder(&sweep(cells));
        let peak = peak_memory(
            folder.path(),
            &[
                "sweep",
                "a.toml",
                "-o",
                "out",
                "--paths",
                "1",
                "--set",
                "simulation.horizon=1d",
                "--threads",
                "2",
            ],
        );
        let rows = fs::read_to_string(folder.path().join("out/results.csv")).unwrap().lines().count();
        assert_eq!(rows, 1 + 6 * cells);
        peak
    };
    let (few, many) = (peak(few), peak(many));
    assert!(many < few + 24 * 1024, "{few} KiB, {many} KiB");
}

#[cfg(target_os = "linux")]
#[test]
fn memory_does_not_grow_with_ten_thousand_cells() {
    memory_is_bounded(10, 10_000);
}

/// The best rows with their keys by short names, intervals, how many there are, and no 0 where nothing was seen.
#[test]
fn the_terminal_shows_one_table_of_the_best_rows() {
    let folder = folder(GRID);
    let output = liqsim(folder.path(), &["sweep", "a.toml", "-o", "out", "--paths", "500"]);
    let shown = text(&output.stdout);
    assert!(shown.starts_with("4 cells in out, 4 of them new\n"), "{shown}");
    assert!(shown.contains("20 of 24 rows shown, by rising liquidation_probability"), "{shown}");
    let head = shown.lines().find(|line| line.contains("Leverage")).unwrap();
    assert!(
        head.contains("horizon") && head.contains("volatility") && !head.contains("simulation"),
        "{head}"
    );
    // At 2x over a day nobody saw a liquidation.
    let first = shown.lines().find(|line| line.contains("2x") && line.contains("1d")).unwrap();
    assert!(first.contains("< 0.001"), "{shown}");
    let ranked = liqsim(
        folder.path(),
        &["sweep", "a.toml", "-o", "out", "--paths", "500", "--rank-by", "return.quantiles.0.95"],
    );
    let shown = text(&ranked.stdout);
    assert!(
        shown.contains("4 cells in out, 0 of them new") && shown.contains("by falling return.quantiles.0.95"),
        "{shown}"
    );
    let over = liqsim(
        folder.path(),
        &[
            "sweep",
            "a.toml",
            "-o",
            "over",
            "--paths",
            "500",
            "--over",
            "volatility=50%,75%",
            "--over",
            "horizon=1d..7d:3",
        ],
    );
    assert!(
        text(&over.stdout).starts_with("6 cells in over"),
        "{}{}",
        text(&over.stdout),
        text(&over.stderr)
    );
    let wrong =
        liqsim(folder.path(), &["sweep", "a.toml", "-o", "w", "--over", "assets.BTC.model.volatlity=1,2"]);
    assert_eq!(wrong.status.code(), Some(2));
}

/// Miners and positions have other columns; in one table those of miners are empty where there is none.
#[test]
fn miners_and_positions_stand_in_one_table() {
    let folder = folder(GRID);
    let miner = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/miner-coin-loan-180d.toml");
    for order in [["a.toml", miner], [miner, "a.toml"]] {
        let arguments = [&["sweep"], &order[..], &["-o", "mixed", "--paths", "300"]].concat();
        let output = liqsim(folder.path(), &arguments);
        assert!(output.status.success(), "{}", text(&output.stderr));
        let mut csv = csv::Reader::from_path(folder.path().join("mixed/results.csv")).unwrap();
        let names = csv.headers().unwrap().clone();
        let place = names.iter().position(|name| name == "default_probability").unwrap();
        let rows: Vec<csv::StringRecord> = csv.records().map(Result::unwrap).collect();
        for row in &rows {
            assert_eq!(row[place].is_empty(), row[1].ends_with("a.toml"), "{row:?}");
        }
        assert!(folder.path().join("mixed/results.parquet").exists());
        let run =
            liqsim(folder.path(), &[&["run"], &order[..], &["--paths", "300", "--format", "csv"]].concat());
        assert!(run.status.success(), "{}", text(&run.stderr));
        let run = text(&run.stdout);
        let columns: Vec<usize> = run.lines().map(|line| line.matches(',').count()).collect();
        assert!(columns.iter().all(|count| *count >= columns[0]), "{run}");
    }
}
