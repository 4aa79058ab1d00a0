//! What is charged on the way and what is not, and how equity is followed.

use super::notes::Note;
use super::words::percent;
use crate::account::OpenAccount;
use crate::venue::{Compounding, Flows, Funding, FundingRates, RecordedOrder};

/// The notes of an account.
pub(super) fn notes(account: &OpenAccount) -> Vec<Note> {
    let OpenAccount { flows, policy, .. } = account;
    let mut notes = Vec::new();
    if flows.iter().all(Flows::is_empty) {
        notes.push(Note::NotCharged { no_slippage: policy.is_empty() });
    } else {
        notes.push(Note::CashFlows { charged: charged(flows), continuous: account.continuous });
        if let [one] = &flows[..]
            && one.borrow.is_some_and(|borrow| borrow.compounding == Compounding::Continuous)
        {
            notes.push(Note::DailyAccrual);
        }
    }
    let share = policy.committed(account.horizon.seconds());
    if share > 0.0 {
        notes.push(Note::CommittedMoney { share });
    }
    if let Some(put) = policy.protective_put {
        notes.push(Note::ProtectivePut { strike: put.strike, expiry: put.expiry, premium: put.premium() });
    }
    if !account.schedule.is_empty() {
        notes.push(Note::DrawdownDates);
    }
    notes
}

fn charged(flows: &[Flows]) -> Vec<String> {
    let mut charged = Vec::new();
    let mut add = |text: String| {
        if !charged.contains(&text) {
            charged.push(text);
        }
    };
    for flows in flows {
        if let Some(funding) = flows.funding.as_ref().filter(|funding| !funding.is_zero()) {
            add(describe(funding));
        }
        if let Some(borrow) = flows.borrow.filter(|borrow| borrow.rate != 0.0) {
            add(format!("interest of {} % a year on debts", percent(borrow.rate)));
        }
    }
    charged
}

/// Funding in words.
fn describe(funding: &Funding) -> String {
    let every = funding.every;
    match &funding.rates {
        FundingRates::Constant { rate } => format!("funding of {} % every {every}", percent(*rate)),
        FundingRates::Ou(law) => format!(
            "funding every {every} at a rate that returns to {} % (Ornstein-Uhlenbeck, spread {:.2} bp after a long \
             time{})",
            percent(law.mean),
            1e4 * law.volatility / (2.0 * law.reversion).sqrt(),
            law.cap.map_or_else(String::new, |cap| format!(", capped at {} %", percent(cap))),
        ),
        FundingRates::Recorded(record) => match record.order {
            RecordedOrder::From(_) => format!("recorded funding every {every}, the same on every path"),
            RecordedOrder::Blocks(rows) => format!(
                "recorded funding every {every}, put together anew from blocks of {rows:.0} payments on average, \
                 independent of the prices"
            ),
        },
    }
}
