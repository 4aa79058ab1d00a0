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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::venue::{MarginTier, TierBand, TierRule};

    fn parse(name: &str) -> toml::Table {
        catalogue_text(name).unwrap().parse().unwrap()
    }

    #[test]
    fn derived_deductions_are_the_published_maintenance_amounts() {
        // Binance USDT-M tiers of 2026-05-01: maintenance amounts as recorded beside the bands in
        // freqtrade/exchange/binance_leverage_tiers.json of titouannwtt/freqtrade-fork.
        #[rustfmt::skip]
        let published = [
            ("binance-usdm-btcusdt", [0.0, 300.0, 1500.0, 12e3, 132e3, 482e3, 2_982e3, 14_482e3, 26_482e3, 41_482e3,
                121_482e3, 421_482e3]),
            ("binance-usdm-ethusdt", [0.0, 300.0, 1500.0, 12e3, 132e3, 382e3, 2_007e3, 9_507e3, 17_507e3, 27_507e3,
                80_507e3, 280_507e3]),
        ];
        for (name, amounts) in published {
            let text = parse(name);
            let bands = text["tiers"].as_array().unwrap().iter().map(|tier| TierBand {
                up_to: tier["up_to"].as_integer().unwrap() as f64,
                rate: tier["rate"].as_float().unwrap(),
                max_leverage: tier["max_leverage"].as_integer().unwrap() as f64,
            });
            let tiers = MarginTier::table(&bands.collect::<Vec<_>>(), TierRule::Marginal).unwrap();
            assert_eq!(tiers.len(), amounts.len());
            for (tier, amount) in tiers.iter().zip(amounts) {
                assert!((tier.deduction - amount).abs() < 1e-6, "{name}: {} is not {amount}", tier.deduction);
            }
        }
    }

    #[test]
    fn names_are_sorted_and_every_file_names_its_source_and_date() {
        assert!(catalogue_names().is_sorted());
        assert_eq!(catalogue_text("binance-usdm-btcusd"), None);
        for name in catalogue_names() {
            for key in ["title", "contract", "settlement", "source", "as_of"] {
                assert!(parse(name)[key].as_str().is_some_and(|value| !value.is_empty()), "{name}: {key}");
            }
        }
    }
}
