//! Files as exchanges and data sites write them: the right closes, or a refusal that says what to do.

use liqsim::market::{ColumnChoice, DateOrder, HistoryReport, PriceHistory, ReadOptions, format_time};

const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;
/// 2024-02-01.
const START: i64 = 1_706_745_600;

/// A bar of the made-up market: time, open, high, low, close, volume.
pub type Made = (i64, [f64; 4], f64);

/// Bars that follow each other without a gap, each a walk of a few steps, to the cent.
pub fn bars(count: i64, interval: i64) -> Vec<Made> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut uniform = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    let cents = |price: f64| (100.0 * price).round() / 100.0;
    let mut price = 43_000.0;
    (0..count)
        .map(|index| {
            let open = price;
            let (mut high, mut low) = (open, open);
            for _ in 0..4 {
                price = cents(price * (1.0 + 0.01 * (uniform() - 0.5)));
                high = high.max(price);
                low = low.min(price);
            }
            (START + index * interval, [open, high, low, price], cents(1.0 + 99.0 * uniform()))
        })
        .collect()
}

fn read_with(text: &str, options: &ReadOptions) -> Result<(PriceHistory, HistoryReport), String> {
    PriceHistory::from_bytes("prices.csv", text.as_bytes(), options).map_err(|error| error.to_string())
}

fn read(text: &str) -> Result<(PriceHistory, HistoryReport), String> {
    // As the program does in the year 2026.
    read_with(text, &ReadOptions { now: Some(1_780_000_000), ..ReadOptions::default() })
}

fn lines(bars: &[Made], line: impl Fn(&Made) -> String) -> String {
    bars.iter().map(|bar| line(bar) + "\n").collect()
}

/// The history has the closes and times of these bars.
#[track_caller]
fn assert_read(text: &str, bars: &[Made]) -> HistoryReport {
    let (history, report) =
        read(text).unwrap_or_else(|error| panic!("{error}\n{}", &text[..text.len().min(300)]));
    let found: Vec<(i64, f64)> = history.bars.iter().map(|bar| (bar.time, bar.close)).collect();
    let expected: Vec<(i64, f64)> = bars.iter().map(|(time, prices, _)| (*time, prices[3])).collect();
    assert_eq!(found, expected, "{}", &text[..text.len().min(300)]);
    report
}

#[track_caller]
fn assert_refused(text: &str, words: &[&str]) {
    let error = read(text).map(|(history, _)| history.bars.len()).expect_err("refused");
    for word in words {
        assert!(error.contains(word), "{word}: {error}");
    }
}

fn at(time: i64, format: &str) -> String {
    let day = format_time(time - time.rem_euclid(DAY));
    let [year, month, date] = day.split('-').collect::<Vec<_>>()[..] else { panic!("{day}") };
    let (hour, minute) = (time.rem_euclid(DAY) / HOUR, time.rem_euclid(HOUR) / 60);
    let names = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let name = names[month.parse::<usize>().unwrap() - 1];
    let half = if hour < 12 { "AM" } else { "PM" };
    let clock = if hour % 12 == 0 { 12 } else { hour % 12 };
    format
        .replace("%Y", year)
        .replace("%m", month)
        .replace("%b", name)
        .replace("%d", date)
        .replace("%H", &format!("{hour:02}"))
        .replace("%I", &format!("{clock:02}"))
        .replace("%p", half)
        .replace("%M", &format!("{minute:02}"))
}

fn number(value: f64, thousands: &str, decimal: &str) -> String {
    let text = format!("{value:.2}");
    let (whole, part) = text.split_once('.').unwrap();
    let (first, rest) = whole.split_at(whole.len().saturating_sub(3));
    let whole = if first.is_empty() { rest.to_owned() } else { format!("{first}{thousands}{rest}") };
    format!("{whole}{decimal}{part}")
}

#[test]
fn the_layouts_of_the_exporters_are_read() {
    let hours = bars(160, HOUR);
    let days = bars(160, DAY);
    let ohlc = |separator: &str, [o, h, l, c]: [f64; 4]| [o, h, l, c].map(|p| p.to_string()).join(separator);
    let mut newest_first = hours.clone();
    newest_first.reverse();
    for text in [
        // CryptoDataDownload.
        "https://www.example.com\nunix,date,symbol,open,high,low,close,Volume BTC\n".to_owned()
            + &lines(&newest_first, |(t, p, v)| format!("{t},{},BTC/USD,{},{v}", at(*t, "%Y-%m-%d %H:%M:00"), ohlc(",", *p))),
        // Binance, milliseconds and then microseconds.
        lines(&hours, |(t, p, v)| format!("{t}{},{},{v}", if *t < START + 80 * HOUR { "000" } else { "000000" }, ohlc(",", *p))),
        // Bybit.
        "startTime,openPrice,highPrice,lowPrice,closePrice,volume,turnover\n".to_owned()
            + &lines(&newest_first, |(t, p, v)| format!("{t}000,{},{v},1", ohlc(",", *p))),
        // CoinAPI: the first and the last trade are no starts of bars.
        "time_period_start;time_period_end;time_open;time_close;price_open;price_high;price_low;price_close;volume_traded\n".to_owned()
            + &lines(&hours, |(t, p, v)| {
                let time = |t: i64, rest: &str| at(t, "%Y-%m-%dT%H:%M:") + rest;
                format!("{};{};{};{};{};{v}", time(*t, "00.0000000Z"), time(t + HOUR, "00.0000000Z"), time(*t, "03.1370000Z"),
                    time(t + HOUR - 60, "58.1370000Z"), ohlc(";", *p))
            }),
        // MetaTrader 5, and its history without a header.
        "<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>\n".to_owned()
            + &lines(&hours, |(t, p, _)| format!("{}\t{}\t{}\t100\t0\t1700", at(*t, "%Y.%m.%d"), at(*t, "%H:%M:00"), ohlc("\t", *p))),
        lines(&hours, |(t, p, v)| format!("{},{},{},{v}", at(*t, "%Y.%m.%d"), at(*t, "%H:%M"), ohlc(",", *p))),
        // HistData.
        lines(&hours, |(t, p, _)| format!("{};{};0", at(*t, "%Y%m%d %H%M00"), ohlc(";", *p))),
        // Stooq.
        "<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>\n".to_owned()
            + &lines(&hours, |(t, p, v)| format!("BTCUSD,60,{},{},{},{v}", at(*t, "%Y%m%d"), at(*t, "%H%M00"), ohlc(",", *p))),
        // Digits alone.
        lines(&hours, |(t, p, v)| format!("{},{},{v}", at(*t, "%Y%m%d%H%M00"), ohlc(",", *p))),
        lines(&hours, |(t, p, v)| format!("{},{},{v}", at(*t, "%Y%m%d%H%M"), ohlc(",", *p))),
        // Dukascopy.
        "Gmt time,Open,High,Low,Close,Volume\n".to_owned()
            + &lines(&hours, |(t, p, v)| format!("{},{},{v}", at(*t, "%d.%m.%Y %H:%M:00.000"), ohlc(",", *p))),
        // TradingView with an offset.
        "time,open,high,low,close,Volume,Volume MA\n".to_owned()
            + &lines(&hours, |(t, p, v)| format!("{},{},{v},NaN", at(t + HOUR, "%Y-%m-%dT%H:%M:00+01:00"), ohlc(",", *p))),
        // Hours of twelve, names of months.
        "Date,Open,High,Low,Close\n".to_owned() + &lines(&hours, |(t, p, _)| format!("{},{}", at(*t, "%Y-%m-%d %I-%p"), ohlc(",", *p))),
        "Date;Open;High;Low;Close\n".to_owned()
            + &lines(&hours, |(t, p, _)| format!("{};{}", at(*t, "%d-%b-%Y %I:%M %p"), ohlc(";", *p))),
        // A sheet saved in Europe, remarks, and lines that are no rows.
        "sep=;\ntime;open;high;low;close\n".to_owned() + &lines(&hours, |(t, p, _)| format!("{t};{}", ohlc(";", *p))),
        "# source: made up\n# unit: USD\n\n# UTC\ntime,open,high,low,close\n".to_owned()
            + &lines(&hours, |(t, p, _)| format!("{t},{}", ohlc(",", *p))),
        // Orders of columns that the numbers prove: KuCoin, Coinbase, Bitfinex, Gate, an index before the time.
        lines(&newest_first, |(t, [o, h, l, c], v)| format!("{t},{o},{c},{h},{l},{v},{}", v * 43_000.0)),
        lines(&newest_first, |(t, [o, h, l, c], v)| format!("{t},{l},{h},{o},{c},{v}")),
        lines(&hours, |(t, [o, h, l, c], v)| format!("{t}000,{o},{c},{h},{l},{v}")),
        lines(&hours, |(t, [o, h, l, c], v)| format!("{t},{},{c},{h},{l},{o},{v}", v * 43_000.0)),
        lines(&hours, |(t, p, v)| format!("{},{t}000,{},{v}", (t - START) / HOUR, ohlc(",", *p))),
        // Lists of lists, lists of objects, one object a line.
        format!("[{}]", hours.iter().map(|(t, p, v)| format!("[{t}000,{},{v}]", ohlc(",", *p))).collect::<Vec<_>>().join(",")),
        lines(&hours, |(t, [o, h, l, c], v)| format!("{{\"T\":{t},\"o\":\"{o}\",\"h\":\"{h}\",\"l\":\"{l}\",\"c\":\"{c}\",\"v\":\"{v}\"}}")),
        // Huobi's "id" is the time; pandas counts its rows in words, and "10" comes before "9".
        "id,open,close,low,high,amount,vol,count\n".to_owned()
            + &lines(&newest_first, |(t, [o, h, l, c], v)| format!("{t},{o},{c},{l},{h},{v},{v},7")),
        {
            let column = |name: &str, value: &dyn Fn(&Made) -> String| {
                let rows = hours.iter().enumerate().map(|(i, bar)| format!("\"{i}\":{}", value(bar)));
                format!("\"{name}\":{{{}}}", rows.collect::<Vec<_>>().join(","))
            };
            let price = |at: usize| move |bar: &Made| bar.1[at].to_string();
            let columns = [
                column("timestamp", &|bar| bar.0.to_string()),
                column("open", &price(0)),
                column("high", &price(1)),
                column("low", &price(2)),
                column("close", &price(3)),
            ];
            format!("{{{}}}", columns.join(","))
        },
        // A dump without a header, and the same with one behind it.
        lines(&hours[..80], |(t, p, v)| format!("{t}000,{},{v}", ohlc(",", *p)))
            + "open_time,open,high,low,close,volume\n"
            + &lines(&hours[80..], |(t, p, v)| format!("{t}000,{},{v}", ohlc(",", *p))),
    ] {
        let report = assert_read(&text, &hours);
        assert!(report.lines().len() <= 3, "{:?}", report.lines());
    }
    for text in [
        // CoinGecko.
        "snapped_at,price,market_cap,total_volume\n".to_owned()
            + &lines(&days, |(t, p, v)| format!("{},{},7.9e11,{v}", at(*t, "%Y-%m-%d 00:00:00 UTC"), p[3])),
        // CoinMarketCap: the timestamp is the end of the day.
        "\u{feff}timeOpen;timeClose;timeHigh;timeLow;name;open;high;low;close;volume;marketCap;circulatingSupply;timestamp\n".to_owned()
            + &lines(&days, |(t, p, v)| {
                let quoted = |text: &str| text.split(';').map(|field| format!("\"{field}\"")).collect::<Vec<_>>().join(";");
                let end = at(*t, "%Y-%m-%dT23:59:59.999Z");
                format!("\"{}\";\"{end}\";\"x\";\"x\";\"2781\";{};\"{v}\";\"1\";\"1\";\"{end}\"", at(*t, "%Y-%m-%dT00:00:00.000Z"), quoted(&ohlc(";", *p)))
            }),
        // Yahoo's library.
        "Price,Close,High,Low,Open,Volume\nTicker,BTC-USD,BTC-USD,BTC-USD,BTC-USD,BTC-USD\nDate,,,,,\n".to_owned()
            + &lines(&days, |(t, [o, h, l, c], v)| format!("{},{c},{h},{l},{o},{v}", at(*t, "%Y-%m-%d"))),
        // Yahoo's page, Investing.com.
        "Date\tOpen\tHigh\tLow\tClose*\tAdj Close**\tVolume\n".to_owned()
            + &lines(&days, |(t, p, _)| {
                let fields = p.map(|p| number(p, ",", ".")).join("\t");
                format!("{}\t{fields}\t{}\t14,824,090", at(*t, "%b %d, %Y"), number(p[3], ",", "."))
            }),
        "\u{feff}\"Date\",\"Price\",\"Open\",\"High\",\"Low\",\"Vol.\",\"Change %\"\n".to_owned()
            + &lines(&days, |(t, [o, h, l, c], _)| {
                let fields = [c, o, h, l].map(|p| format!("\"{}\"", number(*p, ",", "."))).join(",");
                format!("\"{}\",{fields},\"21.79K\",\"-0.52%\"", at(*t, "%m/%d/%Y"))
            }),
        // Decimal commas, with and without marks of thousands; a volume that nothing reads.
        "Datum;Open;High;Low;Close\n".replace("Datum", "Date")
            + &lines(&days, |(t, p, _)| format!("{};{}", at(*t, "%d.%m.%Y"), p.map(|p| number(p, "", ",")).join(";"))),
        "Date;Open;High;Low;Close\n".to_owned()
            + &lines(&days, |(t, p, _)| format!("{};{}", at(*t, "%Y-%m-%d"), p.map(|p| number(p, ".", ",")).join(";"))),
        "Date,Open,High,Low,Close,Volume\n".to_owned()
            + &lines(&days, |(t, p, _)| format!("{},{},\"4,044,520\"", at(*t, "%Y-%m-%d"), ohlc(",", *p))),
        // Closes under other names, or under none.
        "observation_date,CBBTCUSD\n".to_owned() + &lines(&days, |(t, p, _)| format!("{},{}", at(*t, "%Y-%m-%d"), p[3])),
        "Timestamp,market-price\n".to_owned() + &lines(&days, |(t, p, _)| format!("{},{}", at(*t, "%Y-%m-%d 00:00:00"), p[3])),
        "time,AdrActCnt,PriceUSD\n".to_owned() + &lines(&days, |(t, p, _)| format!("{},900000,{}", at(*t, "%Y-%m-%d"), p[3])),
        format!("[{}]", days.iter().map(|(t, p, _)| format!("{{\"t\":{t},\"v\":{}}}", p[3])).collect::<Vec<_>>().join(",")),
    ] {
        assert_read(&text, &days);
    }
}

#[test]
fn numbers_that_are_no_times_are_refused_with_what_they_may_be() {
    let hours = bars(160, HOUR);
    let with = |time: &dyn Fn(i64) -> String| {
        let row = |(t, [o, h, l, c], _): &Made| format!("{},{o},{h},{l},{c}", time(*t));
        format!("time,open,high,low,close\n{}", lines(&hours, row))
    };
    let index = |t: i64| (t - START) / HOUR;
    assert_refused(
        &with(&|t| index(t).to_string()).replace("time", ""),
        &["from 0 to 159", "1970-01-01", "an index"],
    );
    assert_refused(&with(&|t| (45_292 + index(t)).to_string()), &["days of a spreadsheet"]);
    assert_refused(&with(&|t| (19_754 + index(t)).to_string()), &["days since 1970"]);
    assert_refused(&with(&|t| (2_460_341 + index(t)).to_string()), &["Julian"]);
    assert_refused(&with(&|t| (t / 60).to_string()), &["minutes since 1970"]);
    assert_refused(&with(&|t| (t / HOUR).to_string()), &["hours since 1970"]);
    assert_refused(&with(&|t| (START + 7 * index(t)).to_string()), &["7s apart"]);
    assert_refused(&with(&|t| (t + 10 * 365 * DAY).to_string()), &["bars start between 2009 and tomorrow"]);
    let average = with(&|t| t.to_string()) + "0,43000,43000,43000,43000\n";
    assert_refused(&average, &["line 162", "\"0\" is 1970-01-01"]);
    let old = ReadOptions { any_times: true, ..ReadOptions::default() };
    let text = with(&|t| (t - START).to_string());
    assert_eq!(read_with(&text, &old).unwrap().0.bars[1].time, HOUR);
}

#[test]
fn dates_whose_order_is_open_are_asked_about() {
    let hours = bars(20, HOUR);
    let text = "Date,Close\n".to_owned()
        + &lines(&hours, |(t, p, _)| format!("{},{}", at(*t, "%d/%m/%Y %H:%M"), p[3]));
    assert_refused(&text, &["--dates day-first or --dates month-first", "01/02/2024"]);
    let first = |dates| {
        let options = ReadOptions { dates: Some(dates), ..ReadOptions::default() };
        format_time(read_with(&text, &options).unwrap().0.bars[0].time)
    };
    assert_eq!(
        (first(DateOrder::DayFirst).as_str(), first(DateOrder::MonthFirst).as_str()),
        ("2024-02-01", "2024-01-02")
    );
}

#[test]
fn shapes_that_refute_the_reading_are_refused() {
    let hours = bars(160, HOUR);
    let row = |(t, [o, h, l, c], v): &Made| format!("{t},{o},{h},{l},{c},{v}");
    let header = "timestamp,open,high,low,close,volume\n";
    let whole = header.to_owned() + &lines(&hours, row);
    // Fields.
    let thousands = "Date,Open,High,Low,Close,Volume\n".to_owned()
        + &lines(&hours, |(t, p, _)| format!("{t},{},10", p.map(|p| number(p, ",", ".")).join(",")));
    assert_refused(&thousands, &["line 2", "10 fields, the header 6"]);
    let commas =
        "Date,Close\n".to_owned() + &lines(&hours, |(t, p, _)| format!("{t},{}", number(p[3], "", ",")));
    assert_refused(&commas, &["line 2", "3 fields, the header 2"]);
    let wider = header.to_owned() + &lines(&hours[..80], row) + &lines(&hours[80..], |bar| row(bar) + ",7");
    assert_refused(&wider, &["line 82", "7 fields, the header 6"]);
    // Instruments.
    let twice = "timestamp,symbol,close\n".to_owned()
        + &lines(&hours, |(t, p, _)| format!("{t},BTCUSDT,{}\n{t},ETHUSDT,{}", p[3], p[3] / 17.0));
    assert_refused(&twice, &["\"symbol\"", "BTCUSDT", "ETHUSDT"]);
    assert_refused(&twice.replace("symbol", "note"), &["repeat the time of another with other values"]);
    let in_turns = "timestamp,close\n".to_owned()
        + &lines(&hours, |(t, p, _)| format!("{t},{}", if t / HOUR % 2 == 0 { p[3] } else { p[3] / 17.0 }));
    assert_refused(&in_turns, &["changes by a factor of 1"]);
    // Columns.
    assert_refused(
        &whole.replace("open,high,low,close", "open,close,high,low"),
        &["outside low and high", "bars"],
    );
    assert_refused(
        &whole.replace("open,high,low,close", "close,high,low,open"),
        &["open and close are exchanged"],
    );
    let backwards = header.to_owned()
        + &lines(&hours, |(t, [o, h, l, c], v)| format!("{},{o},{h},{l},{c},{v}", 2 * START - t));
    assert_refused(&backwards, &["times run backwards"]);
    let trades = lines(&hours, |(t, p, v)| {
        let id = 3_000_000_000 + (t - START) / HOUR;
        format!("{id},{},{v},{},{},{t}000,True,True", p[3], 2 * id, 2 * id + 1)
    });
    assert_refused(&trades, &["single trades"]);
    // Numbers that can be read in two ways, and one that decides.
    let dots = "Date;Open;High;Low;Close\n".to_owned()
        + &lines(&hours, |(t, p, _)| format!("{t};{}", p.map(|p| format!("{:.3}", p / 40_000.0)).join(";")));
    assert_refused(&dots, &["--decimals"]);
    assert!(read(&dots.replace(';', ",")).is_ok());
    // A file of JSON that holds none.
    assert_refused("{\"code\":-1121,\"msg\":\"Invalid symbol.\"}", &["Invalid symbol."]);
}

#[test]
fn columns_can_be_chosen() {
    let hours = bars(160, HOUR);
    let text =
        "Day,BTC,ETH\n".to_owned() + &lines(&hours, |(t, p, _)| format!("{t},{},{}", p[3], p[3] / 17.0));
    assert_refused(&text, &["--columns close=NAME", "Day,BTC,ETH"]);
    let columns: ColumnChoice = "time=Day,close=BTC".parse().unwrap();
    let (history, report) = read_with(&text, &ReadOptions { columns, ..ReadOptions::default() }).unwrap();
    assert_eq!(history.bars[5].close, hours[5].1[3]);
    assert_eq!(report.decisions, ["columns: time \"Day\", close \"BTC\""]);
}

#[test]
fn a_line_that_may_be_cut_is_left_out_and_said_so() {
    let hours = bars(160, HOUR);
    let text = "timestamp,close\n".to_owned() + &lines(&hours, |(t, p, _)| format!("{t},{:.2}", p[3]));
    // The last line is 20 characters long, its end included.
    for cut in 1..20 {
        let (history, report) = read(&text[..text.len() - cut]).unwrap();
        let kept = if cut == 1 { 160 } else { 159 };
        assert_eq!(history.bars.len(), kept, "{cut}");
        assert_eq!(report.issues.len(), 160 - kept, "{cut}: {:?}", report.issues);
    }
}

#[test]
fn what_is_said_of_single_bars() {
    let days = bars(200, DAY);
    let step = "timestamp,close\n".to_owned()
        + &lines(&days, |(t, p, _)| {
            format!("{t},{}", if *t < START + 100 * DAY { p[3] } else { p[3] / 1000.0 })
        });
    let lines_of = |text: &str| read(text).unwrap().1.lines();
    let said = lines_of(&step);
    assert!(said.iter().any(|line| line.starts_with("steps: 1") && line.contains("-6.9")), "{said:?}");
    let missing = "timestamp,close\n".to_owned()
        + &lines(&days, |(t, p, _)| {
            format!("{t},{}", if *t == START + 50 * DAY { "#N/A".to_owned() } else { p[3].to_string() })
        });
    assert!(lines_of(&missing).iter().any(|line| line.starts_with("bars without a price: 1")));
    // Clocks put back in New York: 2024-11-03, 01:00 twice.
    let hours = bars(48, HOUR);
    let clock = |t: i64| {
        let local = 1_730_505_600 + (t - START);
        if local >= 1_730_602_800 { local - HOUR } else { local }
    };
    let text = "time,close\n".to_owned() + &lines(&hours, |(t, p, _)| format!("{},{}", clock(*t), p[3]));
    assert!(
        lines_of(&text).iter().any(|line| line.starts_with("hours that stand twice: 1")),
        "{:?}",
        lines_of(&text)
    );
}

#[test]
fn packed_files_are_read_or_named_with_the_way_out() {
    let bytes = |bytes: &[u8]| {
        PriceHistory::from_bytes("prices", bytes, &ReadOptions::default())
            .map(|_| ())
            .map_err(|e| e.to_string())
    };
    for (start, words) in [
        (&b"\x28\xb5\x2f\xfd12345678"[..], "zstd -d"),
        (b"\xfd7zXZ\x00123456", "xz -dk"),
        (b"BZh91AY&SY", "bzip2 -dk"),
        (b"ARROW1\x00\x00", "read_feather"),
        (b"PK\x03\x04....[Content_Types].xml", "save the sheet as CSV"),
        (b"PK\x03\x04....prices.csv", "unzip"),
        (b"PAR1........PAR1", "Parquet"),
        (b"<!DOCTYPE html><html></html>", "web page"),
        (b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
    ] {
        let error = bytes(start).unwrap_err();
        assert!(error.contains(words), "{words}: {error}");
    }
    let text = "timestamp,close\n2024-01-01,1\n2024-01-02,2\n2024-01-03,3\n";
    let wide: Vec<u8> =
        [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    assert_eq!(bytes(&wide), Ok(()));
}
