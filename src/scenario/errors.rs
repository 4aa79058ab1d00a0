//! Errors of fitted parameters, in the table of a model.

use super::problem::{Code, Problem, Problems};
use super::shape::{List, Placed};
use super::suggest::nearest;
use super::table::table;
use super::types::Asset;
use crate::model::{Model, ParameterErrors, ParameterErrorsError};

table! {
    /// Errors of fitted numbers, which parameter_errors draws from; `liqsim calibrate -o` writes them.
    struct ErrorsFile {
        /// Keys of the model's table that were estimated; those of inner tables and lists with dots, such as "jumps.rate".
        required names: List<String>,
        /// Covariance matrix of the estimates: a row and a column for each name.
        required covariance: List<List<f64>>,
    }
}

/// The errors of a model: those in its table, or those that it was estimated with when it was read. None inside where there are none.
pub(super) fn resolve(
    file: Option<&Placed<ErrorsFile>>,
    model: &Model,
    problems: &mut Problems,
) -> Option<Option<ParameterErrors>> {
    let Some(file) = file else { return Some(ParameterErrors::of_estimate(model)) };
    let (names, covariance) = (file.value.names.as_ref()?, file.value.covariance.as_ref()?);
    let rows = &covariance.value.items;
    if names.value.items.len() != names.value.written
        || rows.len() != covariance.value.written
        || rows.iter().any(|row| row.value.items.len() != row.value.written)
    {
        // What could not be read was reported.
        return None;
    }
    let list = names.value.items.iter().map(|name| name.value.clone()).collect();
    let matrix = rows.iter().map(|row| row.value.items.iter().map(|number| number.value).collect()).collect();
    let error = match ParameterErrors::new(model, list, matrix) {
        Ok(errors) => return Some(Some(errors)),
        Err(error) => error,
    };
    let at = |name: &str| names.value.items.iter().rfind(|item| item.value == name).map(|item| &item.place);
    let size = "`covariance` has a row and a column for every name, in their order";
    let (code, place, help) = match &error {
        ParameterErrorsError::Empty => (
            Code::OutOfRange,
            Some(&names.place),
            "name what was estimated, such as \"volatility\"".to_owned(),
        ),
        ParameterErrorsError::Unknown { name, known } => {
            let list = format!("its parameters are {}", known.join(", "));
            let help = match nearest(name, known.iter().map(String::as_str)) {
                Some(near) => format!("did you mean `{near}`? {list}"),
                None if known.is_empty() => "this kind of model has none: take the table out".to_owned(),
                None => list,
            };
            (Code::UnknownName, at(name), help)
        }
        ParameterErrorsError::Twice(name) => (Code::Conflict, at(name), "name it once".to_owned()),
        ParameterErrorsError::Rows { .. } => (Code::Conflict, Some(&covariance.place), size.to_owned()),
        ParameterErrorsError::Row { row, .. } => {
            (Code::Conflict, rows.get(*row).map(|row| &row.place), size.to_owned())
        }
        ParameterErrorsError::Asymmetric { row, .. } => (
            Code::Conflict,
            rows.get(*row).map(|row| &row.place),
            "the covariance of two estimates is the same in either order".to_owned(),
        ),
        ParameterErrorsError::NotFinite(_) | ParameterErrorsError::Negative => (
            Code::OutOfRange,
            Some(&covariance.place),
            "`liqsim calibrate PRICES -o FILE` writes a matrix that can be right".to_owned(),
        ),
    };
    let place = place.unwrap_or(&file.place);
    problems.push(Problem::new(code, place, error.to_string()).help(help));
    None
}

/// Reports that errors are `asked` for where no model has any.
pub(super) fn check(asked: Option<&Placed<bool>>, assets: Option<&[Asset]>, problems: &mut Problems) {
    let (Some(asked), Some(assets)) = (asked.filter(|asked| asked.value), assets) else { return };
    if assets.iter().any(|asset| asset.errors.is_some()) {
        return;
    }
    let message = match assets {
        [asset] => format!("the model of `{}` has no errors of its parameters", asset.name),
        _ => "no model has errors of its parameters".to_owned(),
    };
    let help = "`liqsim calibrate PRICES -o FILE` writes them as [assets.NAME.model.errors] with `names` and `covariance`; the \
                kinds har and forecast with `prices` know theirs";
    problems.push(Problem::new(Code::Conflict, &asked.place, message).help(help));
}

#[cfg(test)]
mod tests {
    use super::super::{Scenario, Source, parse};

    const MODEL: &str =
        "kind = \"merton\"\ndrift = 0\nvolatility = 0.5\njumps = { rate = 20, mean = 0, std_dev = 0.05 }\n";

    fn read(simulation: &str, model: &str) -> Result<Scenario, String> {
        let text = format!(
            "[simulation]\nhorizon = \"3d\"\n{simulation}\n[account]\nequity = 1000\nleverage = [2]\nvenue = \"flat-0.5pct\"\n\
             [[account.positions]]\nasset = \"X\"\nside = \"long\"\n[assets.X]\nprice = 1.0\n[assets.X.model]\n{model}"
        );
        parse(Source::new("test", text), &[]).map_err(|problems| problems.to_string())
    }

    fn errors(names: &str, covariance: &str) -> String {
        format!("{MODEL}errors = {{ names = {names}, covariance = {covariance} }}\n")
    }

    #[test]
    fn errors_are_read_and_enter_the_identity_where_they_are_asked_for() {
        let with = errors("[\"volatility\", \"jumps.rate\"]", "[[1e-4, 0.0], [0.0, 4.0]]");
        let plain = read("", MODEL).unwrap();
        let fitted = read("", &with).unwrap();
        assert_eq!(fitted.assets[0].errors.as_ref().unwrap().names(), ["volatility", "jumps.rate"]);
        assert_eq!(fitted.identity(), plain.identity());
        let asked = read("parameter_errors = true", &with).unwrap();
        assert_ne!(asked.identity(), plain.identity());
        let other = errors("[\"volatility\", \"jumps.rate\"]", "[[2e-4, 0.0], [0.0, 4.0]]");
        assert_ne!(read("parameter_errors = true", &other).unwrap().identity(), asked.identity());
        assert!(read("parameter_errors = false", &with).is_ok());
    }

    #[test]
    fn what_cannot_be_right_is_refused_with_a_remedy() {
        for (model, words) in [
            (MODEL.to_owned(), "the model of `X` has no errors"),
            (errors("[]", "[]"), "`names` is empty"),
            (errors("[\"jump.rate\"]", "[[1.0]]"), "did you mean `jumps.rate`"),
            (errors("[\"drift\", \"drift\"]", "[[1.0, 0.0], [0.0, 1.0]]"), "`drift` is named twice"),
            (errors("[\"drift\"]", "[[1.0, 0.0]]"), "row 0 of `covariance` has 2 numbers"),
            (errors("[\"drift\"]", "[]"), "`covariance` has 0 rows"),
            (errors("[\"drift\", \"volatility\"]", "[[1.0, 0.5], [0.4, 1.0]]"), "is not symmetric"),
            (errors("[\"drift\"]", "[[-1.0]]"), "negative eigenvalue"),
            (errors("[\"drift\"]", "[[\"a\"]]"), "must be a number"),
        ] {
            let error = read("parameter_errors = true", &model).unwrap_err();
            assert!(error.contains(words), "{model}: {error}");
        }
    }
}
