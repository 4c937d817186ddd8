#Requires -Version 5.1
<#
.SYNOPSIS
    Takes OxSMB off this machine again.
.DESCRIPTION
    Disconnects its drives, unloads the driver, takes the provider out of ProviderOrder and the package out of the driver
    store. Programs that have loaded the provider keep its file until they end; Windows then removes it at the next
    restart. Exit code 0: gone; 3010: gone after a restart; 1: an error.
.PARAMETER KeepTestSigning
    Leave test signing on, and the certificate trusted.
.PARAMETER Subject
    Subjects of the test certificates to remove from the machine's stores.
.EXAMPLE
    .\uninstall.ps1
#>
[CmdletBinding()]
param(
    [switch] $KeepTestSigning,
    [string[]] $Subject = @('CN=WDRLocalTestCert', 'CN=OxSMB test')
)
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
Import-Module (Join-Path $PSScriptRoot 'OxSmb.psm1') -Force

Confirm-Administrator
$restart = $false

Write-Step 'Drives'
Remove-AllConnections

Write-Step 'Driver'
try {
    Stop-Driver
    Write-Host "   $Driver is $(Get-DriverState)"
} catch {
    Write-Warning $_.Exception.Message
    $restart = $true
}

Write-Step 'ProviderOrder'
if (Set-ProviderOrder -Remove) {
    Write-Host "   is now $(@(Get-ProviderOrder) -join ',')"
} else {
    Write-Host "   has no $Service"
}

Write-Step 'Package'
foreach ($package in @(Get-InstalledPackage)) {
    $reboot = $false
    $inf = Join-Path $env:SystemRoot "INF\$($package.Inf)"
    if (-not [OxSmb.Native]::DiUninstallDriverW([IntPtr]::Zero, $inf, 0, [ref] $reboot)) {
        $code = [System.Runtime.InteropServices.Marshal]::GetLastWin32Error()
        throw "$inf was not removed: $(Get-ErrorText -Code $code)"
    }
    Write-Host "   $($package.Inf), version $($package.Version), is removed"
    if ($reboot) { $restart = $true }
}
if ((Get-DriverState) -ne 'Missing' -and -not $restart) {
    # An installation by hand has a service without a package, and files below System32.
    Invoke-Program -Name 'sc.exe' -Arguments 'delete', $Service | Out-Null
    Write-Host "   service $Service is deleted"
    foreach ($file in "drivers\$Driver", 'oxsmbnp.dll') {
        $path = Join-Path $env:SystemRoot "System32\$file"
        if (-not (Test-Path $path)) { continue }
        try {
            Remove-Item -Path $path -Force
            Write-Host "   $path is deleted"
        } catch {
            Write-Warning "$path is in use: delete it after the restart."
            $restart = $true
        }
    }
}

if (-not $KeepTestSigning) {
    Write-Step 'Test signing'
    foreach ($store in 'Root', 'TrustedPublisher') {
        $found = Get-ChildItem "Cert:\LocalMachine\$store" | Where-Object { $Subject -contains $_.Subject }
        foreach ($certificate in @($found)) {
            Remove-Item $certificate.PSPath
            Write-Host "   $($certificate.Subject) is out of LocalMachine\$store"
        }
    }
    if ((Get-CodeIntegrity).TestSigning) {
        Invoke-Program -Name 'bcdedit.exe' -Arguments '/set', '{current}', 'testsigning', 'off' | Out-Null
        Write-Host '   is off after a restart'
        $restart = $true
    }
}

if ($restart) {
    Write-Host 'Gone after a restart: shutdown /r /t 0'
    exit $RestartNeeded
}
Write-Host 'Gone.'
exit 0
