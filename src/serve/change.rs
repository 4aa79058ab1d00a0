//! One value of a scenario, changed: the way to it, and the option of the command line that says the same.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A step from a table or list to one of its values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Step {
    Index(usize),
    Key(String),
}

impl From<&str> for Step {
    fn from(name: &str) -> Self {
        Self::Key(name.to_owned())
    }
}

/// The way to a value.
pub(super) type Path = Vec<Step>;

/// The way as problems name it: `account.positions[0].side`.
pub(super) fn key_of(path: &[Step]) -> String {
    let mut key = String::new();
    for step in path {
        match step {
            Step::Index(index) => key += &format!("[{index}]"),
            Step::Key(name) if key.is_empty() => key += name,
            Step::Key(name) => key += &format!(".{name}"),
        }
    }
    key
}

/// A value in place of another; null takes it out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Change {
    pub path: Path,
    pub value: Value,
}

impl Change {
    /// As `--set` takes it, `KEY=VALUE`.
    pub fn option(&self) -> String {
        let is_bare = |name: &str| {
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
        };
        let name = |step: &Step| match step {
            Step::Index(index) => index.to_string(),
            Step::Key(name) if is_bare(name) => name.clone(),
            // One of the two quotes is not in the name, or the option is refused as any wrong one.
            Step::Key(name) if name.contains('"') => format!("'{name}'"),
            Step::Key(name) => format!("\"{name}\""),
        };
        let key = self.path.iter().map(name).collect::<Vec<_>>().join(".");
        match &self.value {
            Value::Null => format!("{key}="),
            // Numbers, texts and lists of JSON are TOML too.
            value => format!("{key}={value}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_change_is_an_option() {
        let option = |path: Value, value: Value| {
            Change { path: serde_json::from_value(path).unwrap(), value }.option()
        };
        assert_eq!(
            option(json!(["account", "positions", 0, "side"]), json!("short")),
            "account.positions.0.side=\"short\""
        );
        assert_eq!(option(json!(["correlation", "BTC/ETH"]), json!(0.5)), "correlation.\"BTC/ETH\"=0.5");
        assert_eq!(option(json!(["account", "leverage"]), json!([1.0, 2.5])), "account.leverage=[1.0,2.5]");
        assert_eq!(option(json!(["policy", "stop_loss"]), Value::Null), "policy.stop_loss=");
    }
}
