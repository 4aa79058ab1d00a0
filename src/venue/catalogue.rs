//! Venues that come with the program: dated data files with their source, as text in the form of a scenario's `venue`.

/// Name and text of every file, sorted by name.
const FILES: [(&str, &str); 3] = [
    ("binance-usdm-btcusdt", include_str!("catalogue/binance-usdm-btcusdt.toml")),
    ("binance-usdm-ethusdt", include_str!("catalogue/binance-usdm-ethusdt.toml")),
    ("flat-0.5pct", include_str!("catalogue/flat-0.5pct.toml")),
];

const NAMES: [&str; FILES.len()] = {
    let mut names = [""; FILES.len()];
    let mut index = 0;
    while index < FILES.len() {
        names[index] = FILES[index].0;
        index += 1;
    }
    names
};

/// Names of all venues in the catalogue, sorted.
pub fn catalogue_names() -> &'static [&'static str] {
    &NAMES
}

/// The TOML text of a venue; none if the catalogue has no such name.
pub fn catalogue_text(name: &str) -> Option<&'static str> {
    FILES.iter().find(|(known, _)| *known == name).map(|&(_, text)| text)
}
