#Requires -Version 5.1
<#
.SYNOPSIS
    Sets Driver Verifier on oxsmb.sys, runs the file tests under it, and fails on any leak.
.DESCRIPTION
    A broken rule is a bug check (0xC4 and its like) with a dump: collect.ps1 gathers it. -List shows the sets of rules;
    each has its use, and most need a restart. On Windows 11, -Now starts those rules of a set that need none.

    -Run loads the driver, connects, runs the file tests, disconnects and unloads; then Driver Verifier's own count of the
    driver's pool and the system's count by tag must both be where they were. Exit code 0: done or passed; 3010: a restart
    is needed first; 1: an error or a leak.
.PARAMETER List
    Show the sets of rules.
.PARAMETER Enable
    Set this set of rules on the driver.
.PARAMETER Now
    With -Enable: without a restart, those rules that Windows 11 can start at once.
.PARAMETER Disable
    Take Driver Verifier off.
.PARAMETER Run
    Run the tests.
.PARAMETER Share
    With -Run: the share to test on.
.PARAMETER Credential
    With -Run: who connects.
.PARAMETER Drive
    With -Run: a free drive.
.PARAMETER Rounds
    With -Run: how often to load, test and unload.
.PARAMETER MayFail
    With -Run: failing file tests are no error. For the sets that make memory fail: there, only a bug check, a hang or a
    leak is the driver's mistake.
.EXAMPLE
    .\verifier.ps1 -Enable standard
.EXAMPLE
    .\verifier.ps1 -Run -Share \\nas@OX\test -Credential (Get-Credential ann)
#>
[CmdletBinding()]
param(
    [switch] $List,
    [string] $Enable,
    [switch] $Now,
    [switch] $Disable,
    [switch] $Run,
    [string] $Share,
    [pscredential] $Credential,
    [string] $Drive = 'Z:',
    [int] $Rounds = 3,
    [switch] $MayFail
)
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
Import-Module (Join-Path $PSScriptRoot 'OxSmb.psm1') -Force

# Rule classes by their numbers on the page "Driver Verifier Command Syntax":
#  1 special pool            8 DMA                     14 invariant MDLs, stack   20 more DDI compliance
#  2 force IRQL checking     9 security                15 invariant MDLs, driver  24 delays in synchronisation
#  3 random low resources   10 force pending I/O       18 DDI compliance          26 code integrity (HVCI)
#  4 pool tracking          11 IRP logging             19 systematic low resources
#  5 I/O verification       12 miscellaneous                                      35 DDI checks by IRQL
#  6 deadlock detection
$sets = @(
    @{ Name = 'standard'; Classes = 1, 2, 4, 5, 6, 8, 9, 12, 18; Why = 'the rules every driver is held to' }
    @{ Name = 'io'; Classes = 1, 2, 4, 5, 9, 10, 11, 12, 14, 15; Why = 'every request pends; nobody changes an MDL' }
    @{ Name = 'memory'; Classes = 1, 2, 3, 4, 5, 9, 12; Why = 'allocations fail at random, from 7 minutes after boot; -MayFail' }
    @{ Name = 'systematic'; Classes = 1, 4, 5, 9, 12, 19; Why = 'each allocation fails once, by its stack; -MayFail' }
    @{ Name = 'timing'; Classes = 1, 2, 4, 5, 6, 9, 12, 24; Why = 'other orders of events' }
    @{ Name = 'irql'; Classes = 1, 2, 4, 5, 9, 12, 18, 20, 35; Why = 'all checks of calls and their IRQL' }
    @{ Name = 'integrity'; Classes = 4, 5, 9, 12, 26; Why = 'what memory integrity forbids' }
)
# Those that /dif starts at once, and those that need its interception at all.
$atOnce = 1, 4, 5, 9, 12, 18, 19, 20, 35
$intercepted = 19, 35

# What Driver Verifier says it counts of the driver's pool now; nothing when the driver is not verified.
function Get-VerifiedPool {
    $text = (Invoke-Program -Name 'verifier.exe' -Arguments '/query' -Allowed 0, 1, 2).Text
    $at = $text.IndexOf($Driver, [System.StringComparison]::OrdinalIgnoreCase)
    if ($at -lt 0) { return }
    $own = $text.Substring($at)
    # Two forms are known: one line "Current Pool Allocations: ( nonpaged / paged )", or two lines of one number.
    if ($own -match 'Current\s*Pool\s*Allocations:\s*\(\s*(\d+)\s*/\s*(\d+)\s*\)') {
        return [int] $Matches[1] + [int] $Matches[2]
    }
    $sum = 0
    $found = $false
    foreach ($line in [regex]::Matches($own, 'Current(Non)?PagedPoolAllocations:\s*(\d+)')) {
        $sum += [int] $line.Groups[2].Value
        $found = $true
    }
    if ($found) { return $sum }
    throw "verifier /query has no count of pool that is known here:`n$own"
}

# How many allocations Driver Verifier has made to fail since boot; nothing when it does not say.
function Get-InjectedFault {
    $text = (Invoke-Program -Name 'verifier.exe' -Arguments '/query' -Allowed 0, 1, 2).Text
    if ($text -match 'Faults\s*Injected\s*:?\s*(\d+)') { return [int] $Matches[1] }
}

Confirm-Administrator

if ($List) {
    foreach ($set in $sets) {
        Write-Host ('   {0,-11} {1,-32} {2}' -f $set.Name, ($set.Classes -join ' '), $set.Why)
    }
    exit 0
}

if ($Disable) {
    Invoke-Program -Name 'verifier.exe' -Arguments '/stop' -AnyCode | Out-Null
    Invoke-Program -Name 'verifier.exe' -Arguments '/reset' -Allowed 0, 2 | Out-Null
    Write-Host 'Driver Verifier is off after a restart: shutdown /r /t 0'
    exit $RestartNeeded
}

if ($Enable) {
    $set = $sets | Where-Object { $_.Name -eq $Enable }
    if ($null -eq $set) { throw "no set is named $Enable; -List shows them" }
    $classes = @($set.Classes)
    if ($Now) {
        if ([System.Environment]::OSVersion.Version.Build -lt 22000) { throw '-Now needs Windows 11.' }
        $classes = @($classes | Where-Object { $atOnce -contains $_ })
        $left = @($set.Classes | Where-Object { $atOnce -notcontains $_ })
        if ($left.Count -gt 0) { Write-Warning "Not without a restart: rule classes $($left -join ', ')" }
        # The rules hold for drivers loaded from now on.
        Stop-Driver
        $words = @('/dif') + $classes + @('/now', '/driver', $Driver)
        Invoke-Program -Name 'verifier.exe' -Arguments $words -Allowed 0, 2 | Out-Null
        Write-Host "Driver Verifier watches $Driver with rule classes $($classes -join ' ')."
        exit 0
    }
    $how = '/ruleclasses'
    if (@($classes | Where-Object { $intercepted -contains $_ }).Count -gt 0) { $how = '/dif' }
    $words = @($how) + $classes + @('/driver', $Driver)
    Invoke-Program -Name 'verifier.exe' -Arguments $words -Allowed 0, 2 | Out-Null
    # One bad driver must not keep the machine from starting for ever.
    Invoke-Program -Name 'verifier.exe' -Arguments '/bootmode', 'resetonbootfail' -AnyCode | Out-Null
    Write-Host "Driver Verifier watches $Driver after a restart: shutdown /r /t 0"
    exit $RestartNeeded
}

if (-not $Run) { throw 'Say -List, -Enable, -Disable or -Run.' }
if (-not $Share) { throw '-Run needs -Share.' }

# Random failures of allocations begin 7 minutes after boot: before that, the run would test nothing of them.
$quiet = [timespan]::FromMinutes(8)
$up = (Get-Date) - (Get-CimInstance Win32_OperatingSystem).LastBootUpTime
if ($MayFail -and $up -lt $quiet) {
    $seconds = [int] [math]::Ceiling(($quiet - $up).TotalSeconds)
    Write-Host "   waiting $seconds s, until allocations may fail"
    Start-Sleep -Seconds $seconds
}

Remove-AllConnections
Stop-Driver
$before = @(Get-PoolUse)
$injected = Get-InjectedFault
$failed = $false
for ($round = 1; $round -le $Rounds; $round++) {
    Write-Step "Round $round of $Rounds"
    Start-Driver
    $pool = Get-VerifiedPool
    if ($null -eq $pool) {
        Write-Warning "Driver Verifier does not watch $Driver: only the pool by tag is judged."
    } else {
        Write-Host "   Driver Verifier watches $Driver, $pool allocations"
    }
    $code = Add-Connection -Drive $Drive -Share $Share -Credential $Credential
    if ($code -ne 0) {
        if (-not $MayFail) { throw "$Share was not connected: $(Get-ErrorText -Code $code)" }
        Write-Host "   not connected: $(Get-ErrorText -Code $code)"
    } else {
        & (Join-Path $PSScriptRoot 'files.ps1') -Place "$Drive\"
        if ($LASTEXITCODE -ne 0) { $failed = $true }
        $code = Remove-Connection -Name $Drive -Force
        if ($code -ne 0) { throw "$Drive was not disconnected: $(Get-ErrorText -Code $code)" }
    }
    Stop-Driver
    $pool = Get-VerifiedPool
    if ($null -ne $pool -and $pool -ne 0) { throw "Driver Verifier counts $pool allocations of the unloaded driver" }
    Confirm-NoLeak -Before $before
}
if ($failed -and -not $MayFail) { throw 'file tests failed' }
if ($MayFail) {
    $now = Get-InjectedFault
    if ($null -eq $now -or $null -eq $injected) {
        Write-Warning 'verifier /query does not say how many allocations it failed: look for yourself, at "faults injected".'
    } elseif ($now -le $injected) {
        throw 'no allocation was made to fail: this run says nothing about memory'
    } else {
        Write-Host "   $($now - $injected) allocations were made to fail"
    }
}
Write-Host 'Passed: no bug check, no leak.'
exit 0
