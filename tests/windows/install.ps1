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
.PARAMETER ByHand
    Without the driver store: copy the two binaries below System32 and make the service and its values here, as the
    installation file would. For images that were built and signed on Linux (cargo xtask sign), where nothing makes the
    catalog that the driver store wants. A service of an installed package must be removed first.
.PARAMETER AtBoot
    Load the driver with Windows from now on. Do that when it has run for a while: a driver that fails at each start
    leaves only safe mode.
.PARAMETER NoStart
    Do not load the driver now.
.EXAMPLE
    .\install.ps1 -Package C:\oxsmb_package
.EXAMPLE
    .\install.ps1 -Package C:\package -ByHand
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory = $true)]
    [string] $Package,
    [switch] $ByHand,
    [switch] $AtBoot,
    [switch] $NoStart
)
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
Import-Module (Join-Path $PSScriptRoot 'OxSmb.psm1') -Force

# Adds the package to the driver store. Says whether a restart is needed.
function Install-Package {
    param(
        [string] $Inf
    )
    foreach ($old in @(Get-InstalledPackage)) {
        Write-Host "   $($old.Inf), version $($old.Version), is there already"
    }
    $reboot = $false
    if (-not [OxSmb.Native]::DiInstallDriverW([IntPtr]::Zero, $Inf, 0, [ref] $reboot)) {
        $code = [System.Runtime.InteropServices.Marshal]::GetLastWin32Error()
        $log = Join-Path $env:SystemRoot 'INF\setupapi.dev.log'
        throw "$Inf was not installed: $(Get-ErrorText -Code $code). The end of $log says more."
    }
    if ((Get-DriverState) -eq 'Missing') {
        throw "Windows took the package, but made no service '$Service' of it: see docs/windows.md, 'Troubleshooting'"
    }
    foreach ($new in @(Get-InstalledPackage)) {
        Write-Host "   $($new.Inf), version $($new.Version)"
    }
    $reboot
}

# Does by hand what the sections of inf/oxsmb.inx do.
function Install-ByHand {
    param(
        [string] $From
    )
    if (@(Get-InstalledPackage).Count -gt 0) { throw 'a package is installed: uninstall.ps1 removes it' }
    Stop-Driver
    $library = Join-Path $env:SystemRoot 'System32\oxsmbnp.dll'
    Copy-Item -Path (Join-Path $From $Driver) -Destination (Join-Path $env:SystemRoot 'System32\drivers') -Force
    Copy-Item -Path (Join-Path $From 'oxsmbnp.dll') -Destination $library -Force
    if ((Get-DriverState) -eq 'Missing') {
        $words = 'create', $Service, 'type=', 'filesys', 'start=', 'demand', 'error=', 'normal', 'group=', 'Network',
            'binPath=', "System32\drivers\$Driver", 'DisplayName=', 'OxSMB redirector'
        Invoke-Program -Name 'sc.exe' -Arguments $words | Out-Null
    }
    $values = @{ DeviceName = '\Device\OxSmb'; Name = $Provider; ProviderPath = '%SystemRoot%\System32\oxsmbnp.dll' }
    foreach ($key in 'NetworkProvider', 'Parameters') {
        $path = "HKLM:\SYSTEM\CurrentControlSet\Services\$Service\$key"
        if (-not (Test-Path $path)) { New-Item -Path $path | Out-Null }
    }
    foreach ($name in $values.Keys) {
        $type = 'String'
        if ($name -eq 'ProviderPath') { $type = 'ExpandString' }
        $path = "HKLM:\SYSTEM\CurrentControlSet\Services\$Service\NetworkProvider"
        Set-ItemProperty -Path $path -Name $name -Value $values[$name] -Type $type
    }
    Write-Host "   $Driver and $library are copied, service $Service is made"
}

Confirm-Administrator
Confirm-WindowsVersion
$place = (Resolve-Path $Package).ProviderPath

Write-Step "The package in $place"
$files = 'oxsmb.sys', 'oxsmbnp.dll'
if (-not $ByHand) { $files += 'oxsmb.cat', 'oxsmb.inf' }
foreach ($file in $files) {
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

$reboot = $false
if ($ByHand) {
    Write-Step 'Below System32'
    Install-ByHand -From $place
} else {
    Write-Step 'Into the driver store'
    $reboot = Install-Package -Inf (Join-Path $place 'oxsmb.inf')
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
