#Requires -Version 5.1
<#
.SYNOPSIS
    A list of tests of files, the way to run them, and what they ask.
#>
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

# Paths beyond 260 characters: .NET Framework, as Windows PowerShell runs it, refuses the form that allows them.
if (-not ('OxSmb.Files' -as [type])) {
    Add-Type -Namespace OxSmb -Name Files -MemberDefinition @'
[DllImport("kernel32.dll", CharSet = CharSet.Unicode, SetLastError = true)]
public static extern Microsoft.Win32.SafeHandles.SafeFileHandle CreateFileW(
    string path, uint access, uint share, IntPtr security, uint disposition, uint attributes, IntPtr template);

[DllImport("kernel32.dll", CharSet = CharSet.Unicode, SetLastError = true)]
[return: MarshalAs(UnmanagedType.Bool)]
public static extern bool CreateDirectoryW(string path, IntPtr security);

[DllImport("kernel32.dll", CharSet = CharSet.Unicode, SetLastError = true)]
[return: MarshalAs(UnmanagedType.Bool)]
public static extern bool RemoveDirectoryW(string path);

[DllImport("kernel32.dll", CharSet = CharSet.Unicode, SetLastError = true)]
[return: MarshalAs(UnmanagedType.Bool)]
public static extern bool DeleteFileW(string path);
'@
}

$tests = New-Object System.Collections.ArrayList

# Forgets all tests.
function Clear-FileTests {
    $tests.Clear()
}

# Adds a test: a name that is the fact it shows, and a body that gets an empty directory and the options. A test that
# the driver is known not to pass yet has the reason in -Gap.
function Add-FileTest {
    param(
        [string] $Name,
        [scriptblock] $Body,
        [string] $Gap
    )
    $tests.Add([pscustomobject] @{ Name = $Name; Body = $Body; Gap = $Gap }) | Out-Null
}

# Runs the tests whose names match, each in a directory of its own, and gives their results.
function Invoke-FileTests {
    param(
        [string] $Root,
        [string] $Only,
        [hashtable] $Options
    )
    $number = 0
    foreach ($test in $tests) {
        if ($test.Name -notlike $Only) { continue }
        $number++
        $directory = Join-Path $Root ('t{0:d3}' -f $number)
        New-Item -ItemType Directory -Path $directory | Out-Null
        $reason = ''
        $watch = [System.Diagnostics.Stopwatch]::StartNew()
        try {
            & $test.Body $directory $Options | Out-Null
            $result = 'ok'
            if ($test.Gap) { $result = 'new' }
        } catch {
            $result = 'FAIL'
            if ($test.Gap) { $result = 'gap' }
            $reason = $_.Exception.Message
        }
        $seconds = $watch.Elapsed.TotalSeconds
        Write-Host ('   {0,-5} {1,7:n1} s  {2}' -f $result, $seconds, $test.Name)
        if ($result -eq 'FAIL') { Write-Host "         $reason" }
        if ($result -eq 'gap') { Write-Host "         known: $($test.Gap)" }
        [pscustomobject] @{ Name = $test.Name; Result = $result; Seconds = $seconds; Reason = $reason }
        try {
            Remove-Tree -Path $directory
        } catch {
            Write-Host "         left behind: $($_.Exception.Message)"
        }
    }
}

# Removes a directory with all that is in it, read-only files too.
function Remove-Tree {
    param(
        [string] $Path
    )
    foreach ($file in [System.IO.Directory]::EnumerateFiles($Path, '*', 'AllDirectories')) {
        [System.IO.File]::SetAttributes($file, 'Normal')
    }
    [System.IO.Directory]::Delete($Path, $true)
}

# Fails unless the two are the same.
function Confirm-Same {
    param(
        $Wanted,
        $Found,
        [string] $What
    )
    # Texts by their code units: to -ceq, a letter with its accent and the two apart are the same.
    if ($Wanted -is [string]) {
        $same = [string]::Equals($Wanted, "$Found", [System.StringComparison]::Ordinal)
    } else {
        $same = $Wanted -eq $Found
    }
    if (-not $same) { throw "${What}: $Found instead of $Wanted" }
}

# Fails unless the condition holds.
function Confirm-True {
    param(
        [bool] $Condition,
        [string] $What
    )
    if (-not $Condition) { throw $What }
}

# Fails unless the body fails with that Win32 error.
function Confirm-Error {
    param(
        [int] $Code,
        [string] $What,
        [scriptblock] $Body
    )
    $found = 0
    try {
        & $Body | Out-Null
    } catch {
        $inner = $_.Exception
        while ($null -ne $inner.InnerException) { $inner = $inner.InnerException }
        $found = $inner.HResult -band 0xffff
        # .NET makes exceptions of its own of a few errors.
        if ($inner -is [System.IO.FileNotFoundException]) { $found = 2 }
        if ($inner -is [System.IO.DirectoryNotFoundException]) { $found = 3 }
        if ($inner -is [System.UnauthorizedAccessException]) { $found = 5 }
    }
    if ($found -ne $Code) { throw "${What}: error $found instead of $Code" }
}

# Bytes that tell their place: a piece that is lost, doubled or moved shows.
function Get-Pattern {
    param(
        [int] $Length,
        [int] $Seed
    )
    $bytes = [byte[]]::new($Length)
    [System.Random]::new($Seed).NextBytes($bytes)
    # As an array, not one by one.
    return , $bytes
}

# SHA-256 of a file.
function Get-Hash {
    param(
        [string] $Path
    )
    (Get-FileHash -Path $Path -Algorithm SHA256).Hash
}

# Opens a file: modes by the names of .NET's enumerations.
function Open-File {
    param(
        [string] $Path,
        [string] $Mode = 'Open',
        [string] $Access = 'ReadWrite',
        [string] $Share = 'ReadWrite, Delete',
        [string] $Options = 'None'
    )
    # By their types: .NET Framework has another constructor that takes the same words.
    $fileMode = [System.IO.FileMode] $Mode
    $fileAccess = [System.IO.FileAccess] $Access
    $fileShare = [System.IO.FileShare] $Share
    $fileOptions = [System.IO.FileOptions] $Options
    [System.IO.FileStream]::new($Path, $fileMode, $fileAccess, $fileShare, 4096, $fileOptions)
}

# A path in the form that may be longer than 260 characters.
function Get-LongPath {
    param(
        [string] $Path
    )
    if ($Path.StartsWith('\\')) { return '\\?\UNC' + $Path.Substring(1) }
    '\\?\' + $Path
}

# Fails with the last error of Windows unless a call of its API succeeded.
function Confirm-Call {
    param(
        [bool] $Succeeded,
        [string] $What
    )
    if ($Succeeded) { return }
    $code = [System.Runtime.InteropServices.Marshal]::GetLastWin32Error()
    throw "${What}: error $code"
}

# Writes a file by a long path, reads it back and deletes it.
function Confirm-LongFile {
    param(
        [string] $Path
    )
    # GENERIC_READ | GENERIC_WRITE, no sharing, CREATE_NEW.
    $handle = [OxSmb.Files]::CreateFileW($Path, 3221225472, 0, [IntPtr]::Zero, 1, 0, [IntPtr]::Zero)
    Confirm-Call -Succeeded (-not $handle.IsInvalid) -What 'creating the file'
    $stream = [System.IO.FileStream]::new($handle, [System.IO.FileAccess]::ReadWrite)
    try {
        $stream.Write([byte[]] (1, 2, 3), 0, 3)
        $stream.Position = 2
        Confirm-Same -Wanted 3 -Found $stream.ReadByte() -What 'the last byte'
    } finally {
        $stream.Dispose()
    }
    Confirm-Call -Succeeded ([OxSmb.Files]::DeleteFileW($Path)) -What 'deleting the file'
}

# Makes a tree of a few directories with files of all sizes that matter, and gives the number of files.
function New-Tree {
    param(
        [string] $Path
    )
    $sizes = 0, 1, 511, 4096, 65535, 65536, 65537, 1048576, 3000000
    foreach ($below in 'a', 'a\b', 'c d') {
        $directory = New-Item -ItemType Directory -Path (Join-Path $Path $below) -Force
        foreach ($size in $sizes) {
            $file = Join-Path $directory.FullName "$size.bin"
            [System.IO.File]::WriteAllBytes($file, (Get-Pattern -Length $size -Seed $size))
        }
    }
    3 * $sizes.Count
}

# Fails unless two trees have the same files with the same bytes.
function Confirm-SameTree {
    param(
        [string] $Wanted,
        [string] $Found
    )
    $list = {
        param($top)
        # Unlike Get-ChildItem, this leaves a path with a short name in it as it is.
        foreach ($file in [System.IO.Directory]::GetFiles($top, '*', 'AllDirectories') | Sort-Object) {
            $file.Substring($top.Length) + ' ' + (Get-Hash -Path $file)
        }
    }
    $first = @(& $list $Wanted)
    $second = @(& $list $Found)
    Confirm-True -Condition ($first.Count -gt 0) -What "$Wanted is empty"
    Confirm-Same -Wanted ($first -join "`n") -Found ($second -join "`n") -What 'files and hashes'
}

Export-ModuleMember -Function *
