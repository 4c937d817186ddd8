//! Running one case after the other: a sample of a sweep, or all of it, with its counts and the numbers of what failed.

use std::any::Any;
use std::env;
use std::panic::{self, AssertUnwindSafe};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::flavour::{FLAVOURS, Flavour};
use crate::tally::Tally;
use crate::work::Findings;

/// After so long a run counts as hung.
const HUNG: Duration = Duration::from_secs(120);

/// A sweep: the same fault at every place, in every flavour.
pub struct Sweep {
    /// What `cargo xtask faults` calls it.
    pub name: &'static str,
    /// How many places there are for the fault in each flavour.
    pub places: [u64; FLAVOURS.len()],
    /// How many of the last places a run may not come to. At every other the fault has to strike.
    pub varies: u64,
    /// The runs that an ordinary test makes of it.
    pub sample: Sample,
}

/// A part of a sweep.
pub enum Sample {
    /// About so many runs, spread over all places.
    About(usize),
    /// The runs of these numbers.
    These(Vec<u64>),
}

/// Which runs are wanted: the first number, and how many.
fn wanted() -> Option<(u64, u64)> {
    let number = |name| env::var(name).ok()?.parse().ok();
    Some((number("OXSMB_FAULTS_FROM")?, number("OXSMB_FAULTS_COUNT")?))
}

impl Sweep {
    /// Runs it. A run is numbered by its place and flavour, so that a number stays the same whatever else there is.
    pub fn run(&self, one: impl Fn(u64, &'static Flavour) -> Findings) {
        let begun = Instant::now();
        // The harness has left off in the middle of a line.
        println!();
        let (mut runs, mut met) = (0, 0);
        let (mut tally, mut failures) = (Tally::default(), Vec::new());
        for number in self.chosen() {
            let (place, flavour) = place(number);
            let title = format!("{} {number} (place {place}, {})", self.name, flavour.name);
            runs += 1;
            let outcome = watched(&title, || one(place, flavour));
            let spoilt = outcome.is_err();
            let complaints = match outcome {
                Ok(mut findings) => {
                    tally.merge(&findings.tally);
                    met += u64::from(findings.met);
                    if !findings.met && place + self.varies < self.places_of(number) {
                        findings.complain("nothing went wrong, so nothing was shown".into());
                    }
                    findings.complaints
                }
                Err(why) => vec![why],
            };
            if !complaints.is_empty() {
                println!("FAILED {title}: {}", complaints.join("; "));
                println!(
                    "  again: cargo xtask faults {} --from {number} --count 1",
                    self.name
                );
                failures.push(number);
            }
            if spoilt {
                // What that driver left behind would be found after every other.
                println!("the sweep ends here, since the driver was not unloaded in good order");
                break;
            }
        }
        println!(
            "sweep {}: {runs} runs, {met} met their fault, {} failures, {:.1} s; {tally}",
            self.name,
            failures.len(),
            begun.elapsed().as_secs_f64()
        );
        assert!(failures.is_empty(), "{}: {failures:?} failed", self.name);
    }

    /// The numbers of the runs that are wanted.
    fn chosen(&self) -> Vec<u64> {
        let all = self.all();
        if let Some((from, count)) = wanted() {
            let range = from..from.saturating_add(count);
            return all
                .into_iter()
                .filter(|number| range.contains(number))
                .collect();
        }
        match &self.sample {
            Sample::These(numbers) => numbers.clone(),
            // Near each multiple of a step another neighbour, so that all flavours have their turn.
            Sample::About(runs) => {
                let step = (all.len() / runs).max(1);
                let picked =
                    (0..all.len().div_ceil(step)).map(|index| index * step + index % step.min(5));
                picked.filter_map(|index| all.get(index).copied()).collect()
            }
        }
    }

    /// The numbers of all runs.
    fn all(&self) -> Vec<u64> {
        let most = self.places.into_iter().max().unwrap_or(0);
        let numbers = 0..most * FLAVOURS.len() as u64;
        numbers
            .filter(|&number| {
                let (place, flavour) = place(number);
                place < self.places_of(number) && place.is_multiple_of(flavour.stride)
            })
            .collect()
    }

    /// How many places there are in the flavour of a run.
    fn places_of(&self, number: u64) -> u64 {
        self.places[number as usize % FLAVOURS.len()]
    }
}

/// The number of the run at a place in the flavour of this index.
pub fn number(place: u64, flavour: usize) -> u64 {
    place * FLAVOURS.len() as u64 + flavour as u64
}

fn place(number: u64) -> (u64, &'static Flavour) {
    let flavours = FLAVOURS.len() as u64;
    (number / flavours, &FLAVOURS[(number % flavours) as usize])
}

/// Held by a run: there is one kernel in a process, and waiting for it is not hanging.
static TURN: Mutex<()> = Mutex::new(());

/// Runs one case. A run that hangs ends the program with its name.
fn watched<T>(title: &str, one: impl FnOnce() -> T) -> Result<T, String> {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let name = title.to_owned();
    let (ends, ended) = mpsc::channel::<()>();
    let watch = thread::spawn(move || {
        if ended.recv_timeout(HUNG) == Err(RecvTimeoutError::Timeout) {
            eprintln!("FAILED {name}: it hangs");
            std::process::abort();
        }
    });
    let outcome = panic::catch_unwind(AssertUnwindSafe(one)).map_err(reason);
    drop(ends);
    // It only waited.
    let _ = watch.join();
    outcome
}

fn reason(panic: Box<dyn Any + Send>) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
        .unwrap_or_else(|| "a panic without words".into())
}
