//! Answers of programs and sites in JSON, tables made for reading, and what stands around the rows: each in the layout that its maker
//! documents, with made-up bars.

use liqsim::market::{FundingHistory, HistoryReport, PriceHistory, ReadOptions, format_time};

use crate::layouts::{Made, bars};

const HOUR: i64 = 3_600;

fn read(text: &[u8]) -> Result<(PriceHistory, HistoryReport), String> {
    let options = ReadOptions { now: Some(1_780_000_000), ..ReadOptions::default() };
    PriceHistory::from_bytes("prices", text, &options).map_err(|error| error.to_string())
}

/// The opens and closes at their times, but for a factor.
#[track_caller]
fn assert_read(text: &str, bars: &[Made], factor: f64) -> Vec<String> {
    let (history, report) = read(text.as_bytes()).unwrap_or_else(|error| panic!("{error}"));
    let near = |found: f64, right: f64| (found / (factor * right) - 1.0).abs() < 1e-12;
    assert_eq!(history.bars.len(), bars.len());
    for (bar, (time, [open, .., close], _)) in history.bars.iter().zip(bars) {
        assert!(bar.time == *time && near(bar.close, *close), "{bar:?} {time} {close}");
        assert!(history.close_only || near(bar.open, *open), "{bar:?} {open}");
    }
    report.lines()
}

#[track_caller]
fn assert_refused(text: &str, words: &[&str]) {
    let error = read(text.as_bytes()).map(|(history, _)| history.bars.len()).expect_err("refused");
    for word in words {
        assert!(error.contains(word), "{word}: {error}");
    }
}

/// 2024-02-01T05:00:00 and what stands behind it.
fn iso(time: i64, end: &str) -> String {
    let day = format_time(time.div_euclid(86_400) * 86_400);
    format!("{day}T{:02}:{:02}:00{end}", time.rem_euclid(86_400) / HOUR, time.rem_euclid(HOUR) / 60)
}

fn list(bars: &[Made], value: impl Fn(&Made) -> String) -> String {
    bars.iter().map(value).collect::<Vec<_>>().join(",")
}

fn quoted(prices: [f64; 4]) -> [String; 4] {
    prices.map(|price| format!("\"{price}\""))
}

#[test]
fn answers_of_sites_in_json_are_read() {
    let hours = bars(160, HOUR);
    let mut newest_first = hours.clone();
    newest_first.reverse();
    let column = |at: usize| list(&hours, |bar| bar.1[at].to_string());
    let times = list(&hours, |bar| bar.0.to_string());
    let moex = |more: &str| {
        format!(
            "{{\"candles\":{{\"metadata\":{{\"open\":{{\"type\":\"double\"}}}},\"columns\":[\"open\",\"close\",\"high\",\"low\",\"value\",\"volume\",\"begin\",\"end\"],\"data\":[{}]}}{more}}}",
            list(&hours, |(t, [o, h, l, c], v)| format!(
                "[{o},{c},{h},{l},{},{v},\"{}\",\"{}\"]",
                v * c,
                iso(*t, "").replace('T', " "),
                iso(t + HOUR - 60, "").replace('T', " ")
            ))
        )
    };
    for (source, json) in [
        (
            "Yahoo, v8/finance/chart",
            format!(
                "{{\"chart\":{{\"result\":[{{\"meta\":{{\"symbol\":\"BTC-USD\",\"exchangeTimezoneName\":\"America/New_York\",\"validRanges\":[\"1d\",\"5d\"]}},\"timestamp\":[{times}],\"indicators\":{{\"quote\":[{{\"open\":[{}],\"high\":[{}],\"low\":[{}],\"close\":[{}],\"volume\":[{}]}}],\"adjclose\":[{{\"adjclose\":[{}]}}]}}}}],\"error\":null}}}}",
                column(0),
                column(1),
                column(2),
                column(3),
                list(&hours, |bar| bar.2.to_string()),
                column(3)
            ),
        ),
        (
            "Alpha Vantage, CRYPTO_INTRADAY",
            format!(
                "{{\"Meta Data\":{{\"1. Information\":\"Crypto Intraday (60min) Time Series\",\"9. Time Zone\":\"UTC\"}},\"Time Series Crypto (60min)\":{{{}}}}}",
                list(&newest_first, |(t, p, v)| {
                    let [o, h, l, c] = quoted(*p);
                    let time = iso(*t, "").replace('T', " ");
                    format!(
                        "\"{time}\":{{\"1. open\":{o},\"2. high\":{h},\"3. low\":{l},\"4. close\":{c},\"5. volume\":{v}}}"
                    )
                })
            ),
        ),
        (
            "Alpha Vantage, two currencies",
            format!(
                "{{\"Meta Data\":{{}},\"Time Series\":{{{}}}}}",
                list(&hours, |(t, [o, h, l, c], _)| {
                    let both = |number: usize, name: &str, price: &f64| {
                        format!(
                            "\"{number}a. {name} (CNY)\":\"{}\",\"{number}b. {name} (USD)\":\"{price}\"",
                            7.0 * price
                        )
                    };
                    let fields =
                        [both(1, "open", o), both(2, "high", h), both(3, "low", l), both(4, "close", c)];
                    format!("\"{}\":{{{}}}", iso(*t, ""), fields.join(","))
                })
            ),
        ),
        (
            "OANDA, v3 candles",
            format!(
                "{{\"instrument\":\"BTC_USD\",\"granularity\":\"H1\",\"candles\":[{}]}}",
                list(&hours, |(t, p, _)| {
                    let [o, h, l, c] = quoted(*p);
                    let time = iso(*t, ".000000000Z");
                    format!(
                        "{{\"complete\":true,\"volume\":9,\"time\":\"{time}\",\"mid\":{{\"o\":{o},\"h\":{h},\"l\":{l},\"c\":{c}}}}}"
                    )
                })
            ),
        ),
        (
            "Tiingo, crypto prices",
            format!(
                "[{{\"ticker\":\"btcusd\",\"baseCurrency\":\"btc\",\"quoteCurrency\":\"usd\",\"priceData\":[{}]}}]",
                list(&hours, |(t, [o, h, l, c], v)| {
                    let time = iso(*t, "+00:00");
                    format!(
                        "{{\"date\":\"{time}\",\"open\":{o},\"high\":{h},\"low\":{l},\"close\":{c},\"volume\":{v},\"tradesDone\":9}}"
                    )
                })
            ),
        ),
        (
            "Upbit, candles/minutes/60",
            format!(
                "[{}]",
                list(&newest_first, |(t, [o, h, l, c], v)| {
                    let (utc, kst) = (iso(*t, ""), iso(t + 9 * HOUR, ""));
                    format!(
                        "{{\"market\":\"KRW-BTC\",\"candle_date_time_utc\":\"{utc}\",\"candle_date_time_kst\":\"{kst}\",\"opening_price\":{o},\"high_price\":{h},\"low_price\":{l},\"trade_price\":{c},\"timestamp\":{}123,\"candle_acc_trade_volume\":{v},\"unit\":60}}",
                        t + HOUR - 1
                    )
                })
            ),
        ),
        ("MOEX ISS, candles", moex("")),
        (
            "MOEX ISS, with a cursor behind it",
            moex(
                ",\"candles.cursor\":{\"columns\":[\"INDEX\",\"TOTAL\",\"PAGESIZE\"],\"data\":[[0,160,500]]}",
            ),
        ),
        (
            "Binance, klines",
            format!(
                "[{}]",
                list(&hours, |(t, p, v)| format!(
                    "[{t}000,{},\"{v}\",{}999,\"1.5\",9,\"0.5\",\"0.5\",\"0\"]",
                    quoted(*p).join(","),
                    t + HOUR - 1
                ))
            ),
        ),
        (
            "Coinbase Exchange, candles",
            format!("[{}]", list(&newest_first, |(t, [o, h, l, c], v)| format!("[{t},{l},{h},{o},{c},{v}]"))),
        ),
        (
            "Coinbase Advanced, candles",
            format!(
                "{{\"candles\":[{}]}}",
                list(&newest_first, |(t, p, v)| {
                    let [o, h, l, c] = quoted(*p);
                    format!(
                        "{{\"start\":\"{t}\",\"low\":{l},\"high\":{h},\"open\":{o},\"close\":{c},\"volume\":\"{v}\"}}"
                    )
                })
            ),
        ),
        (
            "Kraken, OHLC",
            format!(
                "{{\"error\":[],\"result\":{{\"XXBTZUSD\":[{}],\"last\":1707318000}}}}",
                list(&hours, |(t, p, v)| format!(
                    "[{t},{},\"{}\",\"{v}\",9]",
                    quoted(*p).join(","),
                    (p[1] + p[2] + p[3]) / 3.0
                ))
            ),
        ),
        (
            "CoinGecko, ohlc",
            format!("[{}]", list(&hours, |(t, [o, h, l, c], _)| format!("[{t}000,{o},{h},{l},{c}]"))),
        ),
        (
            "CoinGecko, market_chart",
            format!(
                "{{\"prices\":[{}],\"market_caps\":[{1}],\"total_volumes\":[{1}]}}",
                list(&hours, |(t, p, _)| format!("[{t}000,{}]", p[3])),
                list(&hours, |(t, ..)| format!("[{t}000,1e12]"))
            ),
        ),
        (
            "Hyperliquid, candleSnapshot",
            format!(
                "[{}]",
                list(&hours, |(t, p, v)| {
                    let [o, h, l, c] = quoted(*p);
                    format!(
                        "{{\"T\":{}999,\"c\":{c},\"h\":{h},\"i\":\"1h\",\"l\":{l},\"n\":9,\"o\":{o},\"s\":\"BTC\",\"t\":{t}000,\"v\":\"{v}\"}}",
                        t + HOUR - 1
                    )
                })
            ),
        ),
        (
            "Nasdaq Data Link, dataset",
            format!(
                "{{\"dataset\":{{\"id\":1,\"column_names\":[\"Date\",\"Open\",\"High\",\"Low\",\"Last\"],\"data\":[{}]}}}}",
                list(&newest_first, |(t, [o, h, l, c], _)| format!("[\"{}\",{o},{h},{l},{c}]", iso(*t, "Z")))
            ),
        ),
    ] {
        let lines = assert_read(&json, &hours, 1.0);
        assert!(lines.len() <= 3, "{source}: {lines:?}");
    }
    // Databento, ohlcv-1h: whole numbers of a thousand millionth, nanoseconds.
    let fixed = |price: f64| format!("\"{}\"", (1e9 * price).round());
    let lines: String = hours
        .iter()
        .map(|(t, p, _)| {
            let [o, h, l, c] = p.map(fixed);
            format!("{{\"hd\":{{\"ts_event\":\"{t}000000000\",\"rtype\":34,\"publisher_id\":1,\"instrument_id\":5482}},\"open\":{o},\"high\":{h},\"low\":{l},\"close\":{c},\"volume\":\"9\"}}\n")
        })
        .collect();
    assert_read(&lines, &hours, 1e9);
}

#[test]
fn answers_that_hold_no_bars_or_several_instruments_say_so() {
    let hours = bars(20, HOUR);
    let both = list(&hours, |(t, [_, _, _, c], _)| {
        format!(
            "{{\"time\":\"{}\",\"bid\":{{\"c\":\"{c}\"}},\"ask\":{{\"c\":\"{}\"}}}}",
            iso(*t, "Z"),
            c + 1.0
        )
    });
    assert_refused(&format!("{{\"candles\":[{both}]}}"), &["--columns close=NAME", "ask.c", "bid.c"]);
    let of = |name: &str| {
        let rows = list(&hours, |(t, p, _)| format!("{{\"date\":\"{}\",\"close\":{}}}", iso(*t, "Z"), p[3]));
        format!("{{\"ticker\":\"{name}\",\"priceData\":[{rows}]}}")
    };
    assert_refused(&format!("[{},{}]", of("btcusd"), of("ethusd")), &["2 tables", "btcusd"]);
    assert_refused(
        "{\"chart\":{\"result\":null,\"error\":{\"code\":\"Not Found\",\"description\":\"No data found\"}}}",
        &["No data found"],
    );
    assert_refused("{\"error\":[\"EQuery:Unknown asset pair\"]}", &["Unknown asset pair"]);
    // Words of a zone beside times in words.
    let rows = list(&hours, |(t, p, _)| format!("\"{}\":{{\"4. close\":\"{}\"}}", iso(*t, ""), p[3]));
    let daily = format!("{{\"Meta Data\":{{\"5. Time Zone\":\"US/Eastern\"}},\"Time Series\":{{{rows}}}}}");
    assert_refused(&daily, &["US/Eastern", "not UTC"]);
}

#[test]
fn tables_made_for_reading_are_read() {
    let hours = bars(160, HOUR);
    let rows = |row: &dyn Fn(&Made) -> String| hours.iter().map(row).collect::<String>();
    let time = |t: i64| iso(t, "").replace('T', " ");
    let psql = "          time          |   open   |   high   |   low    |  close   \n------------------------+----------+----------+----------+----------\n".to_owned()
        + &rows(&|(t, [o, h, l, c], _)| format!(" {}+00 | {o} | {h} | {l} | {c}\n", time(*t)))
        + "(160 rows)\n\n";
    let lines = assert_read(&psql, &hours, 1.0);
    assert!(lines.len() == 1 && lines[0].contains("words instead of a row in line 163"), "{lines:?}");
    let rule = "+---------------------+----------+\n";
    let mysql = format!("{rule}| time                | close    |\n{rule}")
        + &rows(&|(t, p, _)| format!("| {} | {} |\n", time(*t), p[3]))
        + rule
        + "160 rows in set (0.00 sec)\n";
    assert_read(&mysql, &hours, 1.0);
    let markdown = "| time | open | high | low | close |\n|:---|---:|---:|---:|---:|\n".to_owned()
        + &rows(&|(t, [o, h, l, c], _)| format!("| {} | {o} | {h} | {l} | {c} |\n", time(*t)));
    assert_read(&markdown, &hours, 1.0);
}

#[test]
fn what_stands_behind_the_rows_is_left_out_and_said_so() {
    let hours = bars(160, HOUR);
    let row = |(t, [o, h, l, c], v): &Made| format!("{t},{o},{h},{l},{c},{v}\n");
    let header = "timestamp,open,high,low,close,volume\n";
    let whole: String = hours.iter().map(row).collect();
    for end in ["Total,,,,,8000.5\n", "Total,,,,,\nAverage,43000,43500,42500,43000,50\n", "Mean,1,2,3,4,5"] {
        let lines = assert_read(&format!("{header}{whole}{end}"), &hours, 1.0);
        assert!(lines[0].starts_with("lines that are no rows"), "{lines:?}");
    }
    // Between the rows it is a fault.
    let half: String = hours[..80].iter().map(row).collect();
    assert_refused(
        &format!("{header}{half}Total,1,2,3,4,5\n{}", &whole[half.len()..]),
        &["line 82", "\"Total\""],
    );
    // MOEX ISS in CSV: a title, the table, and another one that counts the pages.
    let moex = "candles\n\nopen;close;high;low;value;volume;begin;end\n".to_owned()
        + &hours
            .iter()
            .map(|(t, [o, h, l, c], v)| {
                format!("{o};{c};{h};{l};1;{v};{};x\n", iso(*t, "").replace('T', " "))
            })
            .collect::<String>();
    assert_read(&moex, &hours, 1.0);
    let lines =
        assert_read(&format!("{moex}\ncandles.cursor\n\nINDEX;TOTAL;PAGESIZE\n0;160;500\n"), &hours, 1.0);
    assert!(
        lines.iter().any(|line| line.starts_with("other tables: 1") && line.contains("line 167")),
        "{lines:?}"
    );
}

#[test]
fn hours_up_to_24_are_refused_with_what_they_mean() {
    let hours = bars(48, HOUR);
    let day = |t: i64| format_time(t.div_euclid(86_400) * 86_400);
    let hour = |t: i64| t.rem_euclid(86_400) / HOUR + 1;
    let columns: String =
        hours.iter().map(|(t, p, _)| format!("{},{},{}\n", day(*t), hour(*t), p[3])).collect();
    assert_refused(&format!("Date,Hour,Close\n{columns}"), &["\"24\" is hour 24", "one less"]);
    let clocks: String =
        hours.iter().map(|(t, p, _)| format!("{} {:02}:00,{}\n", day(*t), hour(*t), p[3])).collect();
    assert_refused(&format!("Date,Close\n{clocks}"), &["24:00", "one less"]);
}

#[test]
fn letters_of_older_sets_are_read_and_binary_files_are_named() {
    let hours = bars(160, HOUR);
    let rows: String = hours
        .iter()
        .map(|(t, p, _)| format!("{t};\u{e9};{}\n", p[3].to_string().replace('.', ",")))
        .collect();
    let latin: Vec<u8> = format!("time;pr\u{e9}cision;close\n{rows}").chars().map(|c| c as u8).collect();
    let (history, report) = read(&latin).unwrap();
    assert_eq!(
        history.bars.iter().map(|bar| bar.close).collect::<Vec<_>>(),
        hours.iter().map(|bar| bar.1[3]).collect::<Vec<_>>()
    );
    assert!(report.decisions.iter().any(|words| words.contains("Windows-1252")), "{:?}", report.decisions);
    let wide: Vec<u8> = "time,close\n1706745600,2\n1706749200,3\n1706752800,4\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    assert_eq!(read(&wide).unwrap().0.bars.len(), 3);
    for (bytes, words) in [
        (&b"\x93NUMPY\x01\x00v\x00"[..], "numpy.load"),
        (b"PK\x03\x04....close.npy", "dict(numpy.load"),
        (b"PK\x03\x04....mimetypeapplication/vnd.oasis.opendocument.spreadsheet", "libreoffice"),
        (b"ORC\x0a\x0b\x03\x00", "read_orc"),
        (b"Obj\x01\x04\x16avro.schema", "fastavro"),
        (b"\x89HDF\r\n\x1a\n", "read_hdf"),
        (b"\x80\x02}q\x00", "read_pickle"),
        (b"\x80\x05\x95", "read_pickle"),
        (b"RDX3\n\x00", "write.csv"),
        (b"\x00\x01\x02\xff\x9e", "a binary file"),
    ] {
        let error = read(bytes).expect_err("refused");
        assert!(error.contains(words), "{words}: {error}");
    }
    // A ticker may begin as a format does.
    let orca: String = hours.iter().map(|(t, p, _)| format!("ORCAUSDT,{t},{}\n", p[3])).collect();
    assert!(read(format!("ORC,time,close\n{orca}").as_bytes()).is_ok());
}

#[test]
fn rates_of_venues_in_json_are_read() {
    let times: Vec<i64> = (0..30).map(|k| 1_706_745_600 + 8 * HOUR * k).collect();
    let rate = |k: usize| 1e-5 * (k % 7) as f64;
    let of = |row: &dyn Fn(i64, f64) -> String| {
        times.iter().enumerate().map(|(k, time)| row(*time, rate(k))).collect::<Vec<_>>().join(",")
    };
    for (source, json) in [
        (
            "Binance",
            format!(
                "[{}]",
                of(&|t, r| format!(
                    "{{\"symbol\":\"BTCUSDT\",\"fundingTime\":{t}000,\"fundingRate\":\"{r}\",\"markPrice\":\"43000.5\"}}"
                ))
            ),
        ),
        (
            "Bybit",
            format!(
                "{{\"retCode\":0,\"result\":{{\"category\":\"linear\",\"list\":[{}]}}}}",
                of(&|t, r| format!(
                    "{{\"symbol\":\"BTCUSDT\",\"fundingRate\":\"{r}\",\"fundingRateTimestamp\":\"{t}000\"}}"
                ))
            ),
        ),
        (
            "OKX",
            format!(
                "{{\"code\":\"0\",\"data\":[{}]}}",
                of(&|t, r| format!(
                    "{{\"instId\":\"BTC-USDT-SWAP\",\"fundingRate\":\"0.0009\",\"realizedRate\":\"{r}\",\"fundingTime\":\"{t}000\"}}"
                ))
            ),
        ),
        (
            "Hyperliquid",
            format!(
                "[{}]",
                of(&|t, r| format!(
                    "{{\"coin\":\"BTC\",\"fundingRate\":\"{r}\",\"premium\":\"-0.0003\",\"time\":{t}003}}"
                ))
            ),
        ),
        (
            "dYdX",
            format!(
                "{{\"historicalFunding\":[{}]}}",
                of(&|t, r| format!(
                    "{{\"ticker\":\"BTC-USD\",\"rate\":\"{r}\",\"price\":\"43000\",\"effectiveAt\":\"{}\",\"effectiveAtHeight\":\"1\"}}",
                    iso(t, "Z")
                ))
            ),
        ),
        (
            "KuCoin",
            format!(
                "{{\"code\":\"200000\",\"data\":[{}]}}",
                of(&|t, r| format!("{{\"symbol\":\"XBTUSDTM\",\"timepoint\":{t}000,\"fundingRate\":{r}}}"))
            ),
        ),
        ("Gate", format!("[{}]", of(&|t, r| format!("{{\"r\":\"{r}\",\"t\":{t}}}")))),
        (
            "Kraken",
            format!(
                "{{\"rates\":[{}],\"result\":\"success\"}}",
                of(&|t, r| format!(
                    "{{\"timestamp\":\"{}\",\"fundingRate\":1.9,\"relativeFundingRate\":{r}}}",
                    iso(t, "Z")
                ))
            ),
        ),
        (
            "MEXC",
            format!(
                "{{\"success\":true,\"data\":{{\"pageSize\":30,\"resultList\":[{}]}}}}",
                of(&|t, r| format!("{{\"symbol\":\"BTC_USDT\",\"fundingRate\":{r},\"settleTime\":{t}000}}"))
            ),
        ),
        (
            "Huobi",
            format!(
                "{{\"status\":\"ok\",\"data\":{{\"total_page\":1,\"data\":[{}]}}}}",
                of(&|t, r| format!(
                    "{{\"contract_code\":\"BTC-USDT\",\"funding_rate\":\"0.0009\",\"realized_rate\":\"{r}\",\"funding_time\":\"{t}000\"}}"
                ))
            ),
        ),
    ] {
        let options = ReadOptions { now: Some(1_780_000_000), ..ReadOptions::default() };
        let (history, _) = FundingHistory::from_bytes("rates", json.as_bytes(), &options)
            .unwrap_or_else(|error| panic!("{source}: {error}"));
        let near = history.times.iter().zip(&times).all(|(found, right)| (found - right).abs() < 2);
        let right = history.rates.iter().enumerate().all(|(k, found)| (found - rate(k)).abs() < 1e-12);
        assert!(near && right && history.rates.len() == 30, "{source}: {history:?}");
    }
}
