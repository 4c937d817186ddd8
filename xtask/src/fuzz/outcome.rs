//! What a run of libFuzzer came to, from what it printed.

use std::path::PathBuf;

/// The numbers of one run.
#[derive(Debug, Default, PartialEq)]
pub struct Report {
    /// How many inputs were tried.
    pub executions: u64,
    /// How many edges of the program were reached.
    pub coverage: u64,
    /// How many kinds of ways through them.
    pub features: u64,
    /// Inputs that broke something.
    pub findings: Vec<PathBuf>,
}

impl Report {
    pub const HEADINGS: &str = "target        executions   coverage   features   findings";

    /// Reads what libFuzzer printed.
    pub fn new(text: &str, findings: Vec<PathBuf>) -> Self {
        let mut report = Self {
            findings,
            ..Self::default()
        };
        for line in text.lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            if let ["stat::number_of_executed_units:", count] = words[..] {
                report.executions = count.parse().unwrap_or(report.executions);
            }
            // As in `#1024 NEW cov: 89 ft: 120 corp: 7/32b ...`; the last line has the most.
            for pair in words.windows(2) {
                match *pair {
                    ["cov:", count] => report.coverage = count.parse().unwrap_or(0),
                    ["ft:", count] => report.features = count.parse().unwrap_or(0),
                    _ => {}
                }
            }
        }
        report
    }

    /// A row below [`Report::HEADINGS`].
    pub fn row(&self, target: &str) -> String {
        let Self {
            executions,
            coverage,
            features,
            findings,
        } = self;
        let findings = findings.len();
        format!("{target:<10} {executions:>13} {coverage:>10} {features:>10} {findings:>10}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_from_the_last_lines_that_have_them() {
        let text = "#2\tINITED cov: 10 ft: 11 corp: 1/1b exec/s: 0 rss: 27Mb\n\
            #9\tNEW    cov: 25 ft: 31 corp: 2/9b lim: 4 exec/s: 0 rss: 27Mb L: 8/8\n\
            Done 594122 runs in 13 second(s)\n\
            stat::number_of_executed_units: 594122\n\
            stat::average_exec_per_sec:     45701\n";
        let expected = Report {
            executions: 594_122,
            coverage: 25,
            features: 31,
            findings: Vec::new(),
        };
        assert_eq!(Report::new(text, Vec::new()), expected);
    }
}
