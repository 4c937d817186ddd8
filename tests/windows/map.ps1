#Requires -Version 5.1
<#
.SYNOPSIS
    Connects a drive to a share through OxSMB, lists such drives, or disconnects one.
.DESCRIPTION
    Does what `net use Z: \\server@OX\share /user:name *` does, but asks OxSMB's provider alone and shows its error.
    New-SmbMapping is for Windows' own SMB client and does not know OxSMB. A drive belongs to the logon session that
    connected it: one connected in a window of an administrator is not seen in other windows. Exit code 1: an error.
.PARAMETER Drive
    The drive, such as Z:. Without a share, all drives through OxSMB are listed.
.PARAMETER Share
    \\server@OX\share, or \\server@OX@port\share.
.PARAMETER User
    The user; Windows' prompt asks for the password.
.PARAMETER Credential
    User and password in one, for scripts.
.PARAMETER CurrentUser
    Name no user: only a server that lets in anybody (setting AllowAnonymous), or an existing session, works then.
.PARAMETER Remove
    Disconnect the drive.
.PARAMETER Force
    Disconnect even while files are open.
.EXAMPLE
    .\map.ps1 -Drive Z: -Share \\nas@OX\home -User ann
.EXAMPLE
    .\map.ps1 -Drive Z: -Remove
#>
[CmdletBinding()]
param(
    [string] $Drive,
    [string] $Share,
    [string] $User,
    [pscredential] $Credential,
    [switch] $CurrentUser,
    [switch] $Remove,
    [switch] $Force
)
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
Import-Module (Join-Path $PSScriptRoot 'OxSmb.psm1') -Force

if ($Remove) {
    if (-not $Drive) { throw '-Remove needs -Drive.' }
    $code = Remove-Connection -Name $Drive -Force:$Force
    if ($code -ne 0) { throw "$Drive was not disconnected: $(Get-ErrorText -Code $code)" }
    Write-Host "$Drive is disconnected."
    exit 0
}
if ($Share) {
    if ($null -eq $Credential -and -not $CurrentUser) {
        $question = @{ Message = "Who connects to $Share" }
        if ($User) { $question['UserName'] = $User }
        $Credential = Get-Credential @question
    }
    $code = Add-Connection -Drive $Drive -Share $Share -Credential $Credential
    if ($code -ne 0) {
        throw "$Share was not connected: $(Get-ErrorText -Code $code). docs/windows.md, 'Troubleshooting', lists these."
    }
    Write-Host "$Drive is $Share."
    exit 0
}
Get-Connection | Format-Table -AutoSize | Out-String | Write-Host
exit 0
