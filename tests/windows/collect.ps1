#Requires -Version 5.1
<#
.SYNOPSIS
    Collects what somebody needs to find out what went wrong, in one ZIP file.
.DESCRIPTION
    Versions, service, settings, provider order, connections, Driver Verifier's state, pool by tag, event logs, the log of
    driver installation, small dumps. Passwords are in none of them, names of servers, shares and users are.
.PARAMETER Output
    The ZIP file to write.
.PARAMETER Dump
    Copy the kernel dump MEMORY.DMP beside the ZIP file: it is large and may hold anything that was in memory.
.PARAMETER TraceSeconds
    Trace the network for that long, and add the trace: repeat meanwhile what goes wrong.
.EXAMPLE
    .\collect.ps1 -Output C:\oxsmb-report.zip
#>
[CmdletBinding()]
param(
    [string] $Output = (Join-Path $env:USERPROFILE 'oxsmb-report.zip'),
    [switch] $Dump,
    [int] $TraceSeconds
)
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
Import-Module (Join-Path $PSScriptRoot 'OxSmb.psm1') -Force

# One more file of the report; what cannot be had is said in it.
function Add-Report {
    param(
        [string] $Name,
        [scriptblock] $Body
    )
    Write-Host "   $Name"
    try {
        $text = & $Body | Out-String -Width 300
    } catch {
        $text = "not available: $($_.Exception.Message)"
    }
    Set-Content -Path (Join-Path $place $Name) -Value $text -Encoding UTF8
}

Confirm-Administrator
$place = Join-Path $env:TEMP ('oxsmb-report-' + [guid]::NewGuid().ToString('N'))
New-Item -ItemType Directory -Path $place | Out-Null
try {
    if ($TraceSeconds -gt 0) {
        Write-Step "Network trace of $TraceSeconds seconds"
        $trace = Join-Path $place 'network.etl'
        $start = 'trace', 'start', 'capture=yes', "tracefile=$trace", 'maxsize=512'
        Invoke-Program -Name 'netsh.exe' -Arguments $start | Out-Null
        Start-Sleep -Seconds $TraceSeconds
        Invoke-Program -Name 'netsh.exe' -Arguments 'trace', 'stop' | Out-Null
    }
    Write-Step 'Report'
    Add-Report -Name 'system.txt' -Body {
        [System.Environment]::OSVersion
        Get-CimInstance -ClassName Win32_OperatingSystem | Format-List Caption, Version, OSArchitecture, LastBootUpTime
        Get-CodeIntegrity | Format-List
    }
    Add-Report -Name 'driver.txt' -Body {
        Get-InstalledPackage | Format-List
        Get-CimInstance -ClassName Win32_SystemDriver -Filter "Name = '$Service'" | Format-List *
        $key = "HKLM:\SYSTEM\CurrentControlSet\Services\$Service"
        $image = Join-Path $env:SystemRoot ((Get-ItemProperty $key).ImagePath -replace '^\\SystemRoot\\')
        Get-FileHash $image -ErrorAction SilentlyContinue | Format-List
        Get-AuthenticodeSignature $image | Format-List
        Get-ItemProperty $key | Format-List
        Get-ItemProperty "$key\NetworkProvider" | Format-List
        Get-ItemProperty "$key\Parameters" | Format-List
        "ProviderOrder: $(@(Get-ProviderOrder) -join ',')"
    }
    Add-Report -Name 'connections.txt' -Body {
        Get-CimInstance -ClassName Win32_NetworkConnection | Format-List *
        (Invoke-Program -Name 'net.exe' -Arguments 'use' -AnyCode).Text
        Get-NetTCPConnection -RemotePort 445 -ErrorAction SilentlyContinue | Format-Table -AutoSize
    }
    Add-Report -Name 'pool.txt' -Body { Get-PoolUse | Sort-Object Bytes | Format-Table -AutoSize }
    Add-Report -Name 'verifier.txt' -Body {
        (Invoke-Program -Name 'verifier.exe' -Arguments '/querysettings' -AnyCode).Text
        (Invoke-Program -Name 'verifier.exe' -Arguments '/query' -AnyCode).Text
    }
    Add-Report -Name 'filters.txt' -Body { (Invoke-Program -Name 'fltmc.exe' -Arguments 'filters' -AnyCode).Text }
    Add-Report -Name 'bugchecks.txt' -Body {
        $crash = @{ LogName = 'System'; ProviderName = 'Microsoft-Windows-WER-SystemErrorReporting' }
        Get-WinEvent -FilterHashtable $crash -MaxEvents 20 | Format-List TimeCreated, Message
    }
    Add-Report -Name 'events.txt' -Body {
        $errors = @{ LogName = 'System'; Level = 1, 2, 3 }
        Get-WinEvent -FilterHashtable $errors -MaxEvents 200 | Format-List TimeCreated, ProviderName, Id, Message
    }
    foreach ($file in 'INF\setupapi.dev.log', 'Minidump') {
        $source = Join-Path $env:SystemRoot $file
        if (Test-Path $source) { Copy-Item -Path $source -Destination $place -Recurse }
    }
    $memory = Join-Path $env:SystemRoot 'MEMORY.DMP'
    if (Test-Path $memory) {
        if ($Dump) {
            # Compress-Archive stops at 2 GB.
            $copy = [System.IO.Path]::ChangeExtension($Output, '.dmp')
            Copy-Item -Path $memory -Destination $copy
            Write-Host "   the kernel dump is $copy"
        } else {
            Write-Host "   there is a kernel dump, $memory; -Dump adds it"
        }
    }
    Compress-Archive -Path (Join-Path $place '*') -DestinationPath $Output -Force
    Write-Host "Look through it, then send $Output."
} finally {
    Remove-Item -Path $place -Recurse -Force
}
exit 0
