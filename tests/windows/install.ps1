#Requires -Version 5.1
<#
.SYNOPSIS
    Installs the driver and the network provider from a package, and starts the driver. No restart is needed.
.DESCRIPTION
    Adds the package to the driver store (DiInstallDriver, as Windows wants it for primitive drivers), puts the provider
    into ProviderOrder, and loads the driver. Programs that run already know the new provider only when they are started
    anew: Explorer after logging off and on. Exit code 0: installed; 3010: installed after a restart; 1: an error.
.PARAMETER Package
    Directory with oxsmb.inf, oxsmb.sys, oxsmbnp.dll and oxsmb.cat.
.PARAMETER AtBoot
    Load the driver with Windows from now on. Do that when it has run for a while: a driver that fails at each start
    leaves only safe mode.
.PARAMETER NoStart
    Do not load the driver now.
.EXAMPLE
    .\install.ps1 -Package C:\oxsmb_package
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory = $true)]
    [string] $Package,
    [switch] $AtBoot,
    [switch] $NoStart
)
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
Import-Module (Join-Path $PSScriptRoot 'OxSmb.psm1') -Force

Confirm-Administrator
$place = (Resolve-Path $Package).ProviderPath

Write-Step "The package in $place"
foreach ($file in 'oxsmb.inf', 'oxsmb.sys', 'oxsmbnp.dll', 'oxsmb.cat') {
    $path = Join-Path $place $file
    if (-not (Test-Path $path)) { throw "$path is missing: see docs/windows.md, 'Build'" }
    if ($file -ne 'oxsmb.inf') {
        $signature = Get-AuthenticodeSignature $path
        Write-Host "   $file, signature $($signature.Status)"
        if ($signature.Status -eq 'NotSigned') { throw "$file is not signed: see docs/windows.md, 'Sign'" }
        if ($signature.Status -ne 'Valid') {
            Write-Warning "$($signature.StatusMessage) prepare.ps1 -Certificate makes this machine trust it."
        }
    }
}
if (-not (Get-CodeIntegrity).TestSigning) {
    Write-Warning 'Test signing is off: a package with a test signature will not load. prepare.ps1 turns it on.'
}

Write-Step 'Into the driver store'
foreach ($old in @(Get-InstalledPackage)) {
    Write-Host "   $($old.Inf), version $($old.Version), is there already"
}
$reboot = $false
$inf = Join-Path $place 'oxsmb.inf'
if (-not [OxSmb.Native]::DiInstallDriverW([IntPtr]::Zero, $inf, 0, [ref] $reboot)) {
    $code = [System.Runtime.InteropServices.Marshal]::GetLastWin32Error()
    $log = Join-Path $env:SystemRoot 'INF\setupapi.dev.log'
    throw "$inf was not installed: $(Get-ErrorText -Code $code). The end of $log says more."
}
if ((Get-DriverState) -eq 'Missing') {
    throw "Windows took the package, but made no service '$Service' of it: see docs/windows.md, 'Troubleshooting'"
}
foreach ($new in @(Get-InstalledPackage)) {
    Write-Host "   $($new.Inf), version $($new.Version)"
}

Write-Step 'The network provider'
$key = "HKLM:\SYSTEM\CurrentControlSet\Services\$Service\NetworkProvider"
$values = Get-ItemProperty -Path $key
Write-Host "   $($values.Name): $($values.ProviderPath), device $($values.DeviceName)"
if (-not (Test-Path $values.ProviderPath)) { throw "$($values.ProviderPath) is not there" }
if (Set-ProviderOrder) {
    Write-Host "   ProviderOrder is now $(@(Get-ProviderOrder) -join ',')"
} else {
    Write-Host '   is in ProviderOrder'
}

if ($AtBoot) {
    Write-Step 'Start with Windows'
    Invoke-Program -Name 'sc.exe' -Arguments 'config', $Service, 'start=', 'system' | Out-Null
}
if (-not $NoStart) {
    Write-Step 'Load the driver'
    Start-Driver
    Write-Host "   $Driver is $(Get-DriverState)"
}

if ($reboot) {
    Write-Host 'Windows asks for a restart to end the installation: shutdown /r /t 0'
    exit $RestartNeeded
}
Write-Host 'Installed. In a new window: .\map.ps1 -Drive Z: -Share \\server@OX\share, or net use Z: \\server@OX\share'
exit 0
