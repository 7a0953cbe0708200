//! What a simulation counts.
//!
//! Owns: the figures of one seed and their sum, and how they are printed. Leaves counting to whoever does the deed.

use std::fmt;

/// Days of a year, for job-years.
const YEAR_DAYS: f64 = 365.25;

/// Counts of one simulation, or of many.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures {
    /// Simulations.
    pub seeds: u64,
    /// Steps of the world.
    pub steps: u64,
    /// Deaths of the process, each followed by a recovery.
    pub deaths: u64,
    /// Deaths in which what was not synced was lost.
    pub power_cuts: u64,
    /// Deeds of disk and files that failed.
    pub failed_deeds: u64,
    /// Bits that were read wrongly while a process began.
    pub flipped_bits: u64,
    /// Those that it told of; where the others stood nobody looked.
    pub flips_told: u64,
    /// Times the disk was full.
    pub full: u64,
    /// Takings-over by another engine, with the first one still at work.
    pub takeovers: u64,
    /// Jumps of the machine's clock.
    pub clock_jumps: u64,
    /// Jobs started.
    pub jobs: u64,
    /// Jobs that ended.
    pub ended: u64,
    /// Days that jobs lived.
    pub job_days: f64,
    /// Things that people did, refused or not.
    pub acts: u64,
    /// Those that were refused.
    pub refused: u64,
    /// Changes of the directory and publications.
    pub changes: u64,
    /// Letters delivered, each counted once.
    pub letters: u64,
    /// Deliveries of a letter that was delivered before, by a death or a connection that was cut.
    pub repeats: u64,
    /// Tries of letters that failed.
    pub mail_faults: u64,
    /// Commits.
    pub commits: u64,
}

impl Figures {
    /// Years that jobs lived.
    pub fn job_years(&self) -> f64 {
        self.job_days / YEAR_DAYS
    }

    /// Adds the figures of another simulation.
    pub fn add(&mut self, other: &Self) {
        let Self {
            seeds,
            steps,
            deaths,
            power_cuts,
            failed_deeds,
            flipped_bits,
            flips_told,
            full,
            takeovers,
            clock_jumps,
            jobs,
            ended,
            job_days,
            acts,
            refused,
            changes,
            letters,
            repeats,
            mail_faults,
            commits,
        } = other;
        self.seeds += seeds;
        self.steps += steps;
        self.deaths += deaths;
        self.power_cuts += power_cuts;
        self.failed_deeds += failed_deeds;
        self.flipped_bits += flipped_bits;
        self.flips_told += flips_told;
        self.full += full;
        self.takeovers += takeovers;
        self.clock_jumps += clock_jumps;
        self.jobs += jobs;
        self.ended += ended;
        self.job_days += job_days;
        self.acts += acts;
        self.refused += refused;
        self.changes += changes;
        self.letters += letters;
        self.repeats += repeats;
        self.mail_faults += mail_faults;
        self.commits += commits;
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "simulated: {} seeds, {} steps, {:.0} job-years", self.seeds, self.steps, self.job_years())?;
        writeln!(
            f,
            "  faults: {} deaths of the process ({} with the power), {} failed deeds of the disk, {} \
             wrong bits ({} of them looked at, and told), {} times full, {} takings-over, {} jumps of the clock, {} faults of mail",
            self.deaths,
            self.power_cuts,
            self.failed_deeds,
            self.flipped_bits,
            self.flips_told,
            self.full,
            self.takeovers,
            self.clock_jumps,
            self.mail_faults
        )?;
        writeln!(
            f,
            "  work: {} jobs ({} ended), {} acts of people ({} refused), {} changes, {} commits",
            self.jobs, self.ended, self.acts, self.refused, self.changes, self.commits
        )?;
        write!(f, "  letters: {}, sent again and explained: {}, unexplained: 0", self.letters, self.repeats)
    }
}
