//! What holds for every rule and every day.

use super::*;
use jiff::ToSpan;

/// Numbers that follow from a seed, so that a failure can be run again.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        // Knuth's constants for a linear congruential generator; the high bits are the good ones.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[usize::try_from(self.below(from.len() as u64)).unwrap()].clone()
    }

    fn count(&mut self, max: u32) -> Count {
        match self.below(4) {
            0 => Count::Path("inputs.n-1".into()),
            1 => Count::Number(1),
            _ => Count::Number(u32::try_from(self.below(u64::from(max))).unwrap() + 1),
        }
    }

    fn step(&mut self) -> Step {
        let direction = self.pick(&[Direction::Forward, Direction::Back]);
        match self.below(6) {
            0 => Step::Shift { direction, count: self.count(COUNT_MAX), unit: self.pick(&Unit::ALL) },
            1 => Step::DayOfMonth(self.count(31)),
            2 => Step::StartOf(self.pick(&Stretch::ALL)),
            3 => Step::EndOf(self.pick(&Stretch::ALL)),
            4 => Step::Nearest(direction, self.pick(&Target::ALL)),
            _ => Step::At(time(self.below(24).try_into().unwrap(), self.below(60).try_into().unwrap(), 0, 0)),
        }
    }

    fn rule(&mut self) -> Rule {
        let paths = ["period.end", "client.year_end", "tasks.a_b.completed", "tasks.x.due"];
        let anchor = match self.below(4) {
            0 => Anchor::Due,
            1 => Anchor::KeyDate(self.pick(&["pay_date", "next", "day", "at"]).into()),
            2 => Anchor::Date(day("2026-01-01").checked_add(self.below(9_999).cast_signed().days()).unwrap()),
            _ => Anchor::Path(self.pick(&paths).into()),
        };
        let steps = (0..self.below(8)).map(|_| self.step()).collect();
        Rule { anchor, steps }
    }
}

#[test]
fn every_rule_reads_back_as_it_was_written() {
    let mut dice = Dice(1);
    for _ in 0..20_000 {
        let rule = dice.rule();
        let text = rule.to_string();
        assert_eq!(Rule::parse(&text).as_ref(), Ok(&rule), "{text}");
    }
}

#[test]
fn no_text_makes_reading_or_evaluation_panic_and_every_fault_has_its_place() {
    let mut dice = Dice(2);
    let scraps =
        ["+", "-", ",", " ", "é", "\u{a0}", "9", "0", "day", "of", "month", "at", ":", "due", "é,", ".", "next"];
    for _ in 0..20_000 {
        let mut text = dice.rule().to_string();
        for _ in 0..=dice.below(3) {
            let at = usize::try_from(dice.below(text.len() as u64 + 1)).unwrap();
            let at = (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap();
            text.insert_str(at, dice.pick(&scraps));
        }
        for fault in Rule::parse(&text).err().into_iter().flatten() {
            assert!(text.get(fault.span.clone()).is_some(), "{text:?} {fault:?}");
        }
    }
}

#[test]
fn a_rule_comes_to_the_same_again_and_explains_every_step() {
    let mut dice = Dice(3);
    let (zone, calendar) = (london(), england());
    let lookup = |path: &str| {
        let number = path.starts_with("inputs.");
        Some(if number { Anchored::Int(7) } else { Anchored::Moment(moment("2026-03-29T00:30:00Z")) })
    };
    let (opening, closing) = (time(9, 0, 0, 0), time(17, 0, 0, 0));
    let ctx = Context { zone: &zone, calendar: &calendar, opening, closing, meaning: Meaning::Due, lookup: &lookup };
    for _ in 0..2_000 {
        let rule = dice.rule();
        let evaluation = evaluate(&rule, &ctx);
        assert_eq!(evaluation, evaluate(&rule, &ctx));
        if let Ok(evaluation) = evaluation {
            assert_eq!(evaluation.trace.len(), rule.steps.len() + 1);
            assert_eq!(evaluation.trace.last().unwrap().result, evaluation.value);
        }
    }
}

#[test]
fn a_later_anchor_never_gives_an_earlier_date() {
    let (zone, calendar) = (london(), england());
    let lookup = |_: &str| None;
    let (opening, closing) = (time(9, 0, 0, 0), time(17, 0, 0, 0));
    let ctx = Context { zone: &zone, calendar: &calendar, opening, closing, meaning: Meaning::Start, lookup: &lookup };
    for steps in [
        "+7 days, +1 month",
        "+9 months keeping month end",
        "-1 year keeping month end",
        "-3 months",
        "end of tax month, day 22 of month, previous working day",
        "start of tax year",
        "end of week, +1 quarter",
        "next friday, -2 working days",
        "+5 working days, at 01:30",
    ] {
        let at = |day: Date| {
            let rule = Rule::parse(&alloc::format!("{day}, {steps}")).unwrap();
            ctx.instant(evaluate(&rule, &ctx).unwrap().value, Meaning::Start).unwrap()
        };
        let days: Vec<Date> = day("2026-12-01").series(1.day()).take(500).collect();
        for pair in days.windows(2) {
            assert!(at(pair[0]) <= at(pair[1]), "{steps} from {}", pair[0]);
        }
    }
}
