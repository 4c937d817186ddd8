#Requires -Version 5.1
<#
.SYNOPSIS
    Runs the file tests on a directory of a share that is connected through OxSMB (or on any other directory).
.DESCRIPTION
    Every test is one line with its name, result and time:
      ok     it passed
      FAIL   it did not: the reason follows, and the exit code will be 1
      gap    it did not, and the driver is known not to do this yet (README.md, "What does not yet")
      new    it passed although it is listed as a gap: take it off the list
    Run it once on a local NTFS directory, too: what fails there is a mistake of the tests.
.PARAMETER Place
    An existing directory; the tests work in a new one below it and remove it.
.PARAMETER Only
    Run only the tests whose names match this, with wildcards.
.PARAMETER Entries
    How many files the tests of large directories make.
.PARAMETER LargeGiB
    How far the tests of large files reach, in GiB.
.PARAMETER Second
    A directory on another server or share, for the tests that change between servers.
.PARAMETER Report
    Write the results to this CSV file.
.EXAMPLE
    .\files.ps1 -Place Z:\
.EXAMPLE
    .\files.ps1 -Place Z:\ -Second Y:\ -Report results.csv
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory = $true)]
    [string] $Place,
    [string] $Only = '*',
    [int] $Entries = 10000,
    [int] $LargeGiB = 5,
    [string] $Second,
    [string] $Report
)
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
Import-Module (Join-Path $PSScriptRoot 'OxSmb.psm1') -Force
Import-Module (Join-Path $PSScriptRoot 'FileTest.psm1') -Force

Clear-FileTests
foreach ($list in Get-ChildItem (Join-Path $PSScriptRoot 'files') -Filter '*.ps1') {
    . $list.FullName
}

$root = Join-Path $Place ('oxsmb-test-' + [guid]::NewGuid().ToString('N').Substring(0, 8))
New-Item -ItemType Directory -Path $root | Out-Null
Write-Step "File tests in $root"
$large = [long] $LargeGiB * 1073741824
$options = @{ Entries = $Entries; LargeBytes = $large; Second = $Second }
try {
    $results = @(Invoke-FileTests -Root $root -Only $Only -Options $options)
} finally {
    Remove-Tree -Path $root
}

if ($Report) {
    $results | Export-Csv -Path $Report -NoTypeInformation
}
$failed = @($results | Where-Object { $_.Result -eq 'FAIL' })
foreach ($group in $results | Group-Object Result | Sort-Object Name) {
    Write-Host ('   {0,4} {1}' -f $group.Count, $group.Name)
}
if ($results.Count -eq 0) { throw "no test matches $Only" }
if ($failed.Count -gt 0) { exit 1 }
exit 0
