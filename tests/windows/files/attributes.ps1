#Requires -Version 5.1
<#
.SYNOPSIS
    Attributes, times, sizes, volume information, security.
#>
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

Add-FileTest -Name 'attributes are set, listed and cleared' -Body {
    param($directory)
    $path = Join-Path $directory 'attributes.txt'
    [System.IO.File]::WriteAllText($path, 'x')
    foreach ($wanted in 'ReadOnly', 'Hidden', 'System', 'Archive', 'ReadOnly, Hidden, Archive') {
        [System.IO.File]::SetAttributes($path, $wanted)
        $found = [System.IO.File]::GetAttributes($path)
        Confirm-Same -Wanted $wanted -Found "$found" -What 'attributes'
        $listed = [System.IO.DirectoryInfo]::new($directory).GetFiles()[0]
        Confirm-Same -Wanted $wanted -Found "$($listed.Attributes)" -What 'attributes as listed'
    }
    Confirm-Error -Code 5 -What 'writing to a read-only file' -Body {
        [System.IO.File]::WriteAllText($path, 'y')
    }
    [System.IO.File]::SetAttributes($path, 'Normal')
    [System.IO.File]::WriteAllText($path, 'y')
}

Add-FileTest -Name 'times are kept to 100 ns where the server keeps them' -Body {
    param($directory)
    $path = Join-Path $directory 'times.txt'
    [System.IO.File]::WriteAllText($path, 'x')
    $written = [System.DateTime]::new(2001, 2, 3, 4, 5, 6, 'Utc').AddTicks(1234500)
    $read = $written.AddDays(1)
    [System.IO.File]::SetLastWriteTimeUtc($path, $written)
    [System.IO.File]::SetLastAccessTimeUtc($path, $read)
    Confirm-Same -Wanted $written -Found ([System.IO.File]::GetLastWriteTimeUtc($path)) -What 'last write'
    Confirm-Same -Wanted $read -Found ([System.IO.File]::GetLastAccessTimeUtc($path)) -What 'last access'
}

Add-FileTest -Name 'the time of creation can be set' -Body {
    param($directory)
    $path = Join-Path $directory 'created.txt'
    [System.IO.File]::WriteAllText($path, 'x')
    $created = [System.DateTime]::new(1999, 12, 31, 23, 59, 58, 'Utc')
    [System.IO.File]::SetCreationTimeUtc($path, $created)
    Confirm-Same -Wanted $created -Found ([System.IO.File]::GetCreationTimeUtc($path)) -What 'creation'
}

Add-FileTest -Name 'a write moves the time of the last write' -Body {
    param($directory)
    $path = Join-Path $directory 'moved.txt'
    [System.IO.File]::WriteAllText($path, 'x')
    [System.IO.File]::SetLastWriteTimeUtc($path, [System.DateTime]::new(2001, 1, 1, 0, 0, 0, 'Utc'))
    [System.IO.File]::AppendAllText($path, 'y')
    $year = [System.IO.File]::GetLastWriteTimeUtc($path).Year
    Confirm-True -Condition ($year -gt 2001) -What "the year is still $year"
}

Add-FileTest -Name 'sizes agree between listing, query and handle' -Body {
    param($directory)
    $path = Join-Path $directory 'size.bin'
    $stream = Open-File -Path $path -Mode 'Create'
    try {
        $stream.Write([byte[]]::new(12345), 0, 12345)
        $stream.Flush($true)
        Confirm-Same -Wanted 12345 -Found $stream.Length -What 'by handle'
        $queried = [System.IO.FileInfo]::new($path)
        Confirm-Same -Wanted 12345 -Found $queried.Length -What 'by query'
    } finally {
        $stream.Dispose()
    }
    $listed = [System.IO.DirectoryInfo]::new($directory).GetFiles()[0]
    Confirm-Same -Wanted 12345 -Found $listed.Length -What 'by listing'
}

Add-FileTest -Name 'the volume has a size, free room and a file system' -Body {
    param($directory)
    $root = [System.IO.Path]::GetPathRoot($directory)
    if ($root.StartsWith('\\')) { return }
    $drive = [System.IO.DriveInfo]::new($root)
    Confirm-True -Condition $drive.IsReady -What 'the drive is not ready'
    Confirm-True -Condition ($drive.TotalSize -gt 0) -What 'the drive has no size'
    Confirm-True -Condition ($drive.AvailableFreeSpace -le $drive.TotalSize) -What 'more free than there is'
    Confirm-True -Condition ($drive.DriveFormat -ne '') -What 'the file system has no name'
}

Add-FileTest -Name 'the owner of a file can be asked' -Gap 'security descriptors are not done yet' -Body {
    param($directory)
    $path = Join-Path $directory 'owned.txt'
    [System.IO.File]::WriteAllText($path, 'x')
    $owner = (Get-Acl -Path $path).Owner
    Confirm-True -Condition ([bool] $owner) -What 'no owner'
}

Add-FileTest -Name 'an alternate data stream is a file of its own' -Body {
    param($directory)
    $path = Join-Path $directory 'streams.txt'
    Set-Content -Path $path -Value 'main'
    Set-Content -Path $path -Stream 'second' -Value 'other'
    Confirm-Same -Wanted 'main' -Found (Get-Content $path) -What 'main stream'
    Confirm-Same -Wanted 'other' -Found (Get-Content $path -Stream 'second') -What 'second stream'
}
