//! SVG: the probability of liquidation over leverage as one picture, for papers and chats.

use plotters::prelude::*;

use super::{RenderError, number, text};
use crate::result::RunResult;

const SIZE: (u32, u32) = (900, 560);
/// Leverages named below the axis.
const MOST_TICKS: usize = 12;
const FONT: &str = "sans-serif";
/// Dark enough on white, and told apart without colour vision (Okabe and Ito 2008).
const COLOURS: [RGBColor; 5] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(86, 86, 86),
];

/// The picture of one result or several, each with the band of its intervals.
///
/// # Errors
/// If there is nothing to draw or the picture cannot be made.
pub fn render(results: &[RunResult]) -> Result<String, RenderError> {
    let mut picture = String::new();
    {
        let area = SVGBackend::with_string(&mut picture, SIZE).into_drawing_area();
        draw(&area, results).map_err(|error| RenderError::Picture(error.to_string()))?;
    }
    Ok(picture)
}

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;
type DrawError<'a> = DrawingAreaErrorKind<<SVGBackend<'a> as DrawingBackend>::ErrorType>;

fn draw<'a>(area: &Area<'a>, results: &[RunResult]) -> Result<(), DrawError<'a>> {
    let leverages = || results.iter().flat_map(|result| result.levels.iter().map(|level| level.leverage));
    let (low, high) = leverages().fold((f64::INFINITY, 0.0_f64), |(low, high), x| (low.min(x), high.max(x)));
    // A single level still needs an axis of some length.
    let (from, to) = if low < high { (low, high) } else { (0.5 * low.min(1e6), 2.0 * high.max(1e-6)) };
    area.fill(&WHITE)?;
    // The simulated levels are what a reader looks for; where they are many, every n-th.
    let mut ticks: Vec<f64> = leverages().collect();
    ticks.sort_by(f64::total_cmp);
    ticks.dedup();
    let ticks: Vec<f64> = ticks.iter().copied().step_by(ticks.len().div_ceil(MOST_TICKS).max(1)).collect();
    let title = match results {
        [result] => format!("{}: {}", result.scenario, text::run_line(result)),
        _ => "Probability of liquidation".to_owned(),
    };
    let mut chart = ChartBuilder::on(area)
        .caption(title, (FONT, 18))
        .margin(16)
        .x_label_area_size(48)
        .y_label_area_size(64)
        .build_cartesian_2d((from..to).log_scale().with_key_points(ticks), 0.0..1.0)?;
    chart
        .configure_mesh()
        .x_desc("Leverage")
        .y_desc("Probability of liquidation")
        .x_label_formatter(&|leverage| number::leverage(*leverage))
        .y_label_formatter(&|probability| format!("{:.0} %", 100.0 * probability))
        .light_line_style(WHITE)
        .label_style((FONT, 14))
        .draw()?;
    for (result, colour) in results.iter().zip(COLOURS.iter().cycle()) {
        let at = |pick: fn(&crate::stats::Estimate) -> f64| {
            result.levels.iter().map(move |level| (level.leverage, pick(&level.liquidation_probability)))
        };
        let lower: Vec<(f64, f64)> = at(|estimate| estimate.low).collect();
        let outline: Vec<(f64, f64)> = at(|estimate| estimate.high).chain(lower.into_iter().rev()).collect();
        chart.draw_series(std::iter::once(Polygon::new(outline, colour.mix(0.25))))?;
        chart
            .draw_series(LineSeries::new(at(|estimate| estimate.value), colour.stroke_width(2)))?
            .label(result.scenario.clone())
            .legend(|(x, y)| PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(2)));
        chart
            .draw_series(at(|estimate| estimate.value).map(|point| Circle::new(point, 4, colour.filled())))?;
    }
    if results.len() > 1 {
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::UpperLeft)
            .background_style(WHITE.mix(0.8))
            .border_style(BLACK.mix(0.3))
            .label_font((FONT, 14))
            .draw()?;
    }
    area.present()
}
