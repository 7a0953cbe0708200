//! What was measured, told.
//!
//! Owns: the table for people, beside what others published, and the object for `--json`.

use serde_json::{Value as Json, json};

use super::disk::{GROUP, Limits, RECORD_BYTES};
use super::parked::Parked;
use super::plot::Point;
use super::steps::Line;
use crate::report::Result;
use crate::verb::Context;

/// Durable steps a second that others do with the same work on two cores, each step durable before the next: Restate 1.7,
/// Obelisk, DBOS on PostgreSQL.
const OTHERS: [(usize, [u32; 3]); 3] = [(1, [755, 226, 253]), (50, [4_536, 1_578, 320]), (500, [9_592, 1_280, 399])];

/// Everything that was measured.
pub struct Told {
    disk: Limits,
    /// Each line with what the disk does at most when as many records share a flush.
    pub lines: Vec<(Line, f64)>,
    pub parked: Vec<Parked>,
    pub plot: Vec<Point>,
}

impl Told {
    pub fn new(disk: Limits) -> Self {
        Self { disk, lines: vec![], parked: vec![], plot: vec![] }
    }

    pub fn say(&self, ctx: &mut Context) -> Result<()> {
        if ctx.global.json {
            return Ok(ctx.out.json(&self.json())?);
        }
        ctx.out.text(self.table())?;
        Ok(())
    }

    fn table(&self) -> String {
        let mut text = format!(
            "This disk: {} flushes a second alone; {} records of {RECORD_BYTES} bytes a second, {GROUP} to a flush.\n",
            grouped(self.disk.flushes),
            grouped(self.disk.records)
        );
        if !self.lines.is_empty() {
            text += &format!(
                "\n{:>7} {:>9} {:>11} {:>8} {:>8} {:>12} {:>8} {:>9}   {:>8} {:>8} {:>6}\n",
                "durable",
                "in flight",
                "steps/s",
                "p50 ms",
                "p99 ms",
                "flushes/step",
                "CPU µs",
                "of limit",
                "Restate",
                "Obelisk",
                "DBOS"
            );
        }
        for (line, limit) in &self.lines {
            text += &format!(
                "{:>7} {:>9} {:>11} {:>8.2} {:>8.2} {:>12.4} {:>8.1} {:>8.0}%   {}\n",
                line.how.word(),
                line.in_flight,
                grouped(line.steps_per_second),
                line.p50_ms,
                line.p99_ms,
                line.flushes_per_step,
                line.processor_us,
                line.steps_per_second / limit.max(1.0) * 100.0,
                others(line.in_flight)
            );
        }
        if !self.lines.is_empty() {
            text += "The limit is the disk's own: as many records to a flush as jobs are in flight.\n";
        }
        for parked in &self.parked {
            text += &format!(
                "\n{} parked jobs: started in {:.2} s; {} bytes of memory and {} of disk each, {} of \
                 them in the journal until the next backup; serves {:.3} s after \
                 kill -9; all went on in {:.2} s.\n",
                grouped(parked.jobs as f64),
                parked.started_in.as_secs_f64(),
                each(parked.memory, parked.jobs),
                each(parked.disk, parked.jobs),
                each(parked.journal, parked.jobs),
                parked.serves_in.as_secs_f64(),
                parked.resumed_in.as_secs_f64(),
            );
        }
        if let [first, .., last] = self.parked.as_slice() {
            text += &format!(
                "Between {} and {} jobs each took {} bytes of memory and {} of disk, {} of them in the journal.\n",
                grouped(first.jobs as f64),
                grouped(last.jobs as f64),
                slope(first.memory, last.memory, first, last),
                slope(first.disk, last.disk, first, last),
                slope(first.journal, last.journal, first, last),
            );
        }
        text
    }

    fn json(&self) -> Json {
        let line = |(line, limit): &(Line, f64)| {
            json!({
                "durable_steps": line.how.word(), "in_flight": line.in_flight, "jobs": line.jobs,
                "steps_per_second": line.steps_per_second.round(), "p50_ms": line.p50_ms, "p99_ms": line.p99_ms,
                "flushes_per_step": line.flushes_per_step, "processor_us_per_step": line.processor_us,
                "disk_records_per_second": limit.round(),
            })
        };
        let parked = |parked: &Parked| {
            json!({
                "jobs": parked.jobs, "started_in_s": parked.started_in.as_secs_f64(), "memory_bytes": parked.memory,
                "disk_bytes": parked.disk, "journal_bytes": parked.journal,
                "serves_in_s": parked.serves_in.as_secs_f64(),
                "resumed_in_s": parked.resumed_in.as_secs_f64(),
            })
        };
        let point = |point: &Point| json!({ "jobs": point.jobs, "microseconds": point.microseconds });
        let peer = |(in_flight, [restate, obelisk, dbos]): &(usize, [u32; 3])| json!({ "in_flight": in_flight, "restate": restate, "obelisk": obelisk, "dbos": dbos });
        json!({
            "disk": { "flushes_per_second": self.disk.flushes.round(), "records_per_second": self.disk.records.round() },
            "lines": self.lines.iter().map(line).collect::<Vec<_>>(),
            "parked": self.parked.iter().map(parked).collect::<Vec<_>>(),
            "plot": self.plot.iter().map(point).collect::<Vec<_>>(),
            "others": OTHERS.iter().map(peer).collect::<Vec<_>>(),
        })
    }
}

fn others(in_flight: usize) -> String {
    let known = OTHERS.iter().find(|(number, _)| *number == in_flight);
    known.map_or_else(String::new, |(_, [restate, obelisk, dbos])| {
        format!("{:>8} {:>8} {:>6}", grouped(f64::from(*restate)), grouped(f64::from(*obelisk)), dbos)
    })
}

fn each(bytes: u64, jobs: u64) -> u64 {
    bytes / jobs.max(1)
}

fn slope(less: u64, more: u64, first: &Parked, last: &Parked) -> u64 {
    each(more.saturating_sub(less), last.jobs.saturating_sub(first.jobs))
}

/// A whole number in groups of three digits.
fn grouped(number: f64) -> String {
    let digits = format!("{number:.0}");
    let first = digits.len() % 3;
    let groups = digits.as_bytes()[first..].chunks(3).map(|group| String::from_utf8_lossy(group).into_owned());
    let head = (first > 0).then(|| digits[..first].to_owned());
    head.into_iter().chain(groups).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_numbers_are_read_in_groups() {
        for (number, text) in [(0.0, "0"), (999.6, "1,000"), (12_345.0, "12,345"), (1_000_000.0, "1,000,000")] {
            assert_eq!(grouped(number), text);
        }
    }
}
