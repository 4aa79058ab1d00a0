//! What `init` asks whoever sits before it: each question has an answer that Enter takes, and each answer becomes a flag.

use std::io::{self, BufRead, IsTerminal, Write};
use std::str::FromStr;

use liqsim::market::Duration;
use liqsim::venue::catalogue_names;

use super::level_choice::LevelChoice;
use super::starter::example_of;
use super::values;

const USUAL_VENUE: &str = "binance-usdm-btcusdt";

/// Whether there is somebody to ask: `liqsim init` alone, typed in a terminal.
pub fn is_asked() -> bool {
    std::env::args_os().nth(2).is_none() && io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Puts the questions on `output`, reads the answers from `input`, and gives the flags that they stand for.
///
/// # Errors
/// Reading or writing fails, or the input ends before the last answer.
pub fn ask(input: &mut impl BufRead, output: &mut impl Write) -> io::Result<Vec<String>> {
    writeln!(
        output,
        "A scenario in eight questions; Enter takes what stands in brackets, Ctrl-C writes nothing."
    )?;
    let mut questions = Questions { input, output, flags: Vec::new() };
    let found = questions.put("--venue", "Venue and coin, or miner", USUAL_VENUE, &|answer| {
        if answer.eq_ignore_ascii_case("miner") { Ok("miner".to_owned()) } else { venue(answer) }
    })?;
    if found.as_deref() == Some("miner") {
        return Ok(vec!["--miner".to_owned()]);
    }
    let (asset, price) = example_of(found.as_deref().unwrap_or(USUAL_VENUE));
    let valid = |is_valid: Result<(), String>, answer: &str| is_valid.map(|()| answer.to_owned());
    questions.put("--side", "Long or short", "long", &side)?;
    questions.put(
        "--leverage",
        "Leverage: 10, several as 3,5,10, or a range 1..40",
        "1 to 50",
        &|answer| valid(LevelChoice::from_str(answer).map(drop), answer),
    )?;
    questions.put("--horizon", "Held for: 36h, 14d, 2w, 6mo, 1y", "30d", &|answer| {
        valid(Duration::from_str(answer).map(drop).map_err(|error| error.to_string()), answer)
    })?;
    questions.put("--price", &format!("Price of {asset} now"), &price.to_string(), &|answer| {
        valid(values::positive(answer).map(drop), answer)
    })?;
    questions.put(
        "--equity",
        "Collateral put up, such as 5000 or 0.5 BTC",
        "a round example",
        &|answer| valid(values::equity(answer).map(drop), answer),
    )?;
    questions.put("--volatility", "Volatility a year, such as 80%", "a round example", &|answer| {
        valid(values::volatility(answer).map(drop), answer)
    })?;
    questions.put("--stop", "Stop loss at a distance from the entry, such as 6%", "none", &|answer| {
        valid(values::positive_ratio(answer).map(drop), answer)
    })?;
    Ok(questions.flags)
}

/// The questions so far.
struct Questions<'a, I, O> {
    input: &'a mut I,
    output: &'a mut O,
    flags: Vec<String>,
}

impl<I: BufRead, O: Write> Questions<'_, I, O> {
    /// Asks until the answer is one, or empty; an answer is kept under its flag.
    fn put(
        &mut self,
        flag: &str,
        question: &str,
        usual: &str,
        take: &dyn Fn(&str) -> Result<String, String>,
    ) -> io::Result<Option<String>> {
        loop {
            write!(self.output, "{question} [{usual}]: ")?;
            self.output.flush()?;
            let mut line = String::new();
            if self.input.read_line(&mut line)? == 0 {
                let message = "the answers ended early; nothing is written";
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, message));
            }
            let answer = line.trim();
            if answer.is_empty() {
                return Ok(None);
            }
            match take(answer) {
                Ok(value) => {
                    self.flags.extend([flag.to_owned(), value.clone()]);
                    return Ok(Some(value));
                }
                Err(problem) => writeln!(self.output, "  {problem}")?,
            }
        }
    }
}

fn side(answer: &str) -> Result<String, String> {
    match answer.to_ascii_lowercase().as_str() {
        "long" | "l" => Ok("long".to_owned()),
        "short" | "s" => Ok("short".to_owned()),
        _ => Err("must be long or short".to_owned()),
    }
}

/// The venue of the catalogue that these words name.
fn venue(words: &str) -> Result<String, String> {
    let wanted = words.to_ascii_lowercase();
    let names = catalogue_names();
    if names.contains(&wanted.as_str()) {
        return Ok(wanted);
    }
    let found: Vec<&str> = names
        .iter()
        .copied()
        .filter(|name| wanted.split_whitespace().all(|word| name.contains(word)))
        .collect();
    match found.as_slice() {
        [one] => Ok((*one).to_owned()),
        [] => Err("no venue has that in its name: try a coin or an exchange, such as eth".to_owned()),
        several => Err(format!("which of them: {}", several.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(answers: &str) -> (io::Result<Vec<String>>, String) {
        let mut output = Vec::new();
        let flags = ask(&mut answers.as_bytes(), &mut output);
        (flags, String::from_utf8(output).unwrap())
    }

    #[test]
    fn enter_takes_what_stands_in_brackets() {
        assert!(asked("\n\n\n\n\n\n\n\n").0.unwrap().is_empty());
    }

    #[test]
    fn answers_become_flags() {
        let (flags, output) = asked("hyperliquid eth\ns\n3,5\n14d\n2500\n5000\n80%\n6%\n");
        let expected = "--venue hyperliquid-eth --side short --leverage 3,5 --horizon 14d --price 2500 --equity 5000 \
                        --volatility 80% --stop 6%";
        assert_eq!(flags.unwrap().join(" "), expected);
        assert!(output.contains("Price of ETH now [3000]"), "{output}");
        assert_eq!(asked("Miner\n").0.unwrap(), ["--miner"]);
    }

    #[test]
    fn a_wrong_answer_is_asked_again_and_says_what_would_be_right() {
        let (flags, output) = asked("eth\nbinance eth\nup\nshort\n\n\n\n\n\n\n");
        assert_eq!(flags.unwrap().join(" "), "--venue binance-usdm-ethusdt --side short");
        assert!(output.contains("which of them: binance-usdm-ethusdt, dydx-v4-ethusd"), "{output}");
        assert!(output.contains("must be long or short"), "{output}");
    }

    #[test]
    fn answers_that_end_early_write_nothing() {
        assert_eq!(asked("\n\n").0.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }
}
