//! Verdicts as JUnit XML, which CI servers show as test results.

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use crate::report::RenderError;
use crate::report::number;
use crate::study::{Change, CheckReport, Comparison, Verdict};

use super::cells;

/// The XML of a check: a suite per scenario, a case per limit and level, per level of the baseline, and per
/// assumption.
pub fn check(report: &CheckReport) -> Result<String, RenderError> {
    let mut junit = Report::new("liqsim check");
    for scenario in &report.scenarios {
        let mut suite = TestSuite::new(scenario.scenario.as_str());
        for limit in &scenario.limits {
            let name =
                format!("{} {} {}", number::leverage(limit.leverage), limit.metric, cells::bounds(limit));
            let sentence = cells::limit_sentence(limit);
            suite.add_test_case(case(&name, &scenario.file, limit.verdict, &sentence));
        }
        if let Some(baseline) = &scenario.baseline {
            add_comparison(&mut suite, &scenario.file, baseline);
        }
        for test in scenario.assumptions.iter().flat_map(|found| &found.tests) {
            let sentence = cells::assumption_sentence(test);
            suite.add_test_case(case(test.property.words(), &scenario.file, test.verdict, &sentence));
        }
        junit.add_test_suite(suite);
    }
    Ok(junit.to_string()?)
}

/// The XML of comparisons: a suite each.
pub fn comparisons(comparisons: &[Comparison]) -> Result<String, RenderError> {
    let mut junit = Report::new("liqsim compare");
    for comparison in comparisons {
        let mut suite = TestSuite::new(comparison.after.scenario.as_str());
        add_comparison(&mut suite, "compare", comparison);
        junit.add_test_suite(suite);
    }
    Ok(junit.to_string()?)
}

fn add_comparison(suite: &mut TestSuite, class: &str, comparison: &Comparison) {
    let mut leverages: Vec<f64> = comparison.metrics.iter().map(|found| found.leverage).collect();
    leverages.dedup();
    for leverage in leverages {
        let of_level = comparison.metrics.iter().filter(|found| found.leverage == leverage);
        let differing: Vec<_> = of_level.filter(|found| found.change != Change::Unchanged).collect();
        let verdict = Verdict::worst(differing.iter().map(|found| match found.change {
            Change::Changed => Verdict::Fail,
            Change::Undecided => Verdict::Undecided,
            Change::Unchanged => Verdict::Pass,
        }));
        let sentences: Vec<_> = differing.into_iter().map(cells::change_sentence).collect();
        let name = format!("{} as in the baseline", number::leverage(leverage));
        suite.add_test_case(case(&name, class, verdict, &sentences.join("\n")));
    }
}

/// What is not decided is an error, what does not hold a failure.
fn case(name: &str, class: &str, verdict: Verdict, message: &str) -> TestCase {
    let mut status = match verdict {
        Verdict::Pass => TestCaseStatus::success(),
        Verdict::Undecided => TestCaseStatus::non_success(NonSuccessKind::Error),
        Verdict::Fail => TestCaseStatus::non_success(NonSuccessKind::Failure),
    };
    if verdict != Verdict::Pass {
        status.set_type(verdict.word()).set_message(message);
    }
    let mut case = TestCase::new(name, status);
    case.set_classname(class);
    case
}
