//! What headers call their columns.

/// Names after lower-casing and dropping all but letters and digits, the preferred first: starts of bars, then times
/// of no certain place in the bar.
pub(super) const TIME: [&str; 75] = [
    "timeperiodstart",
    "periodstart",
    "opentime",
    "timeopen",
    "opentimestamp",
    "opentimems",
    "opendatetime",
    "starttime",
    "startat",
    "starttimestamp",
    "start",
    "barstart",
    "candlebegintime",
    "begintime",
    "begin",
    "windowstart",
    "startedat",
    "startdate",
    "starttimeutc",
    "startdatetime",
    "bucketstart",
    "intervalstart",
    "periodstartunix",
    "opents",
    "startts",
    "from",
    "candledatetimeutc",
    "timestamp",
    "timestamputc",
    "timestampms",
    "unix",
    "unixtimestamp",
    "unixtime",
    "epoch",
    "time",
    "datetime",
    "datetimeutc",
    "date",
    "dateutc",
    "dategmt",
    "timeutc",
    "gmttime",
    "utctime",
    "localtime",
    "utc",
    "snappedat",
    "observationdate",
    "dtyyyymmdd",
    "tradingday",
    "fundingtime",
    "fundingtimestamp",
    "fundingratetimestamp",
    "calctime",
    "timepoint",
    "settletime",
    "effectiveat",
    "eventtime",
    "tsevent",
    "ts",
    "t",
    "day",
    "week",
    "month",
    "bucket",
    "hour",
    "blocktime",
    "timestampsutc",
    "dates",
    "ticks",
    "candletime",
    "mts",
    "exchangedate",
    "tradedate",
    "x",
    // Of Huobi; anywhere else it is rather a number of the row, which is refused as such.
    "id",
];
pub(super) const END: [&str; 8] = [
    "closetime",
    "timeclose",
    "timeperiodend",
    "periodend",
    "endtime",
    "closetimestamp",
    "end",
    "candleendtime",
];
pub(super) const DATE: [&str; 7] =
    ["date", "dtyyyymmdd", "day", "dateutc", "dategmt", "tradingday", "tradedate"];
pub(super) const CLOCK: [&str; 6] = ["time", "clock", "timeutc", "timegmt", "hhmmss", "hour"];
pub(super) const OPEN: [&str; 7] = ["open", "openprice", "priceopen", "openingprice", "first", "pxopen", "o"];
pub(super) const HIGH: [&str; 7] = ["high", "highprice", "pricehigh", "highest", "max", "pxhigh", "h"];
pub(super) const LOW: [&str; 7] = ["low", "lowprice", "pricelow", "lowest", "min", "pxlow", "l"];
pub(super) const CLOSE: [&str; 20] = [
    "close",
    "closeprice",
    "priceclose",
    "closingprice",
    "closelast",
    "price",
    "lastprice",
    "last",
    "pxlast",
    "markprice",
    "indexprice",
    "marketprice",
    "tradeprice",
    "priceusd",
    "referencerateusd",
    "value",
    "adjclose",
    "adjustedclose",
    "closeadj",
    "c",
];
pub(super) const VOLUME: [&str; 7] =
    ["volume", "vol", "basevolume", "tickvol", "tickvolume", "quantity", "v"];
/// What was paid before what was foreseen, and parts of the notional before coins (Kraken, OKX).
pub(super) const RATE: [&str; 11] = [
    "relativefundingrate",
    "realizedrate",
    "realfundingrate",
    "fundingrate",
    "lastfundingrate",
    "rate",
    "interest1h",
    "funding",
    "currentfunding",
    "value",
    "r",
];
pub(super) const DIFFICULTY: [&str; 4] = ["difficulty", "diffmean", "difflast", "value"];
pub(super) const FEES: [&str; 8] = [
    "feesbtc",
    "fees",
    "feetotntv",
    "totalfees",
    "transactionfees",
    "totalfeesbtc",
    "transactionfeesbtc",
    "value",
];
/// Parts of names of what is no price: a single column of them is not taken for one.
pub(super) const NO_PRICE: [&str; 22] = [
    "fear",
    "greed",
    "rsi",
    "hashrate",
    "supply",
    "interest",
    "difficulty",
    "count",
    "dominance",
    "return",
    "trades",
    "volatility",
    "log",
    "revenue",
    "fee",
    "funding",
    "ratio",
    "score",
    "number",
    "percent",
    "change",
    "cap",
];
/// Offsets of the times of a row.
pub(super) const OFFSET: [&str; 7] =
    ["tz", "timezone", "zone", "utcoffset", "offset", "gmtoffset", "tzoffset"];
pub(super) const SYMBOL: [&str; 18] = [
    "symbol",
    "ticker",
    "tic",
    "pair",
    "instrument",
    "instrumentid",
    "instrumentname",
    "instid",
    "market",
    "marketid",
    "product",
    "productid",
    "coin",
    "coinid",
    "asset",
    "contract",
    "name",
    "sym",
];

/// Whether a header may say this.
pub(super) fn is_known_name(name: &str) -> bool {
    let plain = plain(name);
    let lists: [&[&str]; 9] = [&TIME, &END, &OPEN, &HIGH, &LOW, &CLOSE, &VOLUME, &RATE, &SYMBOL];
    !plain.is_empty() && lists.iter().any(|list| list.contains(&plain.as_str()))
}

/// A name in small letters and digits, without a number in front.
pub(super) fn plain(name: &str) -> String {
    // "1. open", "1a. open (USD)" and their like.
    let numbered = name
        .split_once(". ")
        .filter(|(number, _)| number.len() <= 3 && number.starts_with(|c: char| c.is_ascii_digit()));
    let name = numbered.map_or(name, |(_, name)| name);
    let letters = name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase());
    letters.skip_while(char::is_ascii_digit).collect()
}
