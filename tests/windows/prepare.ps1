#Requires -Version 5.1
<#
.SYNOPSIS
    Makes a virtual machine ready for a test-signed driver.
.DESCRIPTION
    Turns test signing and kernel crash dumps on, lets the driver's messages through to a debugger, trusts the test
    certificate, and looks that Driver Verifier is off. Exit code 0: ready; 3010: ready after a restart; 1: an error.

    Take a snapshot of the machine first. The machine must not be one that somebody needs: a driver's mistake stops it,
    and test signing lets in any driver that carries a trusted test certificate.
.PARAMETER Certificate
    The test certificate (.cer) of the package, to be trusted by this machine.
.PARAMETER DebugHost
    Address of the machine where a kernel debugger listens (KDNET). Without it no debugger is set up.
.PARAMETER DebugPort
    Port of that debugger.
.PARAMETER DebugKey
    Key of that debugger: four words with dots between.
.PARAMETER Physical
    Go on even though this seems to be no virtual machine.
.EXAMPLE
    .\prepare.ps1 -Certificate .\oxsmb_package\WDRLocalTestCert.cer
#>
[CmdletBinding()]
param(
    [string] $Certificate,
    [string] $DebugHost,
    [int] $DebugPort = 50000,
    [string] $DebugKey,
    [switch] $Physical
)
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
Import-Module (Join-Path $PSScriptRoot 'OxSmb.psm1') -Force

Confirm-Administrator
$restart = $false

Write-Step 'This machine'
$system = Get-CimInstance -ClassName Win32_ComputerSystem
$build = [System.Environment]::OSVersion.Version.Build
Write-Host "   $($system.Manufacturer) $($system.Model), Windows build $build, $env:PROCESSOR_ARCHITECTURE"
Confirm-WindowsVersion
$virtual = "$($system.Manufacturer) $($system.Model)" -match 'Virtual|VMware|QEMU|KVM|Xen|Bochs|Parallels'
if (-not $virtual -and -not $Physical) {
    throw 'This seems to be no virtual machine. If it is one to lose, say -Physical.'
}

Write-Step 'Secure Boot must be off, or Windows refuses test signatures'
$secure = $false
try {
    $secure = Confirm-SecureBootUEFI
} catch [System.PlatformNotSupportedException] {
    Write-Host '   no UEFI, so no Secure Boot'
}
if ($secure) {
    throw 'Secure Boot is on. Turn it off in the settings of the virtual machine, then run this again.'
}

Write-Step 'Test signing'
$integrity = Get-CodeIntegrity
if ($integrity.TestSigning) {
    Write-Host '   is on'
} else {
    Invoke-Program -Name 'bcdedit.exe' -Arguments '/set', '{current}', 'testsigning', 'on' | Out-Null
    Write-Host '   is on after a restart'
    $restart = $true
}
if ($integrity.MemoryIntegrity) {
    Write-Host '   memory integrity (HVCI) is on too: good, the driver should run with it'
}

Write-Step 'Crash dumps: kernel memory, kept, then restart'
$crash = 'HKLM:\SYSTEM\CurrentControlSet\Control\CrashControl'
$wanted = @{ CrashDumpEnabled = 2; AutoReboot = 1; Overwrite = 1; AlwaysKeepMemoryDump = 1 }
foreach ($name in $wanted.Keys) {
    $now = (Get-ItemProperty -Path $crash).PSObject.Properties[$name]
    if ($null -eq $now -or $now.Value -ne $wanted[$name]) {
        Set-ItemProperty -Path $crash -Name $name -Value $wanted[$name] -Type DWord
        Write-Host "   $name is now $($wanted[$name])"
        $restart = $true
    }
}
if (@(Get-CimInstance -ClassName Win32_PageFileUsage).Count -eq 0) {
    Write-Warning 'There is no page file: without one on the system drive no dump is written.'
}

Write-Step 'Messages of drivers reach a debugger'
$filter = 'HKLM:\SYSTEM\CurrentControlSet\Control\Session Manager\Debug Print Filter'
if (-not (Test-Path $filter)) { New-Item -Path $filter | Out-Null }
$mask = (Get-ItemProperty -Path $filter).PSObject.Properties['DEFAULT']
if ($null -eq $mask -or $mask.Value -ne 0xf) {
    Set-ItemProperty -Path $filter -Name 'DEFAULT' -Value 0xf -Type DWord
    Write-Host '   after a restart'
    $restart = $true
}
if ($DebugHost) {
    if (-not $DebugKey) { throw '-DebugHost needs -DebugKey.' }
    $settings = '/dbgsettings', 'net', "hostip:$DebugHost", "port:$DebugPort", "key:$DebugKey"
    Invoke-Program -Name 'bcdedit.exe' -Arguments $settings | Out-Null
    Invoke-Program -Name 'bcdedit.exe' -Arguments '/debug', '{current}', 'on' | Out-Null
    Write-Host "   to ${DebugHost}:$DebugPort, after a restart"
    $restart = $true
}

Write-Step 'Driver Verifier'
$settings = (Invoke-Program -Name 'verifier.exe' -Arguments '/querysettings' -Allowed 0, 2).Text
if ($settings -match [regex]::Escape($Driver)) {
    Write-Warning "Driver Verifier is set for $Driver already; verifier.ps1 -Disable ends that."
} else {
    Write-Host "   is not set for $Driver"
}

if ($Certificate) {
    Write-Step "Trust in $Certificate"
    foreach ($store in 'Root', 'TrustedPublisher') {
        $trusted = Import-Certificate -FilePath $Certificate -CertStoreLocation "Cert:\LocalMachine\$store"
        Write-Host "   $($trusted.Subject) is in LocalMachine\$store"
    }
}

if ($restart) {
    Write-Host 'Ready after a restart: shutdown /r /t 0'
    exit $RestartNeeded
}
Write-Host 'Ready.'
exit 0
