#Requires -Version 5.1
<#
.SYNOPSIS
    What programs do: mapped files, executables on the share, the way Office saves, robocopy, change of server.
#>
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

$noCache = 'an image built with openrdbss has no cache manager behind it (crates/openrdbss)'

Add-FileTest -Name 'a mapped file is read and written' -Gap $noCache -Body {
    param($directory)
    $path = Join-Path $directory 'mapped.bin'
    $bytes = Get-Pattern -Length 1048576 -Seed 5
    [System.IO.File]::WriteAllBytes($path, $bytes)
    $map = [System.IO.MemoryMappedFiles.MemoryMappedFile]::CreateFromFile($path)
    try {
        $view = $map.CreateViewAccessor()
        $found = $view.ReadByte(700000)
        Confirm-Same -Wanted $bytes[700000] -Found $found -What 'byte'
        $view.Write(700000, [byte] 42)
        $view.Flush()
        $view.Dispose()
    } finally {
        $map.Dispose()
    }
    $back = [System.IO.File]::ReadAllBytes($path)
    Confirm-Same -Wanted 42 -Found $back[700000] -What 'byte by a read'
}

Add-FileTest -Name 'a program on the share runs' -Gap $noCache -Body {
    param($directory)
    $path = Join-Path $directory 'where.exe'
    Copy-Item -Path (Join-Path $env:SystemRoot 'System32\where.exe') -Destination $path
    $run = Invoke-Program -Name $path -Arguments 'cmd.exe'
    Confirm-True -Condition ($run.Text -match 'cmd\.exe') -What 'it printed something else'
}

Add-FileTest -Name 'a program on the share cannot be deleted while it runs' -Gap $noCache -Body {
    param($directory)
    $path = Join-Path $directory 'ping.exe'
    Copy-Item -Path (Join-Path $env:SystemRoot 'System32\PING.EXE') -Destination $path
    $process = Start-Process $path -ArgumentList '-n', '5', '127.0.0.1' -PassThru -WindowStyle Hidden
    try {
        Confirm-Error -Code 5 -What 'deleting it' -Body { [System.IO.File]::Delete($path) }
    } finally {
        $process.WaitForExit()
    }
}

Add-FileTest -Name 'a document is saved as Office does it' -Body {
    param($directory)
    # A new file beside it, the old one renamed away, the new one in its place, the old one deleted.
    $document = Join-Path $directory 'report.docx'
    [System.IO.File]::WriteAllText($document, 'version 0')
    for ($round = 1; $round -le 20; $round++) {
        $new = Join-Path $directory ('~WRD{0:d4}.tmp' -f $round)
        $old = Join-Path $directory ('~WRL{0:d4}.tmp' -f $round)
        [System.IO.File]::WriteAllText($new, "version $round")
        [System.IO.File]::Move($document, $old)
        [System.IO.File]::Move($new, $document)
        [System.IO.File]::Delete($old)
        Confirm-Same -Wanted "version $round" -Found ([System.IO.File]::ReadAllText($document)) -What 'content'
    }
    Confirm-Same -Wanted 1 -Found @(Get-ChildItem $directory -Force).Count -What 'files left'
}

Add-FileTest -Name 'a document is saved by ReplaceFile' -Body {
    param($directory)
    $document = Join-Path $directory 'report.txt'
    $new = Join-Path $directory 'report.new'
    $backup = Join-Path $directory 'report.bak'
    [System.IO.File]::WriteAllText($document, 'old')
    [System.IO.File]::WriteAllText($new, 'new')
    # The security descriptor of the old file is Windows' to merge; a share without one must not hinder it.
    [System.IO.File]::Replace($new, $document, $backup, $true)
    Confirm-Same -Wanted 'new' -Found ([System.IO.File]::ReadAllText($document)) -What 'document'
    Confirm-Same -Wanted 'old' -Found ([System.IO.File]::ReadAllText($backup)) -What 'backup'
}

Add-FileTest -Name 'a tree goes there and back by robocopy with every hash the same' -Body {
    param($directory)
    $local = Join-Path $env:TEMP ('oxsmb-' + [guid]::NewGuid().ToString('N'))
    New-Item -ItemType Directory -Path "$local\out" -Force | Out-Null
    try {
        New-Tree -Path "$local\out" | Out-Null
        # Exit codes below 8 are kinds of success.
        $there = "$local\out", "$directory\tree", '/E', '/COPY:DAT', '/R:0', '/W:0', '/NP', '/MT:8'
        Invoke-Program -Name 'robocopy.exe' -Arguments $there -Allowed 0, 1, 2, 3 | Out-Null
        $back = "$directory\tree", "$local\back", '/E', '/COPY:DAT', '/R:0', '/W:0', '/NP', '/MT:8'
        Invoke-Program -Name 'robocopy.exe' -Arguments $back -Allowed 0, 1, 2, 3 | Out-Null
        Confirm-SameTree -Wanted "$local\out" -Found "$directory\tree"
        Confirm-SameTree -Wanted "$local\out" -Found "$local\back"
        # A second run finds nothing to do, so times and sizes are kept.
        $again = Invoke-Program -Name 'robocopy.exe' -Arguments $there -Allowed 0, 1, 2, 3
        Confirm-Same -Wanted 0 -Found $again.Code -What 'exit code of the second run'
    } finally {
        Remove-Tree -Path $local
    }
}

Add-FileTest -Name 'a tree goes from one server to the other' -Body {
    param($directory, $options)
    if (-not $options.Second) {
        Write-Host '         (skipped: no -Second)'
        return
    }
    $other = Join-Path $options.Second ('oxsmb-second-' + [guid]::NewGuid().ToString('N').Substring(0, 8))
    New-Item -ItemType Directory -Path $other | Out-Null
    try {
        New-Tree -Path "$directory\tree" | Out-Null
        Copy-Item -Path "$directory\tree" -Destination $other -Recurse
        Confirm-SameTree -Wanted "$directory\tree" -Found (Join-Path $other 'tree')
        Move-Item -Path (Join-Path $other 'tree\a\4096.bin') -Destination $directory
        $wanted = [byte[]] (Get-Pattern -Length 4096 -Seed 4096)
        $found = [System.IO.File]::ReadAllBytes((Join-Path $directory '4096.bin'))
        $same = [System.Linq.Enumerable]::SequenceEqual($wanted, $found)
        Confirm-True -Condition $same -What 'the file that moved between servers differs'
    } finally {
        Remove-Tree -Path $other
    }
}
