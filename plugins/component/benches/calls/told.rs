//! Figures beside their bars.
//!
//! Owns: how a line looks, and the percentiles. A missed bar is a word, not a failure.

use std::time::{Duration, Instant};

/// Whether the words of the command line want this line.
pub fn picked(name: &str) -> bool {
    let mut words = std::env::args().skip(1).filter(|word| !word.starts_with('-')).peekable();
    words.peek().is_none() || words.any(|word| name.contains(&word))
}

/// One line: its name, and what it is held to.
pub struct Line {
    name: String,
    bar: Option<f64>,
    more_is_better: bool,
}

impl Line {
    pub fn new(name: &str) -> Self {
        Self { name: name.into(), bar: None, more_is_better: false }
    }

    pub fn below(self, bar: f64) -> Self {
        Self { bar: Some(bar), ..self }
    }

    pub fn above(self, bar: f64) -> Self {
        Self { bar: Some(bar), more_is_better: true, ..self }
    }

    /// One figure.
    pub fn say(&self, figure: f64) {
        println!("{:44} {figure:>10.1} {:>10} {:>10} {:>12} {}", self.name, "", self.bar(), "", self.word(figure));
    }

    /// The middle, which is held to the bar, and the slowest hundredth.
    pub fn say_all(&self, latencies: &Latencies, unit: f64) {
        let (p50, p99) = (latencies.at(0.5) * unit, latencies.at(0.99) * unit);
        let (bar, word, rate) = (self.bar(), self.word(p50), latencies.a_second());
        println!("{:44} {p50:>10.1} {p99:>10.1} {bar:>10} {rate:>12.0} {word}", self.name);
    }

    fn bar(&self) -> String {
        self.bar.map_or(String::new(), |bar| bar.to_string())
    }

    fn word(&self, figure: f64) -> &'static str {
        match self.bar {
            None => "",
            Some(bar) if (figure <= bar) != self.more_is_better => "reached",
            Some(_) => "MISSED",
        }
    }
}

/// How long each of many calls took.
pub struct Latencies {
    pub each: Vec<Duration>,
    /// From the first to the last.
    pub wall: Duration,
}

impl Latencies {
    /// As often as it goes in this time.
    pub fn of(time: Duration, mut once: impl FnMut()) -> Self {
        let (began, mut each) = (Instant::now(), Vec::new());
        while began.elapsed() < time {
            let before = Instant::now();
            once();
            each.push(before.elapsed());
        }
        Self { each, wall: began.elapsed() }
    }

    /// Seconds below which this part of the calls lies.
    pub fn at(&self, part: f64) -> f64 {
        let mut each = self.each.clone();
        each.sort();
        each.get(((each.len() as f64 * part) as usize).min(each.len().saturating_sub(1)))
            .map_or(0.0, Duration::as_secs_f64)
    }

    pub fn a_second(&self) -> f64 {
        self.each.len() as f64 / self.wall.as_secs_f64()
    }
}
