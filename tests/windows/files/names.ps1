#Requires -Version 5.1
<#
.SYNOPSIS
    Names and directories: Unicode, length, case, thousands of entries.
#>
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

Add-FileTest -Name 'names of every script come back unchanged' -Body {
    param($directory)
    # This file is plain ASCII: the names are written by their code points.
    $codes = @(
        @(0xe4, 0xf6, 0xfc, 0xdf),
        @(0x416, 0x443, 0x43a),
        @(0x65e5, 0x672c, 0x8a9e),
        @(0x5e9, 0x5dc, 0x5d5, 0x5dd),
        @(0x1f600),
        @(0x65, 0x301),
        @(0xe9)
    )
    foreach ($points in $codes) {
        $name = -join ($points | ForEach-Object { [char]::ConvertFromUtf32($_) })
        $path = Join-Path $directory "$name.txt"
        [System.IO.File]::WriteAllText($path, $name)
        Confirm-Same -Wanted $name -Found ([System.IO.File]::ReadAllText($path)) -What 'content'
        $listed = @([System.IO.Directory]::GetFiles($directory) | Where-Object { $_.Equals($path, 'Ordinal') })
        Confirm-Same -Wanted 1 -Found $listed.Count -What 'times that it is listed'
    }
    # A composed and a decomposed letter are two names.
    Confirm-Same -Wanted $codes.Count -Found @(Get-ChildItem $directory).Count -What 'entries'
}

Add-FileTest -Name 'names with blanks, dots and signs come back unchanged' -Body {
    param($directory)
    foreach ($name in 'a b', ' leading', 'two..dots', '.hidden', 'a&b', "it's", '(1)', 'x;y', 'p%20', 'a=b+c,d') {
        [System.IO.File]::WriteAllText((Join-Path $directory "$name.txt"), $name)
        Confirm-True -Condition (Test-Path -LiteralPath (Join-Path $directory "$name.txt")) -What $name
    }
}

Add-FileTest -Name 'a name of 255 characters and a path beyond 260 work' -Body {
    param($directory)
    $long = Get-LongPath -Path $directory
    Confirm-LongFile -Path ("$long\" + 'n' * 251 + '.txt')
    $deep = @($long)
    for ($level = 0; $level -lt 10; $level++) {
        $deep += $deep[-1] + '\' + 'd' * 50
        Confirm-Call -Succeeded ([OxSmb.Files]::CreateDirectoryW($deep[-1], [IntPtr]::Zero)) -What "directory $level"
    }
    Confirm-LongFile -Path ($deep[-1] + '\file.txt')
    for ($level = 10; $level -gt 0; $level--) {
        Confirm-Call -Succeeded ([OxSmb.Files]::RemoveDirectoryW($deep[$level])) -What "removing directory $level"
    }
}

Add-FileTest -Name 'a name is found in any case' -Body {
    param($directory)
    [System.IO.File]::WriteAllText((Join-Path $directory 'MixedCase.txt'), 'x')
    Confirm-True -Condition (Test-Path (Join-Path $directory 'mixedcase.TXT')) -What 'not found in other case'
    $listed = Get-ChildItem $directory
    Confirm-Same -Wanted 'MixedCase.txt' -Found $listed.Name -What 'name as listed'
}

Add-FileTest -Name 'a directory of thousands is listed whole, each entry once' -Body {
    param($directory, $options)
    for ($number = 0; $number -lt $options.Entries; $number++) {
        [System.IO.File]::WriteAllText((Join-Path $directory ('entry-{0:d6}.txt' -f $number)), '')
    }
    $names = New-Object 'System.Collections.Generic.HashSet[string]'
    foreach ($path in [System.IO.Directory]::EnumerateFiles($directory)) {
        Confirm-True -Condition ($names.Add($path)) -What "$path is listed twice"
    }
    Confirm-Same -Wanted $options.Entries -Found $names.Count -What 'entries'
    if ($options.Entries -ge 100) {
        $found = [System.IO.Directory]::GetFiles($directory, 'entry-0000?0.txt')
        Confirm-Same -Wanted 10 -Found $found.Count -What 'matches'
    }
}

Add-FileTest -Name 'a listing goes on while entries come and go' -Body {
    param($directory)
    for ($number = 0; $number -lt 500; $number++) {
        [System.IO.File]::WriteAllText((Join-Path $directory "old-$number.txt"), '')
    }
    $seen = 0
    foreach ($path in [System.IO.Directory]::EnumerateFiles($directory, 'old-*')) {
        [System.IO.File]::Delete($path)
        [System.IO.File]::WriteAllText((Join-Path $directory "new-$seen.txt"), '')
        $seen++
    }
    Confirm-Same -Wanted 500 -Found $seen -What 'entries seen'
    $left = [System.IO.Directory]::GetFiles($directory)
    Confirm-Same -Wanted 500 -Found $left.Count -What 'entries left'
}

Add-FileTest -Name 'a change in a directory is reported' -Gap 'change notification is not done yet' -Body {
    param($directory)
    $watcher = [System.IO.FileSystemWatcher]::new($directory)
    $job = Start-Job -ArgumentList $directory -ScriptBlock {
        Start-Sleep -Seconds 3
        [System.IO.File]::WriteAllText((Join-Path $args[0] 'created.txt'), 'x')
    }
    try {
        $change = $watcher.WaitForChanged('Created', 20000)
        Confirm-True -Condition (-not $change.TimedOut) -What 'nothing was reported in 20 s'
        Confirm-Same -Wanted 'created.txt' -Found $change.Name -What 'what was reported'
    } finally {
        $job | Wait-Job | Remove-Job
        $watcher.Dispose()
    }
}
