//! Parts of messages.

/// How to choose the column where it has another name.
pub(super) fn way_out(what: &'static str) -> &'static str {
    if what == "rates" {
        ", or say columns = \"rate=NAME\" (\"percent=NAME\" where they are in per cent)"
    } else {
        ""
    }
}

/// What the column of such values is called.
pub(super) fn usual_name(what: &'static str) -> &'static str {
    if what == "rates" { "funding_rate" } else { what }
}

/// Text short enough for a message.
pub(super) fn shorten(text: &str) -> String {
    const LONGEST: usize = 80;
    if text.chars().count() <= LONGEST {
        text.to_owned()
    } else {
        text.chars().take(LONGEST).collect::<String>() + "…"
    }
}
