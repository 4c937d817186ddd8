#Requires -Version 5.1
<#
.SYNOPSIS
    Runs the groups of Microsoft's IfsTest that apply to OxSMB, and says why others are skipped.
.DESCRIPTION
    IfsTest comes with the Hardware Lab Kit, in the content for Filter.Driver. Which groups and tests run, and why others
    do not, is in ifstest.csv; a reason "not done yet" goes away with the work. IfsTest's options are used as the public
    scripts of WinFsp and Dokany use them: /g names a group, -t leaves a test out, /v tells each result. Not tried on
    Windows yet. Exit code 1: a test failed.
.PARAMETER Drive
    A drive connected through OxSMB.
.PARAMETER IfsTest
    Path of ifstest.exe, if it is not where the kit puts it.
.PARAMETER Only
    Run only the groups whose names match this.
.PARAMETER Skipped
    List what is skipped, with the reasons, and run nothing.
.EXAMPLE
    .\ifstest.ps1 -Drive Z:
#>
[CmdletBinding()]
param(
    [string] $Drive = 'Z:',
    [string] $IfsTest,
    [string] $Only = '*',
    [switch] $Skipped
)
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
Import-Module (Join-Path $PSScriptRoot 'OxSmb.psm1') -Force

$rows = @(Import-Csv (Join-Path $PSScriptRoot 'ifstest.csv'))
$left = @($rows | Where-Object { $_.Action -eq 'skip' })
if ($Skipped) {
    foreach ($row in $left) {
        Write-Host ('   {0,-24} {1,-30} {2}' -f $row.Group, $row.Test, $row.Reason)
    }
    exit 0
}

$kit = Join-Path ${env:ProgramFiles(x86)} "Windows Kits\10\Hardware Lab Kit\Tests\$env:PROCESSOR_ARCHITECTURE\nttest"
if (-not $IfsTest) {
    $IfsTest = Join-Path $kit 'basetest\core_file_services\ifs_test_kit\ifstest.exe'
}
if (-not (Test-Path $IfsTest)) {
    throw "$IfsTest is not there: install the Hardware Lab Kit's Filter.Driver content, or say -IfsTest"
}
# The libraries that it logs with.
$logs = 'commontest\ntlog', 'basetest\core_file_services\shared_libs\fbslog' | ForEach-Object { Join-Path $kit $_ }
$env:Path = ($logs -join ';') + ';' + $env:Path

$count = @{ ok = 0; skip = 0; FAIL = 0 }
foreach ($group in $rows | Where-Object { $_.Test -eq '*' -and $_.Action -eq 'run' -and $_.Group -like $Only }) {
    Write-Step "IfsTest group $($group.Group)"
    $words = @($Drive, '/g', $group.Group)
    foreach ($row in $left | Where-Object { $_.Group -eq $group.Group }) {
        $words += '-t', $row.Test
        Write-Host ('   {0,-5} {1}: {2}' -f 'skip', $row.Test, $row.Reason)
        $count['skip']++
    }
    $text = (Invoke-Program -Name $IfsTest -Arguments ($words + '/v') -AnyCode).Text
    $results = 0
    $ended = $false
    # One block of "Name : value" lines for each test, with an empty line behind.
    foreach ($block in $text -split '\r?\n\s*\r?\n') {
        if ($block -notmatch '(?m)^\s*Test\s*:\s*(\S+)') { continue }
        $name = $Matches[1]
        if ($block -notmatch '(?m)^\s*Status\s*:.*\((IFSTEST_\w+)\)') { continue }
        $status = $Matches[1]
        if ($status -eq 'IFSTEST_INFO_END_OF_GROUP') {
            $ended = $true
            continue
        }
        $results++
        # A test that finds something not supported fails, too: what OxSMB lacks stands in ifstest.csv with its reason.
        $word = 'FAIL'
        if ($status -eq 'IFSTEST_SUCCESS') { $word = 'ok' }
        $count[$word]++
        Write-Host ('   {0,-5} {1} ({2})' -f $word, $name, $status)
        if ($word -eq 'FAIL') { Write-Host $block }
    }
    if ($results -eq 0) {
        Write-Host $text
        throw "IfsTest told no result of group $($group.Group)"
    }
    if (-not $ended) {
        Write-Host $text
        throw "IfsTest stopped before the end of group $($group.Group)"
    }
}
Write-Host ('   {0} ok, {1} skipped, {2} failed' -f $count['ok'], $count['skip'], $count['FAIL'])
if ($count['FAIL'] -gt 0) { exit 1 }
exit 0
