//! Tables in JSON as lines of fields: wherever in a text they stand (`tables`), whatever a row looks like (`rows`); one
//! value a line as well.

mod rows;
mod tables;

use std::borrow::Cow;

use serde_json::{Deserializer, Error, Value};

use super::refusal::{Refusal, Refused};

/// Words for numbers that are none, as Python writes them.
const NO_NUMBERS: [&str; 3] = ["NaN", "-Infinity", "Infinity"];

/// The table of a JSON text as lines with commas.
pub(super) fn text(json: &str) -> Result<String, Refused> {
    let refuse = |words: String| (None, Refusal::Json(words));
    let mut values = values(json).or_else(|error| match without_words(json) {
        Cow::Owned(changed) => values(&changed).map_err(|_| wrong(json, &error)),
        Cow::Borrowed(_) => Err(wrong(json, &error)),
    })?;
    let zone = values.first().and_then(tables::zone);
    let rows = if values.len() == 1 {
        tables::rows(values.remove(0)).map_err(refuse)?
    } else if values.first().is_some_and(tables::is_list_of_rows) {
        // Pages, one behind the other.
        values.into_iter().map(tables::rows).collect::<Result<Vec<_>, _>>().map_err(refuse)?.concat()
    } else {
        values
    };
    rows::table(&rows, zone.as_deref()).map_err(refuse)
}

/// The values of a text, one or several.
fn values(json: &str) -> Result<Vec<Value>, Error> {
    Deserializer::from_str(json).into_iter().collect()
}

fn wrong(json: &str, error: &Error) -> Refused {
    let words = if error.is_eof() {
        format!("it ends inside a value, as a download that was cut ({error})")
    } else if json.contains("{'") || json.contains("['") {
        format!(
            "words stand in single quotes, as Python shows them and JSON does not ({error}): write it with json.dump"
        )
    } else {
        error.to_string()
    };
    (Some(error.line() as u64), Refusal::Json(words))
}

/// The text with null in place of [`NO_NUMBERS`] outside words.
fn without_words(json: &str) -> Cow<'_, str> {
    if !NO_NUMBERS.iter().any(|word| json.contains(word)) {
        return Cow::Borrowed(json);
    }
    let (mut text, mut rest) = (String::with_capacity(json.len()), json);
    let (mut is_word, mut is_escaped) = (false, false);
    while let Some(first) = rest.chars().next() {
        if let Some(word) = NO_NUMBERS.iter().find(|word| !is_word && rest.starts_with(**word)) {
            text.push_str("null");
            rest = &rest[word.len()..];
            continue;
        }
        if first == '"' && !is_escaped {
            is_word = !is_word;
        }
        is_escaped = is_word && first == '\\' && !is_escaped;
        text.push(first);
        rest = &rest[first.len_utf8()..];
    }
    Cow::Owned(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_of_every_shape_become_lines() {
        let bars = "[[1706745600,2],[1706749200,3]]";
        for (json, lines) in [
            ("[[1,2.5],[2,3]]", "1,2.5\n2,3\n"),
            ("[{\"t\":1,\"c\":\"2.5\"},{\"c\":3,\"t\":2}]", "\"c\",\"t\"\n\"2.5\",1\n3,2\n"),
            ("{\"time\":[1,2],\"close\":[3,null]}", "\"close\",\"time\"\n3,1\nnull,2\n"),
            (
                "{\"t\":{\"0\":7,\"10\":9,\"9\":8},\"c\":{\"0\":1,\"10\":3,\"9\":2}}",
                "\"c\",\"t\"\n1,7\n2,8\n3,9\n",
            ),
            ("{\"retCode\":0,\"result\":{\"symbol\":\"BTCUSDT\",\"list\":[[1,2],[3,4]]}}", "1,2\n3,4\n"),
            (
                "{\"s\":\"ok\",\"t\":[1706745600,1706749200],\"c\":[2,3]}",
                "\"c\",\"t\"\n2,1706745600\n3,1706749200\n",
            ),
            (
                "{\"c\":{\"1706745600\":2,\"1706749200\":3},\"o\":{\"1706745600\":4,\"1706749200\":5}}",
                "\"c\",\"o\",\"timestamp\"\n2,4,\"1706745600\"\n3,5,\"1706749200\"\n",
            ),
            (
                "{\"2024-02-01\":{\"c\":2,\"o\":4},\"2024-02-02\":{\"c\":3,\"o\":5}}",
                "\"c\",\"o\",\"timestamp\"\n2,4,\"2024-02-01\"\n3,5,\"2024-02-02\"\n",
            ),
            // Alpha Vantage: rows under their times, under a name, beside what is said of them.
            (
                "{\"Meta Data\":{\"6. Time Zone\":\"UTC\"},\"Time Series\":{\"2024-02-01\":{\"4. close\":\"2\"},\"2024-02-02\":{\"4. close\":\"3\"}}}",
                "\"4. close\",\"timestamp\"\n\"2\",\"2024-02-01\"\n\"3\",\"2024-02-02\"\n",
            ),
            (
                "{\"columns\":[\"c\",\"o\"],\"index\":[1706745600,1706749200],\"data\":[[2,4],[3,5]]}",
                "\"c\",\"o\",\"timestamp\"\n2,4,1706745600\n3,5,1706749200\n",
            ),
            // MOEX, Nasdaq Data Link.
            (
                "{\"candles\":{\"metadata\":{\"c\":{\"type\":\"double\"}},\"columns\":[\"c\",\"begin\"],\"data\":[[2,\"x\"],[3,\"y\"]]},\"candles.cursor\":{\"columns\":[\"INDEX\",\"TOTAL\"],\"data\":[[0,2]]}}",
                "\"begin\",\"c\"\n\"x\",2\n\"y\",3\n",
            ),
            (
                "{\"dataset\":{\"column_names\":[\"Date\",\"Last\"],\"data\":[[\"x\",2],[\"y\",3]]}}",
                "\"Date\",\"Last\"\n\"x\",2\n\"y\",3\n",
            ),
            // Yahoo's chart: columns in several places.
            (
                "{\"chart\":{\"result\":[{\"meta\":{\"validRanges\":[\"1d\"]},\"timestamp\":[1,2],\"indicators\":{\"quote\":[{\"close\":[3,4],\"open\":[5,6]}],\"adjclose\":[{\"adjclose\":[3,4]}]}}],\"error\":null}}",
                "\"adjclose\",\"close\",\"open\",\"timestamp\"\n3,3,5,1\n4,4,6,2\n",
            ),
            // OANDA, Databento, Tiingo, Kraken, CoinGecko.
            (
                "{\"granularity\":\"H1\",\"candles\":[{\"complete\":true,\"mid\":{\"c\":\"1\",\"o\":\"2\"},\"time\":\"x\"},{\"complete\":true,\"mid\":{\"c\":\"3\",\"o\":\"4\"},\"time\":\"y\"}]}",
                "\"complete\",\"c\",\"o\",\"time\"\ntrue,\"1\",\"2\",\"x\"\ntrue,\"3\",\"4\",\"y\"\n",
            ),
            (
                "[{\"mid\":{\"c\":1},\"bid\":{\"c\":2}},{\"mid\":{\"c\":3},\"bid\":{\"c\":4}}]",
                "\"bid.c\",\"mid.c\"\n2,1\n4,3\n",
            ),
            ("{\"hd\":{\"ts\":1},\"c\":2}\n{\"hd\":{\"ts\":2},\"c\":3}\n", "\"c\",\"ts\"\n2,1\n3,2\n"),
            (
                "[{\"ticker\":\"btcusd\",\"priceData\":[{\"close\":1,\"date\":\"x\"},{\"close\":2,\"date\":\"y\"}]}]",
                "\"close\",\"date\"\n1,\"x\"\n2,\"y\"\n",
            ),
            (
                &format!("{{\"error\":[],\"result\":{{\"XXBTZUSD\":{bars},\"last\":1}}}}"),
                "1706745600,2\n1706749200,3\n",
            ),
            (
                &format!("{{\"prices\":{bars},\"market_caps\":{bars},\"total_volumes\":{bars}}}"),
                "1706745600,2\n1706749200,3\n",
            ),
            ("[{\"t\":1,\"c\":2},{\"t\":2}]", "\"c\",\"t\"\n2,1\nnull,2\n"),
            // Pages one behind the other; words for numbers that are none.
            ("[[1,2]]\n[[3,4]]\n", "1,2\n3,4\n"),
            (
                "[{\"c\":1,\"n\":\"NaN\"}][{\"c\":NaN,\"n\":\"\\\"NaN\"}]",
                "\"c\",\"n\"\n1,\"NaN\"\nnull,\"\"\"NaN\"\n",
            ),
        ] {
            assert_eq!(text(json).unwrap(), lines, "{json}");
        }
    }

    #[test]
    fn a_zone_that_is_said_of_times_in_words_stands_beside_them() {
        let said = |zone: &str, time: &str| {
            text(&format!(
                "{{\"meta\":{{\"exchange_timezone\":\"{zone}\"}},\"values\":[{{\"c\":1,\"t\":{time}}},{{\"c\":2,\"t\":{time}}}]}}"
            ))
            .unwrap()
        };
        assert!(
            said("America/New_York", "\"2024-02-01 10:00\"")
                .contains("\"timezone\"\n1,\"2024-02-01 10:00\",\"America/New_York\"")
        );
        assert!(!said("America/New_York", "1706745600").contains("timezone"));
    }

    #[test]
    fn json_without_bars_says_what_it_is() {
        let words = |json: &str| text(json).unwrap_err().1.to_string();
        assert!(words("{\"code\":-1121,\"msg\":\"Invalid symbol.\"}").contains("Invalid symbol."));
        assert!(
            words("{\"chart\":{\"result\":null,\"error\":{\"description\":\"No data found\"}}}")
                .contains("No data found")
        );
        assert!(words("{\"Information\":\"The rate limit is 25 requests a day\"}").contains("25 requests"));
        assert!(words("{\"error\":[\"EQuery:Unknown asset pair\"]}").contains("Unknown asset pair"));
        assert!(words("[[1,2],[3").contains("a download that was cut"));
        assert!(words("[{'t': 1}]").contains("json.dump"));
        assert!(words("[]").contains("empty"));
        assert!(words("{\"code\":0,\"data\":[]}").contains("\"data\" is empty"));
        let two = "{\"BTC\":{\"t\":[1,2],\"c\":[3,4]},\"ETH\":{\"t\":[1,2],\"c\":[3,4]}}";
        assert!(words(two).contains("several tables (BTC, ETH)"), "{}", words(two));
        let two = "[{\"ticker\":\"a\",\"prices\":[[1,2]]},{\"ticker\":\"b\",\"prices\":[[1,2]]}]";
        assert!(words(two).contains("2 tables"), "{}", words(two));
    }
}
