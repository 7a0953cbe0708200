//! What a job costs as their number grows.
//!
//! Owns: measuring at ever larger numbers, and drawing it as SVG: microseconds to start a job that waits, over how many
//! there are. A level line is a cost that grows with the jobs alone.

use std::fmt::Write;
use std::path::Path;
use std::time::Instant;

use jobwright_runtime::DurableSteps;

use super::Rows;
use super::practice::{Measured, WAITS, start};
use crate::assemble::engine_report;
use crate::report::Result;

/// The first number of jobs that is measured.
const FIRST: u64 = 1_000;
/// Jobs in flight.
const AT_ONCE: usize = 500;
/// The drawing, in its own units.
const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 360.0;
const EDGE: f64 = 56.0;

/// What the jobs since the last point cost each, at this number of them.
#[derive(Clone, Copy)]
pub struct Point {
    pub jobs: u64,
    pub microseconds: f64,
}

/// Starts jobs up to this number.
pub fn measure(home: &Path, jobs_max: u64, view: Rows) -> Result<Vec<Point>> {
    let practice = Measured::new(home, "plot", view)?;
    let engine = practice.engine(DurableSteps::Turn, |store| store)?;
    let (mut points, mut there) = (Vec::new(), 0);
    for upto in milestones(jobs_max) {
        let began = Instant::now();
        let mut failed = None;
        let starts = (there..upto).map_while(|number| start(WAITS, number).ok());
        engine
            .start_each(starts, AT_ONCE, |_, answer| failed = answer.err().or(failed.take()))
            .map_err(engine_report)?;
        failed.map_or(Ok(()), |error| Err(engine_report(error)))?;
        let microseconds = began.elapsed().as_secs_f64() * 1e6 / (upto - there) as f64;
        points.push(Point { jobs: upto, microseconds });
        there = upto;
    }
    drop(engine);
    practice.remove()?;
    Ok(points)
}

/// 1, 2, 5 and so on of every power of ten, from the first to the last.
fn milestones(jobs_max: u64) -> impl Iterator<Item = u64> {
    let all = (0..).map_while(|power| FIRST.checked_mul(10_u64.checked_pow(power)?));
    let all = all.flat_map(|decade| [1, 2, 5].map(|times| decade.saturating_mul(times)));
    all.take_while(move |jobs| *jobs < jobs_max).chain([jobs_max])
}

/// The drawing.
pub fn drawn(points: &[Point]) -> String {
    let most = points.iter().map(|point| point.microseconds).fold(1.0, f64::max) * 1.2;
    let logarithm = |jobs: u64| (jobs.max(1) as f64).log10();
    let (left, right) =
        (points.first().map_or(0.0, |one| logarithm(one.jobs)), points.last().map_or(1.0, |one| logarithm(one.jobs)));
    let across = |jobs: u64| EDGE + (logarithm(jobs) - left) / (right - left).max(0.1) * (WIDTH - 2.0 * EDGE);
    let up = |microseconds: f64| HEIGHT - EDGE - microseconds / most * (HEIGHT - 2.0 * EDGE);
    let path: Vec<String> =
        points.iter().map(|one| format!("{:.1},{:.1}", across(one.jobs), up(one.microseconds))).collect();
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" font-size=\"11\">\n\
         <title>Microseconds to start a job, over how many there are</title>\n\
         <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"white\"/>\n\
         <text x=\"{EDGE}\" y=\"24\" font-size=\"14\">Microseconds to start a job, over how many there are</text>\n\
         <path d=\"M{EDGE},{EDGE} V{bottom} H{end}\" fill=\"none\" stroke=\"black\"/>\n\
         <polyline points=\"{}\" fill=\"none\" stroke=\"#1f6feb\" stroke-width=\"2\"/>\n",
        path.join(" "),
        bottom = HEIGHT - EDGE,
        end = WIDTH - EDGE,
    );
    for one in points {
        let (x, y) = (across(one.jobs), up(one.microseconds));
        // Writing to a text never fails.
        let _ = writeln!(
            svg,
            "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\" fill=\"#1f6feb\"/>\
             <text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{:.0}</text>\
             <text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
            y - 8.0,
            one.microseconds,
            HEIGHT - EDGE + 18.0,
            short(one.jobs),
        );
    }
    svg + "</svg>\n"
}

fn short(jobs: u64) -> String {
    match jobs {
        jobs if jobs >= 1_000_000 && jobs % 1_000_000 == 0 => format!("{}M", jobs / 1_000_000),
        jobs if jobs >= 1_000 && jobs % 1_000 == 0 => format!("{}k", jobs / 1_000),
        jobs => jobs.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_grow_to_the_last_one_and_a_drawing_names_each() {
        assert_eq!(milestones(12_000).collect::<Vec<_>>(), [1_000, 2_000, 5_000, 10_000, 12_000]);
        assert_eq!(milestones(30).collect::<Vec<_>>(), [30]);
        let points = [Point { jobs: 1_000, microseconds: 30.4 }, Point { jobs: 1_000_000, microseconds: 31.6 }];
        let svg = drawn(&points);
        for word in [">1k<", ">1M<", ">30<", ">32<", "</svg>"] {
            assert!(svg.contains(word), "{word} in {svg}");
        }
    }
}
