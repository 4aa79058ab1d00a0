//! Which column holds what, by the names of a header.

use super::clock::ClockDigits;
use super::epoch;
use super::layout::Layout;
use super::names::{
    CLOCK, CLOSE, DATE, DIFFICULTY, END, FEES, HIGH, LOW, NO_PRICE, OFFSET, OPEN, RATE, SYMBOL, TIME, VOLUME,
    plain,
};
use super::options::{ReadOptions, Role};
use super::refusal::Refusal;
use super::zone::zone_beside;

/// What a table is read for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::market) enum Want {
    /// Bars.
    Prices,
    /// Funding.
    Rates,
    /// Difficulty of a network.
    Difficulty,
    /// Fees of a network's blocks, by day.
    Fees,
}

/// Indices of the columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Columns {
    /// Start of the bar.
    pub time: usize,
    /// Time of the day, where it stands apart.
    pub clock: Option<usize>,
    /// Whether times are seconds since the start of a simulated path.
    pub relative: bool,
    /// Open, high and low; none in files of closes.
    pub range: Option<[usize; 3]>,
    /// Close, or rate.
    pub close: usize,
    /// Volume.
    pub volume: Option<usize>,
    /// Name of the instrument.
    pub symbol: Option<usize>,
}

/// The names of the columns, one list for each: a header may have several lines.
struct Header<'a> {
    layout: &'a Layout,
    names: Vec<Vec<String>>,
    options: &'a ReadOptions,
}

/// The columns of a header; `sample` are the first rows.
pub(super) fn of_header(
    layout: &Layout,
    sample: &[Vec<String>],
    want: Want,
    options: &ReadOptions,
) -> Result<(Columns, Vec<String>), Refusal> {
    let name = |column: usize| {
        let cells = layout.headers.iter().filter_map(|header| header.get(column));
        cells.map(plain).filter(|name| !name.is_empty()).collect()
    };
    let header = Header { layout, names: (0..layout.fields).map(name).collect(), options };
    let mut decisions = Vec::new();
    let is_simulated = ["path", "bar", "seconds"].iter().all(|name| header.find(&[name], &[]).is_some());
    let (time, clock) = header.time_and_clock(is_simulated, sample)?;
    header.says_no_zone(time, sample)?;
    let mut taken: Vec<usize> = std::iter::once(time).chain(clock).collect();
    let symbol = if is_simulated { header.find(&["path"], &taken) } else { header.find(&SYMBOL, &taken) };
    let single: Option<(&[&str], &'static str)> = match want {
        Want::Prices => None,
        Want::Rates => Some((&RATE, "rates")),
        Want::Difficulty => Some((&DIFFICULTY, "difficulty")),
        Want::Fees => Some((&FEES, "fees")),
    };
    if let Some((names, what)) = single {
        let is_per_cent = options.columns.of(Role::PerCent).is_some();
        let role = if is_per_cent { Role::PerCent } else { Role::Rate };
        let value = header.one(role, names, "rate", &taken)?;
        let close = value.ok_or_else(|| Refusal::NoValues { what, header: layout.header_text() })?;
        let columns = Columns { time, clock, relative: false, range: None, close, volume: None, symbol };
        return Ok((columns, decisions));
    }
    let close = match header.one(Role::Close, &CLOSE, "close", &taken)? {
        Some(close) => close,
        None => {
            // A single column beside the time needs no name.
            let others: Vec<usize> = (0..layout.fields)
                .filter(|column| !taken.contains(column) && symbol != Some(*column))
                .collect();
            match others[..] {
                [only] if !header.says_otherwise(only) => only,
                _ => return Err(Refusal::NoPrices(layout.header_text())),
            }
        }
    };
    taken.push(close);
    let range = [
        header.one(Role::Open, &OPEN, "open", &taken)?,
        header.one(Role::High, &HIGH, "high", &taken)?,
        header.one(Role::Low, &LOW, "low", &taken)?,
    ];
    let range = match range {
        [Some(open), Some(high), Some(low)] => Some([open, high, low]),
        [None, None, None] => None,
        // Columns chosen by hand need not say what they leave out.
        _ if !options.columns.is_empty() && options.columns.of(Role::Open).is_none() => None,
        _ => return Err(Refusal::PartialRange(layout.header_text())),
    };
    taken.extend(range.iter().flatten());
    let volume = header.one(Role::Volume, &VOLUME, "volume", &taken).ok().flatten().or_else(|| {
        let is_volume = |column: &usize| header.names[*column].iter().any(|name| name.starts_with("volume"));
        (0..layout.fields).filter(|column| !taken.contains(column)).find(is_volume)
    });
    let columns = Columns { time, clock, relative: is_simulated, range, close, volume, symbol };
    if range.is_none() || !options.columns.is_empty() || layout.headers.len() > 1 || time > 0 {
        decisions.push(format!("columns: {}", columns.words(layout)));
    }
    Ok((columns, decisions))
}

impl Header<'_> {
    /// The first column that has one of the names, the preferred name first.
    fn find(&self, known: &[&str], taken: &[usize]) -> Option<usize> {
        known.iter().find_map(|known| self.named(known, taken).first().copied())
    }

    /// All columns of a name; if there is none, those of the name with a currency behind it.
    fn named(&self, known: &str, taken: &[usize]) -> Vec<usize> {
        let columns = |matches: &dyn Fn(&str) -> bool| -> Vec<usize> {
            let free = (0..self.names.len()).filter(|column| !taken.contains(column));
            free.filter(|column| self.names[*column].iter().any(|name| matches(name))).collect()
        };
        let exact = columns(&|name| name == known);
        // Of t and T (Hyperliquid, streams of Binance) the small letter is the start.
        let is_same = |column: &&usize| {
            self.layout.headers.iter().any(|header| header.get(**column).is_some_and(|name| name == known))
        };
        if let (1, 2.., Some(same)) = (known.len(), exact.len(), exact.iter().find(is_same)) {
            return vec![*same];
        }
        if !exact.is_empty() || known.len() < 3 {
            return exact;
        }
        columns(&|name| ["usd", "usdt", "eur"].iter().any(|unit| name.strip_suffix(unit) == Some(known)))
    }

    /// Whether a column is called something else than a close.
    fn says_otherwise(&self, column: usize) -> bool {
        // A single letter may stand for a value as well.
        self.names[column].iter().filter(|name| name.len() > 1).any(|name| {
            let lists: [&[&str]; 6] = [&OPEN, &HIGH, &LOW, &VOLUME, &RATE, &END];
            name.starts_with("volume")
                || name.starts_with("ln")
                || NO_PRICE.iter().any(|part| name.contains(part))
                || lists.iter().any(|list| list.contains(&name.as_str()))
        })
    }

    /// The column of a role: the chosen one, or the only one of the best name.
    fn one(
        &self,
        role: Role,
        known: &[&str],
        word: &'static str,
        taken: &[usize],
    ) -> Result<Option<usize>, Refusal> {
        if let Some(chosen) = self.options.columns.of(role) {
            return self.chosen(chosen).map(Some);
        }
        for name in known {
            match self.named(name, taken)[..] {
                [] => {}
                [column] => return Ok(Some(column)),
                [first, ..] => {
                    let count = self.named(name, taken).len();
                    let name = (*name).to_owned();
                    return Err(Refusal::SameName { name, count, role: word, first: first + 1 });
                }
            }
        }
        Ok(None)
    }

    /// The column that the user names, by its name or its number from 1.
    fn chosen(&self, wanted: &str) -> Result<usize, Refusal> {
        chosen(wanted, self.layout)
    }

    fn time(&self, is_simulated: bool) -> Result<usize, Refusal> {
        if let Some(chosen) = self.options.columns.of(Role::Time) {
            return self.chosen(chosen);
        }
        let column = if is_simulated { self.find(&["seconds"], &[]) } else { self.find(&TIME, &[]) };
        // The nameless index column of a data frame.
        let nameless = || (self.names.len() > 1 && self.names[0].is_empty()).then_some(0);
        column.or_else(nameless).ok_or_else(|| match self.find(&END, &[]) {
            Some(end) => Refusal::OnlyEnds(
                self.layout.headers.first().and_then(|header| header.get(end)).unwrap_or_default().to_owned(),
            ),
            None => Refusal::NoTimes(self.layout.header_text()),
        })
    }

    /// Refuses times that are said to be of another zone than UTC beside the cells, where no cell says so.
    fn says_no_zone(&self, time: usize, sample: &[Vec<String>]) -> Result<(), Refusal> {
        let says = |text: &str| zone_beside(text).then(|| Refusal::ZoneBeside(text.to_owned()));
        let names = self.layout.headers.iter().filter_map(|header| header.get(time));
        if let Some(refusal) = names.filter(|name| name.contains(['(', '+', '-'])).find_map(says) {
            return Err(refusal);
        }
        // Numbers since 1970 are in no zone.
        let is_counted = |cell: &str| cell.parse::<f64>().is_ok() && epoch::compact(cell).is_none();
        let fields = |column: usize| sample.iter().filter_map(move |row| row.get(column)).map(String::as_str);
        if fields(time).all(is_counted) {
            return Ok(());
        }
        let Some(column) = self.find(&OFFSET, &[time]) else { return Ok(()) };
        match fields(column).find(|cell| zone_beside(cell)) {
            Some(cell) => {
                let name =
                    self.layout.headers.first().and_then(|header| header.get(column)).unwrap_or_default();
                Err(Refusal::ZoneBeside(format!("{name} {cell}")))
            }
            None => Ok(()),
        }
    }

    /// The column of times, and that of the clock where dates stand apart.
    fn time_and_clock(
        &self,
        is_simulated: bool,
        sample: &[Vec<String>],
    ) -> Result<(usize, Option<usize>), Refusal> {
        let time = self.time(is_simulated)?;
        if let Some(chosen) = self.options.columns.of(Role::Clock) {
            return Ok((time, Some(self.chosen(chosen)?)));
        }
        let is_plain =
            self.names[time].iter().any(|name| [&DATE[..], &CLOCK].concat().contains(&name.as_str()));
        if !is_plain || self.options.columns.of(Role::Time).is_some() {
            return Ok((time, None));
        }
        let fields = |column: usize| sample.iter().filter_map(move |row| row.get(column)).map(String::as_str);
        let pairs = DATE.iter().flat_map(|date| self.named(date, &[])).flat_map(|date| {
            CLOCK.iter().flat_map(move |clock| self.named(clock, &[date])).map(move |clock| (date, clock))
        });
        let mut pairs = pairs.filter(|(date, clock)| is_clock_beside(fields(*date), fields(*clock)));
        Ok(pairs.next().map_or((time, None), |(date, clock)| (date, Some(clock))))
    }
}

/// Whether the second column holds the clock of the dates in the first.
pub(super) fn is_clock_beside<'a>(
    mut dates: impl Iterator<Item = &'a str>,
    clocks: impl Iterator<Item = &'a str> + Clone,
) -> bool {
    let is_date = |text: &str| {
        text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit())
            || super::stamp::read(text).is_ok_and(|stamp| stamp.day.is_some() && stamp.clock.is_none())
    };
    let mut seen = ClockDigits::default();
    let mut digits = Vec::new();
    let are_clocks = clocks.clone().all(|text| match seen.add(text) {
        Some(number) => {
            digits.push(number);
            true
        }
        None => super::times::clock_of(text).is_some(),
    });
    // An hour 24 is refused when it is read, with what is wrong.
    let is_of_day = |number: u32| number == 24 || seen.kind().seconds(number).is_some();
    clocks.clone().next().is_some() && dates.all(is_date) && are_clocks && digits.into_iter().all(is_of_day)
}

/// The column that the user names, by its name or its number from 1.
pub(super) fn chosen(wanted: &str, layout: &Layout) -> Result<usize, Refusal> {
    let unknown = || Refusal::UnknownColumn { name: wanted.to_owned(), header: layout.header_text() };
    let is_named = |column: &usize| {
        layout
            .headers
            .iter()
            .any(|header| header.get(*column).is_some_and(|name| name.eq_ignore_ascii_case(wanted)))
    };
    let is_alike = |column: &usize| {
        let name = plain(wanted);
        !name.is_empty()
            && layout.headers.iter().any(|header| header.get(*column).is_some_and(|cell| plain(cell) == name))
    };
    let by_number = || {
        let number: usize = wanted.parse().ok()?;
        (1..=layout.fields).contains(&number).then(|| number - 1)
    };
    let columns = || 0..layout.fields;
    columns().find(is_named).or_else(by_number).or_else(|| columns().find(is_alike)).ok_or_else(unknown)
}

impl Columns {
    /// Which column is which, in words.
    pub fn words(&self, layout: &Layout) -> String {
        let name = |column: usize| match layout.headers.first().and_then(|header| header.get(column)) {
            Some(name) if !name.is_empty() => format!("\"{name}\""),
            _ => format!("column {}", column + 1),
        };
        let mut words = vec![format!("time {}", name(self.time))];
        words.extend(self.clock.map(|clock| format!("clock {}", name(clock))));
        if let Some([open, high, low]) = self.range {
            words.push(format!("open {}, high {}, low {}", name(open), name(high), name(low)));
        }
        words.push(format!("close {}", name(self.close)));
        words.join(", ")
    }

    /// Whether a value that is used stands in this column.
    pub fn uses(&self, column: usize) -> bool {
        let range = self.range.unwrap_or([self.close; 3]);
        [self.time, self.close].contains(&column) || self.clock == Some(column) || range.contains(&column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(header: &str) -> Result<Columns, Refusal> {
        let count = header.split(',').count();
        let rows: String =
            (0..3).map(|day| format!("2024-01-0{}{}\n", day + 1, ",5".repeat(count - 1))).collect();
        let layout = Layout::of(&format!("{header}\n{rows}")).unwrap();
        of_header(&layout, &[], Want::Prices, &ReadOptions::default()).map(|(columns, _)| columns)
    }

    #[test]
    fn headers_in_the_usual_variants_are_understood() {
        for (header, time, range, close) in [
            ("timestamp,open,high,low,close,volume", 0, Some([1, 2, 3]), 4),
            ("Date,Open,High,Low,Close,Adj Close,Volume", 0, Some([1, 2, 3]), 4),
            ("unix,date,symbol,open,high,low,close,Volume BTC", 0, Some([3, 4, 5]), 6),
            ("open_time,open,high,low,close,volume,close_time", 0, Some([1, 2, 3]), 4),
            (",Price", 0, None, 1),
            ("close,low,high,open,Open Time", 4, Some([3, 2, 1]), 0),
            ("startTime,openPrice,highPrice,lowPrice,closePrice,volume,turnover", 0, Some([1, 2, 3]), 4),
            ("snapped_at,price,market_cap,total_volume", 0, None, 1),
            ("timestamp,timeOpen,open,high,low,close", 1, Some([2, 3, 4]), 5),
            (
                "time_open,time_period_start,price_open,price_high,price_low,price_close",
                1,
                Some([2, 3, 4]),
                5,
            ),
            ("observation_date,CBBTCUSD", 0, None, 1),
            ("Timestamp,market-price", 0, None, 1),
            ("Date,Adj Close,Volume", 0, None, 1),
            ("t,v", 0, None, 1),
            ("window_start,timestamp,open,high,low,close", 0, Some([2, 3, 4]), 5),
            ("begin,end,timestamp,close", 0, None, 3),
            ("time,AdrActCnt,PriceUSD,TxCnt", 0, None, 2),
        ] {
            let found = columns(header).unwrap();
            assert_eq!((found.time, found.range, found.close), (time, range, close), "{header}");
        }
    }

    #[test]
    fn headers_that_lack_something_say_what() {
        assert!(matches!(columns("open,high,low,close"), Err(Refusal::NoTimes(_))));
        assert!(matches!(columns("timestamp,funding,interest"), Err(Refusal::NoPrices(_))));
        assert!(matches!(columns("timestamp,high,low,close"), Err(Refusal::PartialRange(_))));
        assert!(matches!(columns("close_time,close"), Err(Refusal::OnlyEnds(_))));
        for header in [
            "date,fear_greed",
            "date,hashrate",
            "date,log_close",
            "Date,BTC,ETH",
            "Date,Volume",
            "timestamp,funding_rate",
            "Date,Open",
        ] {
            assert!(matches!(columns(header), Err(Refusal::NoPrices(_))), "{header}");
        }
        assert!(matches!(columns("Date,Close,Close"), Err(Refusal::SameName { count: 2, first: 2, .. })));
    }

    #[test]
    fn columns_are_chosen_by_name_or_number() {
        let layout = Layout::of("Day,BTC,ETH\n2024-01-01,1,2\n2024-01-02,1,2\n").unwrap();
        let choose = |text: &str| {
            let options = ReadOptions { columns: text.parse().unwrap(), ..ReadOptions::default() };
            of_header(&layout, &[], Want::Prices, &options).map(|(columns, _)| (columns.time, columns.close))
        };
        assert_eq!(choose("time=Day,close=ETH"), Ok((0, 2)));
        assert_eq!(choose("close=2"), Ok((0, 1)));
        assert!(matches!(choose("close=SOL"), Err(Refusal::UnknownColumn { .. })));
    }
}
