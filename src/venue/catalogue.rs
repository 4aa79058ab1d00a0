//! Venues that come with the program: dated data files with their source, as text in the form of a scenario's `venue`.

/// Name and text of every file, sorted by name.
const FILES: [(&str, &str); 32] = [
    ("binance-coinm-btcusd", include_str!("catalogue/binance-coinm-btcusd.toml")),
    ("binance-spot-margin-3x", include_str!("catalogue/binance-spot-margin-3x.toml")),
    ("binance-usdm-1000pepeusdt", include_str!("catalogue/binance-usdm-1000pepeusdt.toml")),
    ("binance-usdm-adausdt", include_str!("catalogue/binance-usdm-adausdt.toml")),
    ("binance-usdm-bnbusdt", include_str!("catalogue/binance-usdm-bnbusdt.toml")),
    ("binance-usdm-btcusdt", include_str!("catalogue/binance-usdm-btcusdt.toml")),
    ("binance-usdm-dogeusdt", include_str!("catalogue/binance-usdm-dogeusdt.toml")),
    ("binance-usdm-ethusdt", include_str!("catalogue/binance-usdm-ethusdt.toml")),
    ("binance-usdm-ltcusdt", include_str!("catalogue/binance-usdm-ltcusdt.toml")),
    ("binance-usdm-ordiusdt", include_str!("catalogue/binance-usdm-ordiusdt.toml")),
    ("binance-usdm-solusdt", include_str!("catalogue/binance-usdm-solusdt.toml")),
    ("binance-usdm-wifusdt", include_str!("catalogue/binance-usdm-wifusdt.toml")),
    ("binance-usdm-xrpusdt", include_str!("catalogue/binance-usdm-xrpusdt.toml")),
    ("bitmex-xbtusd", include_str!("catalogue/bitmex-xbtusd.toml")),
    ("bybit-inverse-btcusd", include_str!("catalogue/bybit-inverse-btcusd.toml")),
    ("bybit-linear-btcusdt", include_str!("catalogue/bybit-linear-btcusdt.toml")),
    ("deribit-btc-linear", include_str!("catalogue/deribit-btc-linear.toml")),
    ("dydx-v4-btcusd", include_str!("catalogue/dydx-v4-btcusd.toml")),
    ("dydx-v4-ethusd", include_str!("catalogue/dydx-v4-ethusd.toml")),
    ("dydx-v4-solusd", include_str!("catalogue/dydx-v4-solusd.toml")),
    ("flat-0.5pct", include_str!("catalogue/flat-0.5pct.toml")),
    ("hyperliquid-btc", include_str!("catalogue/hyperliquid-btc.toml")),
    ("hyperliquid-eth", include_str!("catalogue/hyperliquid-eth.toml")),
    ("hyperliquid-small", include_str!("catalogue/hyperliquid-small.toml")),
    ("hyperliquid-sol", include_str!("catalogue/hyperliquid-sol.toml")),
    ("hyperliquid-xrp", include_str!("catalogue/hyperliquid-xrp.toml")),
    ("kraken-pf-ethusd", include_str!("catalogue/kraken-pf-ethusd.toml")),
    ("kraken-pi-xbtusd", include_str!("catalogue/kraken-pi-xbtusd.toml")),
    ("loan-aave-like", include_str!("catalogue/loan-aave-like.toml")),
    ("loan-bank-like", include_str!("catalogue/loan-bank-like.toml")),
    ("loan-bank-like-90", include_str!("catalogue/loan-bank-like-90.toml")),
    ("okx-swap-ethusdt", include_str!("catalogue/okx-swap-ethusdt.toml")),
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
    catalogue_entry(name).map(|(_, text)| text)
}

/// The same with the name as the catalogue holds it.
pub(crate) fn catalogue_entry(name: &str) -> Option<(&'static str, &'static str)> {
    FILES.iter().find(|(known, _)| *known == name).copied()
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
        let published: [(&str, &[f64]); 11] = [
            ("binance-usdm-btcusdt", &[0.0, 300.0, 1500.0, 12e3, 132e3, 482e3, 2_982e3, 14_482e3, 26_482e3, 41_482e3,
                121_482e3, 421_482e3]),
            ("binance-usdm-ethusdt", &[0.0, 300.0, 1500.0, 12e3, 132e3, 382e3, 2_007e3, 9_507e3, 17_507e3, 27_507e3,
                80_507e3, 280_507e3]),
            ("binance-usdm-1000pepeusdt", &[0.0, 70.0, 1070.0, 2570.0, 10070.0, 85070.0, 835070.0, 1335070.0, 4460070.0, 11960070.0]),
            ("binance-usdm-adausdt", &[0.0, 50.0, 300.0, 1300.0, 6300.0, 56300.0, 556300.0, 1056300.0, 4181300.0, 16681300.0]),
            ("binance-usdm-bnbusdt", &[0.0, 10.0, 810.0, 4810.0, 12310.0, 87310.0, 837310.0, 1587310.0, 6274810.0, 25024810.0]),
            ("binance-usdm-dogeusdt", &[0.0, 280.0, 655.0, 6280.0, 16280.0, 116280.0, 1116280.0, 2116280.0, 8366280.0, 33366280.0]),
            ("binance-usdm-ltcusdt", &[0.0, 50.0, 300.0, 1100.0, 5100.0, 45100.0, 445100.0, 845100.0, 3345100.0, 13345100.0]),
            ("binance-usdm-ordiusdt", &[0.0, 25.0, 75.0, 200.0, 1450.0, 7700.0, 13950.0, 34800.0, 118100.0, 1993100.0]),
            ("binance-usdm-solusdt", &[0.0, 75.0, 1475.0, 11475.0, 31475.0, 231475.0, 2231475.0, 4231475.0, 16731475.0, 66731475.0]),
            ("binance-usdm-wifusdt", &[0.0, 25.0, 75.0, 325.0, 1155.0, 4077.5, 16577.5, 35327.5, 97877.5, 472727.5, 2347727.5]),
            ("binance-usdm-xrpusdt", &[0.0, 40.0, 360.0, 735.0, 3735.0, 8735.0, 58735.0, 558735.0, 1058735.0, 4183735.0, 16683735.0]),
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
                // The records are rounded to the cent.
                assert!((tier.deduction - amount).abs() < 0.01, "{name}: {} is not {amount}", tier.deduction);
            }
        }
    }

    #[test]
    fn the_coin_margined_table_has_the_maintenance_amounts_of_the_worked_example() {
        // Binance COIN-M FAQ ceccfcfb: level 5 is 50·(5 % − 2.5 %) + 0.56 = 1.81 BTC; 300 BTC lie in the 12.5 % tier with
        // 11.81 BTC.
        let text = parse("binance-coinm-btcusd");
        let bands = text["tiers"].as_array().unwrap().iter().map(|tier| TierBand {
            up_to: tier["up_to"].as_integer().unwrap() as f64,
            rate: tier["rate"].as_float().unwrap(),
            max_leverage: tier["max_leverage"].as_integer().unwrap() as f64,
        });
        let tiers = MarginTier::table(&bands.collect::<Vec<_>>(), TierRule::Marginal).unwrap();
        for (tier, amount) in [(3, 0.56), (4, 1.81), (6, 11.81)] {
            assert!((tiers[tier].deduction - amount).abs() < 1e-9, "{:?}", tiers[tier]);
        }
        assert_eq!((tiers[6].rate, tiers[5].up_to), (0.125, 200.0));
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
