#Requires -Version 5.1
<#
.SYNOPSIS
    Create, read, write, rename, delete.
#>
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

Add-FileTest -Name 'a file reads back as it was written, at every size that matters' -Body {
    param($directory)
    foreach ($size in 0, 1, 4095, 4096, 4097, 65536, 1048575, 1048577, 8388608, 20000003) {
        $path = Join-Path $directory "$size.bin"
        $bytes = Get-Pattern -Length $size -Seed 1
        [System.IO.File]::WriteAllBytes($path, $bytes)
        $back = [System.IO.File]::ReadAllBytes($path)
        Confirm-Same -Wanted $size -Found $back.Length -What 'length'
        $same = [System.Linq.Enumerable]::SequenceEqual([byte[]] $bytes, [byte[]] $back)
        Confirm-True -Condition $same -What "the bytes of $size.bin differ"
    }
}

Add-FileTest -Name 'writes in the middle, at the end and beyond it leave the rest alone' -Body {
    param($directory)
    $path = Join-Path $directory 'patched.bin'
    [System.IO.File]::WriteAllBytes($path, (Get-Pattern -Length 10000 -Seed 2))
    $stream = Open-File -Path $path
    try {
        foreach ($at in 5000, 10000, 20000) {
            $stream.Position = $at
            $stream.Write([byte[]] (1, 2, 3), 0, 3)
        }
    } finally {
        $stream.Dispose()
    }
    $wanted = [byte[]]::new(20003)
    (Get-Pattern -Length 10000 -Seed 2).CopyTo($wanted, 0)
    foreach ($at in 5000, 10000, 20000) { ([byte[]] (1, 2, 3)).CopyTo($wanted, $at) }
    $back = [System.IO.File]::ReadAllBytes($path)
    $same = [System.Linq.Enumerable]::SequenceEqual($wanted, $back)
    Confirm-True -Condition $same -What 'the bytes differ'
}

Add-FileTest -Name 'a file is cut and grown by its length' -Body {
    param($directory)
    $path = Join-Path $directory 'length.bin'
    [System.IO.File]::WriteAllBytes($path, (Get-Pattern -Length 100 -Seed 3))
    $stream = Open-File -Path $path
    try {
        $stream.SetLength(10)
        $stream.SetLength(50)
    } finally {
        $stream.Dispose()
    }
    $back = [System.IO.File]::ReadAllBytes($path)
    Confirm-Same -Wanted 50 -Found $back.Length -What 'length'
    Confirm-Same -Wanted 0 -Found $back[10] -What 'the byte after the cut'
}

Add-FileTest -Name 'appending from two handles loses nothing' -Body {
    param($directory)
    $path = Join-Path $directory 'appended.txt'
    for ($round = 0; $round -lt 50; $round++) {
        [System.IO.File]::AppendAllText($path, "one`n")
        [System.IO.File]::AppendAllText($path, "two`n")
    }
    $lines = [System.IO.File]::ReadAllLines($path)
    Confirm-Same -Wanted 100 -Found $lines.Count -What 'lines'
}

Add-FileTest -Name 'create, rename, move, replace, delete' -Body {
    param($directory)
    $first = Join-Path $directory 'first.txt'
    $other = Join-Path $directory 'other.txt'
    $below = Join-Path $directory 'below'
    [System.IO.File]::WriteAllText($first, 'first')
    [System.IO.File]::Move($first, $other)
    Confirm-True -Condition (-not (Test-Path $first)) -What 'the old name is still there'
    New-Item -ItemType Directory -Path $below | Out-Null
    [System.IO.File]::Move($other, (Join-Path $below 'moved.txt'))
    [System.IO.File]::WriteAllText($other, 'second')
    Move-Item -Path $other -Destination (Join-Path $below 'moved.txt') -Force
    $text = [System.IO.File]::ReadAllText((Join-Path $below 'moved.txt'))
    Confirm-Same -Wanted 'second' -Found $text -What 'the file that replaced'
    Rename-Item -Path $below -NewName 'renamed'
    Remove-Item -Path (Join-Path $directory 'renamed') -Recurse
    Confirm-Same -Wanted 0 -Found @(Get-ChildItem $directory).Count -What 'entries left'
}

Add-FileTest -Name 'a name that differs in case only can be given' -Body {
    param($directory)
    [System.IO.File]::WriteAllText((Join-Path $directory 'name.txt'), 'x')
    Rename-Item -Path (Join-Path $directory 'name.txt') -NewName 'NAME.txt'
    $listed = Get-ChildItem $directory
    Confirm-Same -Wanted 'NAME.txt' -Found $listed.Name -What 'name'
}

Add-FileTest -Name 'each failure has the error that programs look for' -Body {
    param($directory)
    $file = Join-Path $directory 'there.txt'
    $full = Join-Path $directory 'full'
    [System.IO.File]::WriteAllText($file, 'x')
    New-Item -ItemType Directory -Path $full | Out-Null
    [System.IO.File]::WriteAllText((Join-Path $full 'in.txt'), 'x')
    Confirm-Error -Code 2 -What 'a file that is not there' -Body {
        [System.IO.File]::ReadAllText((Join-Path $directory 'missing.txt'))
    }
    Confirm-Error -Code 3 -What 'a directory that is not there' -Body {
        [System.IO.File]::ReadAllText((Join-Path $directory 'missing\missing.txt'))
    }
    Confirm-Error -Code 80 -What 'CREATE_NEW over a file' -Body {
        (Open-File -Path $file -Mode 'CreateNew').Dispose()
    }
    Confirm-Error -Code 183 -What 'a move onto a file' -Body {
        [System.IO.File]::WriteAllText("$file.2", 'y')
        [System.IO.File]::Move("$file.2", $file)
    }
    Confirm-Error -Code 145 -What 'removing a directory that is not empty' -Body {
        [System.IO.Directory]::Delete($full)
    }
    Confirm-Error -Code 5 -What 'reading a directory as a file' -Body {
        [System.IO.File]::ReadAllText($full)
    }
    $held = Open-File -Path $file -Share 'None'
    try {
        Confirm-Error -Code 32 -What 'a file that another has to itself' -Body {
            [System.IO.File]::ReadAllText($file)
        }
    } finally {
        $held.Dispose()
    }
}

Add-FileTest -Name 'a file marked for deletion goes with its last handle' -Body {
    param($directory)
    $path = Join-Path $directory 'temporary.bin'
    $stream = Open-File -Path $path -Mode 'Create' -Options 'DeleteOnClose'
    $stream.WriteByte(1)
    Confirm-True -Condition (Test-Path $path) -What 'it is gone too early'
    $stream.Dispose()
    Confirm-True -Condition (-not (Test-Path $path)) -What 'it is still there'
}

Add-FileTest -Name 'flushed and written-through data are on the server' -Body {
    param($directory)
    $path = Join-Path $directory 'flushed.bin'
    $stream = Open-File -Path $path -Mode 'Create' -Options 'WriteThrough'
    try {
        $stream.Write((Get-Pattern -Length 100 -Seed 6), 0, 100)
        $stream.Flush($true)
        Confirm-Same -Wanted 100 -Found (Get-Item $path).Length -What 'length while open'
    } finally {
        $stream.Dispose()
    }
}

Add-FileTest -Name 'a locked range holds others back' -Gap 'byte-range locks are not done yet' -Body {
    param($directory)
    $path = Join-Path $directory 'locked.bin'
    [System.IO.File]::WriteAllBytes($path, (Get-Pattern -Length 1000 -Seed 4))
    $first = Open-File -Path $path
    $second = Open-File -Path $path
    try {
        $first.Lock(100, 100)
        Confirm-Error -Code 33 -What 'a second lock on the range' -Body { $second.Lock(150, 10) }
        $first.Unlock(100, 100)
        $second.Lock(150, 10)
    } finally {
        $first.Dispose()
        $second.Dispose()
    }
}
