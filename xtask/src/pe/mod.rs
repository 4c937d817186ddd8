//! The PE checker: reads a built image and its link map, and compares them with what is written in `expected`.

mod allowed;
mod code;
mod entry;
mod expected;
mod frames;
mod headers;
mod image;
mod imports;
mod link_map;
mod panics;
mod readobj;
mod report;
mod sections;
mod unwind;

use std::fs;
use std::path::Path;

use clap::ValueEnum;

use crate::step::{self, Outcome};
use allowed::AllowedImports;
use code::Code;
use expected::Expected;
use image::Image;
use link_map::LinkMap;
use report::Report;

/// The kinds of image that we build.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// oxsmb.sys
    Driver,
    /// oxsmb.sys with Microsoft's RDBSS in it
    DriverOverMicrosofts,
    /// oxsmbnp.dll
    Provider,
}

impl Kind {
    fn expected(self) -> &'static Expected {
        match self {
            Self::Driver => &expected::DRIVER,
            Self::DriverOverMicrosofts => &expected::DRIVER_OVER_MICROSOFTS,
            Self::Provider => &expected::PROVIDER,
        }
    }
}

/// Checks an image by its link map and prints the report. The error names what is not as expected.
pub fn check(kind: Kind, image: &Path, map: &Path) -> Outcome {
    let bytes =
        fs::read(image).map_err(|error| format!("cannot read {}: {error}", image.display()))?;
    let text = fs::read_to_string(map)
        .map_err(|error| format!("cannot read {}: {error}", map.display()))?;
    let expected = kind.expected();
    println!(
        "{}: {}, {} bytes\n",
        image.display(),
        expected.title,
        bytes.len()
    );
    let allowed = AllowedImports::read(&step::workspace(), expected.imports)?;
    let mut report = report(&bytes, &text, expected, &allowed)?;
    second_opinion(image, &bytes, &mut report)?;
    print!("{report}");
    match report.failures().as_slice() {
        [] => Ok(()),
        failures => Err(format!("{}: {}", image.display(), failures.join("; "))),
    }
}

fn report(
    bytes: &[u8],
    map: &str,
    expected: &Expected,
    allowed: &AllowedImports,
) -> Result<Report, String> {
    let image = Image::parse(bytes)?;
    let map = LinkMap::parse(map)?;
    let code = Code::read(&image, &map)?;
    let mut report = Report::default();
    headers::check(&image, expected, &mut report);
    entry::check(&image, &map, expected, &mut report);
    sections::check(&image, expected, &mut report);
    imports::check(&image, map.all(), expected, allowed, &mut report);
    panics::check(&code, expected, &mut report);
    frames::check(&code, expected, &mut report);
    sizes(&image, &code, &mut report);
    Ok(report)
}

/// What `llvm-readobj` makes of the image.
fn second_opinion(path: &Path, bytes: &[u8], report: &mut Report) -> Outcome {
    let differences = readobj::disagreements(path, &Image::parse(bytes)?)?;
    report.row_with(
        "llvm-readobj",
        "agrees",
        match differences.len() {
            0 => "agrees".to_owned(),
            count => format!("{count} differences"),
        },
        differences.is_empty(),
        differences,
    );
    Ok(())
}

fn sizes(image: &Image<'_>, code: &Code, report: &mut Report) {
    let mut lines: Vec<String> = image
        .sections
        .iter()
        .map(|section| format!("{:8}  {}", section.virtual_size, section.name))
        .collect();
    lines.push(format!("{:8}  the file", image.bytes.len()));
    lines.push(format!("{:8}  functions", code.functions.len()));
    report.note("Sizes in bytes, and functions", lines);
}

#[cfg(test)]
mod tests;
