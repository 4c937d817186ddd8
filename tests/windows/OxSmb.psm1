#Requires -Version 5.1
<#
.SYNOPSIS
    What the scripts for Windows share: names, output, the calls of Windows that no cmdlet makes.
#>
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

# The names of inf/oxsmb.inx.
$Service = 'oxsmb'
$Driver = 'oxsmb.sys'
$Provider = 'OxSMB Network'
$OrderKey = 'HKLM:\SYSTEM\CurrentControlSet\Control\NetworkProvider\Order'

# Exit code of a script that has done its work and needs a restart (ERROR_SUCCESS_REBOOT_REQUIRED).
$RestartNeeded = 3010

if (-not ('OxSmb.Native' -as [type])) {
    Add-Type -Namespace OxSmb -Name Native -MemberDefinition @'
[DllImport("ntdll.dll")]
public static extern int NtQuerySystemInformation(int what, IntPtr buffer, int length, out int needed);

[DllImport("newdev.dll", CharSet = CharSet.Unicode, SetLastError = true)]
[return: MarshalAs(UnmanagedType.Bool)]
public static extern bool DiInstallDriverW(IntPtr parent, string inf, uint flags, [MarshalAs(UnmanagedType.Bool)] out bool reboot);

[DllImport("newdev.dll", CharSet = CharSet.Unicode, SetLastError = true)]
[return: MarshalAs(UnmanagedType.Bool)]
public static extern bool DiUninstallDriverW(IntPtr parent, string inf, uint flags, [MarshalAs(UnmanagedType.Bool)] out bool reboot);

[StructLayout(LayoutKind.Sequential, CharSet = CharSet.Unicode)]
public struct NetResource
{
    public uint Scope;
    public uint Type;
    public uint DisplayType;
    public uint Usage;
    public string LocalName;
    public string RemoteName;
    public string Comment;
    public string Provider;
}

[DllImport("mpr.dll", CharSet = CharSet.Unicode)]
public static extern int WNetAddConnection2W(ref NetResource resource, string password, string user, uint flags);

[DllImport("mpr.dll", CharSet = CharSet.Unicode)]
public static extern int WNetCancelConnection2W(string name, uint flags, [MarshalAs(UnmanagedType.Bool)] bool force);
'@
}

# Says what is done next.
function Write-Step {
    param(
        [string] $Text
    )
    Write-Host "== $Text"
}

# Ends the script unless it runs with the rights of an administrator.
function Confirm-Administrator {
    $identity = [System.Security.Principal.WindowsIdentity]::GetCurrent()
    $principal = New-Object System.Security.Principal.WindowsPrincipal $identity
    $role = [System.Security.Principal.WindowsBuiltInRole]::Administrator
    if (-not $principal.IsInRole($role)) {
        throw 'This needs the rights of an administrator: start PowerShell with "Run as administrator".'
    }
    if (-not [System.Environment]::Is64BitProcess) {
        throw 'This needs the 64-bit PowerShell: drivers cannot be installed by a 32-bit program.'
    }
}

# Ends the script on a Windows that lacks what the driver imports: ExAllocatePool2 came with Windows 10 version 2004.
function Confirm-WindowsVersion {
    $build = [System.Environment]::OSVersion.Version.Build
    if ($build -lt 19041) {
        throw "Windows 10 version 2004 (build 19041) or later is needed, and this is build $build."
    }
}

# Runs a program; an exit code that is not allowed is an error. Gives the code and all that was printed.
function Invoke-Program {
    param(
        [string] $Name,
        [string[]] $Arguments,
        [int[]] $Allowed = @(0),
        [switch] $AnyCode
    )
    # Windows PowerShell makes an error of each line on standard error as soon as it is redirected.
    $ErrorActionPreference = 'Continue'
    $text = & $Name @Arguments 2>&1 | Out-String
    $code = $LASTEXITCODE
    if (-not $AnyCode -and $Allowed -notcontains $code) {
        throw "$Name $($Arguments -join ' ') ended with ${code}: $text"
    }
    [pscustomobject] @{ Code = $code; Text = $text }
}

# The words of Windows for an error of its API.
function Get-ErrorText {
    param(
        [int] $Code
    )
    $exception = New-Object System.ComponentModel.Win32Exception $Code
    "error ${Code}: $($exception.Message)"
}

# A system information class of NtQuerySystemInformation, handed to $Reader as buffer and length.
function Read-SystemInformation {
    param(
        [int] $Class,
        [int] $Size,
        [scriptblock] $Reader
    )
    $tooShort = -1073741820 # STATUS_INFO_LENGTH_MISMATCH
    while ($true) {
        $buffer = [System.Runtime.InteropServices.Marshal]::AllocHGlobal($Size)
        try {
            # The first field of some classes tells the length of the structure.
            [System.Runtime.InteropServices.Marshal]::WriteInt32($buffer, $Size)
            $needed = 0
            $status = [OxSmb.Native]::NtQuerySystemInformation($Class, $buffer, $Size, [ref] $needed)
            if ($status -eq 0) {
                return & $Reader $buffer $needed
            }
            if ($status -ne $tooShort) {
                throw ('NtQuerySystemInformation({0}) gave 0x{1:x8}' -f $Class, $status)
            }
        } finally {
            [System.Runtime.InteropServices.Marshal]::FreeHGlobal($buffer)
        }
        $Size = [Math]::Max(2 * $Size, $needed)
    }
}

# The flags of code integrity (SystemCodeIntegrityInformation): test signing, memory integrity.
function Get-CodeIntegrity {
    $options = Read-SystemInformation -Class 103 -Size 8 -Reader {
        param($buffer)
        [System.Runtime.InteropServices.Marshal]::ReadInt32($buffer, 4)
    }
    [pscustomobject] @{
        TestSigning     = ($options -band 0x2) -ne 0
        MemoryIntegrity = ($options -band 0x400) -ne 0
    }
}

# Pool in use by tag (SystemPoolTagInformation, what PoolMon shows): blocks and bytes of the tags in pool-tags.csv.
function Get-PoolUse {
    $known = @{}
    foreach ($row in Import-Csv (Join-Path $PSScriptRoot 'pool-tags.csv')) {
        $bytes = [System.Text.Encoding]::ASCII.GetBytes($row.Tag)
        $known[[System.BitConverter]::ToInt32($bytes, 0)] = $row
    }
    Read-SystemInformation -Class 22 -Size 1MB -Reader {
        param($buffer)
        $read = { param($at) [System.Runtime.InteropServices.Marshal]::ReadInt32($buffer, $at) }
        $read64 = { param($at) [System.Runtime.InteropServices.Marshal]::ReadInt64($buffer, $at) }
        $count = & $read 0
        for ($index = 0; $index -lt $count; $index++) {
            $at = 8 + 40 * $index
            $row = $known[(& $read $at)]
            if ($null -eq $row) { continue }
            $paged = (& $read ($at + 4)) - (& $read ($at + 8))
            $nonPaged = (& $read ($at + 24)) - (& $read ($at + 28))
            [pscustomobject] @{
                Tag    = $row.Tag
                Owner  = $row.Owner
                Blocks = $paged + $nonPaged
                Bytes  = (& $read64 ($at + 16)) + (& $read64 ($at + 32))
            }
        }
    }
}

# Fails when the driver, no longer loaded, has left pool behind: more than $Before, which Get-PoolUse gave before it was
# loaded. Tags that Windows' own redirectors use too only get a line.
function Confirm-NoLeak {
    param(
        [object[]] $Before
    )
    $state = Get-DriverState
    if ($state -ne 'Stopped') {
        throw "the pool is judged when $Driver is unloaded, and it is $state"
    }
    $leaks = @()
    foreach ($now in @(Get-PoolUse)) {
        $then = $Before | Where-Object { $_.Tag -eq $now.Tag }
        $blocks = 0
        if ($null -ne $then) { $blocks = $then.Blocks }
        if ($now.Blocks -le $blocks) { continue }
        $line = '{0}: {1} blocks, {2} bytes, {3} blocks before' -f $now.Tag, $now.Blocks, $now.Bytes, $blocks
        if ($now.Owner -eq 'shared') {
            Write-Host "   not counted, Windows uses the tag too: $line"
        } else {
            $leaks += $line
        }
    }
    if ($leaks.Count -gt 0) {
        throw "pool is left after unloading:`n   $($leaks -join "`n   ")"
    }
    Write-Host '   no pool of the driver is left'
}

# Running, Stopped, or Missing.
function Get-DriverState {
    $query = Get-CimInstance -ClassName Win32_SystemDriver -Filter "Name = '$Service'"
    if ($null -eq $query) { return 'Missing' }
    $query.State
}

# Loads the driver.
function Start-Driver {
    if ((Get-DriverState) -eq 'Running') { return }
    $started = Invoke-Program -Name 'sc.exe' -Arguments 'start', $Service -AnyCode
    if ($started.Code -ne 0) {
        throw "$Driver was not loaded: $(Get-ErrorText -Code $started.Code)`n$($started.Text)"
    }
}

# Unloads the driver; it refuses while files are open.
function Stop-Driver {
    if ((Get-DriverState) -ne 'Running') { return }
    $stopped = Invoke-Program -Name 'sc.exe' -Arguments 'stop', $Service -AnyCode
    if ($stopped.Code -ne 0) {
        throw "$Driver was not unloaded: $(Get-ErrorText -Code $stopped.Code)`n$($stopped.Text)"
    }
    for ($second = 1; $second -le 30; $second++) {
        if ((Get-DriverState) -eq 'Stopped') { return }
        Write-Host "   waiting for $Driver to unload ($second s)"
        Start-Sleep -Seconds 1
    }
    throw "$Driver is still stopping: a file or a connection is in use; a restart ends it"
}

# Connects a drive, or no drive when $Drive is empty. Gives the error code of WNetAddConnection2W, 0 for success.
function Add-Connection {
    param(
        [string] $Drive,
        [string] $Share,
        [pscredential] $Credential
    )
    $resource = New-Object OxSmb.Native+NetResource
    $resource.Type = 1 # RESOURCETYPE_DISK
    if ($Drive) { $resource.LocalName = $Drive }
    $resource.RemoteName = $Share
    # Straight to our provider: no other is asked, and no other's error hides ours.
    $resource.Provider = $Provider
    # A plain $null would reach the function as an empty text: a user without a name.
    $user = [NullString]::Value
    $password = [NullString]::Value
    if ($null -ne $Credential) {
        $user = $Credential.UserName
        $password = $Credential.GetNetworkCredential().Password
    }
    [OxSmb.Native]::WNetAddConnection2W([ref] $resource, $password, $user, 0)
}

# Ends a connection by drive or share. Gives the error code of WNetCancelConnection2W.
function Remove-Connection {
    param(
        [string] $Name,
        [switch] $Force
    )
    [OxSmb.Native]::WNetCancelConnection2W($Name, 0, $Force.IsPresent)
}

# The connections that go through our provider, as drive and share.
function Get-Connection {
    foreach ($each in @(Get-CimInstance -ClassName Win32_NetworkConnection)) {
        if ($each.ProviderName -eq $Provider) {
            [pscustomobject] @{ Drive = $each.LocalName; Share = $each.RemoteName }
        }
    }
}

# Ends every connection through our provider.
function Remove-AllConnections {
    foreach ($each in @(Get-Connection)) {
        $name = $each.Drive
        if (-not $name) { $name = $each.Share }
        $code = Remove-Connection -Name $name -Force
        if ($code -ne 0) {
            throw "$name was not disconnected: $(Get-ErrorText -Code $code)"
        }
        Write-Host "   $name is disconnected"
    }
}

# The names in ProviderOrder.
function Get-ProviderOrder {
    $value = (Get-ItemProperty -Path $OrderKey -Name ProviderOrder).ProviderOrder
    @($value -split ',' | Where-Object { $_ -ne '' })
}

# Puts our service at the end of ProviderOrder, or takes it out. Says whether anything changed.
function Set-ProviderOrder {
    param(
        [switch] $Remove
    )
    $order = @(Get-ProviderOrder)
    $others = @($order | Where-Object { $_ -ne $Service })
    $wanted = $others
    if (-not $Remove) { $wanted = $others + $Service }
    if (($wanted -join ',') -eq ($order -join ',')) { return $false }
    Set-ItemProperty -Path $OrderKey -Name ProviderOrder -Value ($wanted -join ',')
    return $true
}

# The package of ours in the driver store: published name (oemN.inf), version.
function Get-InstalledPackage {
    foreach ($each in @(Get-WindowsDriver -Online)) {
        if ((Split-Path $each.OriginalFileName -Leaf) -eq "$Service.inf") {
            [pscustomobject] @{ Inf = $each.Driver; Version = $each.Version; Source = $each.OriginalFileName }
        }
    }
}

Export-ModuleMember -Function * -Variable Service, Driver, Provider, OrderKey, RestartNeeded
