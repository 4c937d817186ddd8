//! Good scripts pass; each slip is found.

use super::check;

const GOOD: &str = "#Requires -Version 5.1
<#
.SYNOPSIS
    Says hello.
.PARAMETER Name
    To whom.
.EXAMPLE
    .\\hello.ps1 -Name Ann
#>
[CmdletBinding()]
param(
    [string] $Name
)
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

function Write-Hello {
    param(
        [string] $To,
        [switch] $Loud
    )
    if ($Loud) { $To = $To.ToUpper() }
    $words = @{ Hello = $To }
    foreach ($key in $words.Keys) { Write-Host \"$key $($words[$key]) from $env:COMPUTERNAME\" }
    Get-ChildItem $To | Where-Object { $_.Length -gt 3 } | Out-Null
}

Write-Hello -To $Name -Loud
";

fn findings(text: &str) -> Vec<String> {
    check(&[("hello.ps1".into(), text.into())]).unwrap()
}

#[track_caller]
fn finds(from: &str, to: &str, wanted: &str) {
    assert!(GOOD.contains(from), "{from}");
    let found = findings(&GOOD.replace(from, to));
    assert!(found.iter().any(|line| line.contains(wanted)), "{found:?}");
}

#[test]
fn a_good_script_passes() {
    assert_eq!(findings(GOOD), [""; 0]);
}

#[test]
fn what_cannot_be_read_is_found() {
    finds("Where-Object {", "Where-Object {{", "cannot be read");
    finds("if ($Loud)", "if $Loud", "cannot be read");
}

#[test]
fn slips_in_names_are_found() {
    finds(
        "Get-ChildItem",
        "Get-ChildItems",
        "no command Get-ChildItems",
    );
    finds("| Out-Null", "| Out-Nul", "no command Out-Nul");
    finds("-Loud\n", "-Lout\n", "Write-Hello has no -Lout");
    finds("$words.Keys", "$wrods.Keys", "$wrods never gets a value");
    finds("$words = ", "$words2 = ", "$words2 is never used");
    finds(
        "Write-Hello -To",
        "Write-Host -To",
        "Write-Hello is never called",
    );
}

#[test]
fn missing_manners_are_found() {
    finds("Set-StrictMode -Version Latest", "", "lacks Set-StrictMode");
    finds(".PARAMETER Name\n", "", "no help for parameter name");
    finds("[CmdletBinding()]", "", "lacks [CmdletBinding(");
    finds("Says hello.", "Gr\u{fc}\u{df}t.", "beyond ASCII");
}

#[test]
fn scripts_may_call_the_module_s_functions() {
    let module = GOOD.split("Write-Hello -To").next().unwrap();
    let texts = |call: &str| {
        let caller = GOOD.split("function").next().unwrap().to_owned() + call;
        [
            (
                "OxSmb.psm1".to_owned(),
                module.replace("$Name\n)", "$Name\n)\n$Name\n"),
            ),
            ("a.ps1".to_owned(), caller),
        ]
    };
    assert_eq!(check(&texts("Write-Hello -To $Name\n")).unwrap(), [""; 0]);
    let found = check(&texts("Write-Hello -Two $Name\n")).unwrap();
    assert_eq!(found, ["a.ps1:17: Write-Hello has no -Two"]);
}

#[test]
fn a_script_that_calls_another_gives_it_parameters_that_it_has() {
    let caller = |call: &str| {
        let texts = [
            ("hello.ps1".to_owned(), GOOD.to_owned()),
            (
                "b.ps1".to_owned(),
                GOOD.replace("Write-Hello -To", call)
                    .replace(" -Loud\n", "\nWrite-Hello\n"),
            ),
        ];
        check(&texts).unwrap()
    };
    let good = "& (Join-Path $PSScriptRoot 'hello.ps1') -Name";
    assert_eq!(caller(good), [""; 0]);
    let slip = caller(&good.replace("-Name", "-Nmae"));
    assert_eq!(slip, ["b.ps1:28: hello.ps1 has no -Nmae"]);
    let other = caller(&good.replace("hello", "hallo"));
    assert_eq!(other, ["b.ps1:28: no command hallo.ps1 is known"]);
}

#[test]
fn every_omission_of_ifstest_has_its_reason_and_every_group_its_line() {
    let path = crate::step::workspace().join("tests/windows/ifstest.csv");
    let text = std::fs::read_to_string(path).unwrap();
    let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(rows[0], ["Group", "Test", "Action", "Reason"]);
    for row in &rows[1..] {
        let &[group, test, action, reason] = row.as_slice() else {
            panic!("{row:?}");
        };
        assert_eq!(
            (action, reason.is_empty()),
            if reason.is_empty() {
                ("run", true)
            } else {
                ("skip", false)
            }
        );
        let whole = |other: &&Vec<&str>| other[0] == group && other[1] == "*";
        assert_eq!(rows.iter().filter(whole).count(), 1, "{group} {test}");
    }
}

#[test]
fn the_project_s_own_scripts_pass() {
    super::run().unwrap();
}
