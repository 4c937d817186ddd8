#Requires -Version 5.1
<#
.SYNOPSIS
    Everything that needs no restart, in order: install, load and unload, connect, file tests, leak gate.
.DESCRIPTION
    The machine must have been prepared (prepare.ps1). Whatever fails ends the run with exit code 1; collect.ps1 then
    gathers what is known. Driver Verifier's sets and IfsTest are runs of their own (verifier.ps1, ifstest.ps1).
.PARAMETER Package
    Directory of the package.
.PARAMETER ByHand
    Install without the driver store, as install.ps1 -ByHand does.
.PARAMETER Share
    The share to test on.
.PARAMETER Credential
    Who connects.
.PARAMETER Drive
    A free drive.
.PARAMETER Cycles
    How often to load and unload the driver before the tests.
.PARAMETER Report
    Write the results of the file tests to this CSV file.
.EXAMPLE
    .\run.ps1 -Package C:\oxsmb_package -Share \\nas@OX\test -Credential (Get-Credential ann)
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory = $true)]
    [string] $Package,
    [switch] $ByHand,
    [Parameter(Mandatory = $true)]
    [string] $Share,
    [pscredential] $Credential,
    [string] $Drive = 'Z:',
    [int] $Cycles = 100,
    [string] $Report
)
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
Import-Module (Join-Path $PSScriptRoot 'OxSmb.psm1') -Force

& (Join-Path $PSScriptRoot 'install.ps1') -Package $Package -ByHand:$ByHand -NoStart
if ($LASTEXITCODE -ne 0) { throw 'the driver is not installed, or only after a restart' }
Remove-AllConnections
Stop-Driver
$before = @(Get-PoolUse)

Write-Step "Load and unload, $Cycles times"
for ($cycle = 1; $cycle -le $Cycles; $cycle++) {
    Start-Driver
    Stop-Driver
}
Confirm-NoLeak -Before $before

Write-Step "Connect $Drive to $Share"
Start-Driver
$code = Add-Connection -Drive $Drive -Share $Share -Credential $Credential
if ($code -ne 0) { throw "$Share was not connected: $(Get-ErrorText -Code $code)" }
& (Join-Path $PSScriptRoot 'files.ps1') -Place "$Drive\" -Report $Report
$files = $LASTEXITCODE

Write-Step 'The same by its UNC name'
$entries = @(Get-ChildItem -LiteralPath "$Share\")
Write-Host "   $($entries.Count) entries in $Share"

Write-Step 'Refusals'
$wrong = New-Object System.Management.Automation.PSCredential 'oxsmb-nobody', (New-Object System.Security.SecureString)
$cases = @(
    @{ What = 'a share that is not there'; Share = ($Share -replace '[^\\]+$', 'oxsmb-no-such-share'); Who = $Credential; Code = 67 }
    @{ What = 'a server that is not there'; Share = '\\oxsmb-no-such-server.invalid@OX\share'; Who = $Credential; Code = 53 }
    @{ What = 'the same server as somebody else'; Share = $Share; Who = $wrong; Code = 1219 }
)
if ($Credential) {
    # Beside the user's session, another password is a conflict; so there must be none.
    $code = Remove-Connection -Name $Drive
    if ($code -ne 0) { throw "$Drive was not disconnected: $(Get-ErrorText -Code $code)" }
    Stop-Driver
    Start-Driver
    $bad = New-Object System.Management.Automation.PSCredential $Credential.UserName, (ConvertTo-SecureString 'not the password' -AsPlainText -Force)
    $code = Add-Connection -Drive '' -Share $Share -Credential $bad
    Write-Host "   a wrong password: $(Get-ErrorText -Code $code)"
    if ($code -ne 1326) { throw "a wrong password gave $code instead of 1326" }
    $code = Add-Connection -Drive $Drive -Share $Share -Credential $Credential
    if ($code -ne 0) { throw "$Share was not connected after a wrong password: $(Get-ErrorText -Code $code)" }
}
foreach ($case in $cases) {
    $code = Add-Connection -Drive '' -Share $case.Share -Credential $case.Who
    Write-Host "   $($case.What): $(Get-ErrorText -Code $code)"
    if ($code -ne $case.Code) { throw "$($case.What) gave $code instead of $($case.Code)" }
}

Write-Step 'Disconnect and unload'
$code = Remove-Connection -Name $Drive
if ($code -ne 0) { throw "$Drive was not disconnected: $(Get-ErrorText -Code $code)" }
Remove-AllConnections
Stop-Driver
Confirm-NoLeak -Before $before
if ($files -ne 0) { throw 'file tests failed' }
Write-Host 'Passed.'
exit 0
