#Requires -Version 5.1
<#
.SYNOPSIS
    Large files, asynchronous and concurrent I/O, cancellation.
#>
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

Add-FileTest -Name 'bytes beyond 4 GiB are where they belong' -Body {
    param($directory, $options)
    $path = Join-Path $directory 'large.bin'
    $places = 0, 2147483647, 2147483648, 4294967295, 4294967296, ($options.LargeBytes - 16)
    $stream = Open-File -Path $path -Mode 'Create'
    try {
        foreach ($place in $places) {
            $stream.Position = [long] $place
            $stream.Write([System.BitConverter]::GetBytes([long] $place), 0, 8)
        }
    } finally {
        $stream.Dispose()
    }
    $written = Get-Item $path
    Confirm-Same -Wanted ($options.LargeBytes - 8) -Found $written.Length -What 'length'
    $stream = Open-File -Path $path -Access 'Read'
    try {
        $bytes = [byte[]]::new(8)
        # Backwards, past what the places next to each other have overwritten.
        foreach ($place in 4294967296, 2147483648, ($options.LargeBytes - 16)) {
            $stream.Position = [long] $place
            $count = $stream.Read($bytes, 0, 8)
            Confirm-Same -Wanted 8 -Found $count -What 'bytes read'
            $found = [System.BitConverter]::ToInt64($bytes, 0)
            Confirm-Same -Wanted ([long] $place) -Found $found -What 'what stands there'
        }
    } finally {
        $stream.Dispose()
    }
}

Add-FileTest -Name '32 overlapped reads and writes at once keep their places' -Body {
    param($directory)
    $path = Join-Path $directory 'overlapped.bin'
    $piece = 262144
    $stream = Open-File -Path $path -Mode 'Create' -Options 'Asynchronous'
    try {
        $writes = @()
        for ($index = 0; $index -lt 32; $index++) {
            $stream.Position = $index * $piece
            $writes += $stream.WriteAsync((Get-Pattern -Length $piece -Seed $index), 0, $piece)
        }
        [System.Threading.Tasks.Task]::WaitAll([System.Threading.Tasks.Task[]] $writes)
        $stream.Flush()
        $reads = @()
        $buffers = @()
        for ($index = 0; $index -lt 32; $index++) {
            $buffer = [byte[]]::new($piece)
            $buffers += , $buffer
            $stream.Position = $index * $piece
            $reads += $stream.ReadAsync($buffer, 0, $piece)
        }
        [System.Threading.Tasks.Task]::WaitAll([System.Threading.Tasks.Task[]] $reads)
        for ($index = 0; $index -lt 32; $index++) {
            $wanted = [byte[]] (Get-Pattern -Length $piece -Seed $index)
            $same = [System.Linq.Enumerable]::SequenceEqual($wanted, [byte[]] $buffers[$index])
            Confirm-True -Condition $same -What "piece $index differs"
        }
    } finally {
        $stream.Dispose()
    }
}

Add-FileTest -Name 'eight writers in processes of their own do not disturb each other' -Body {
    param($directory)
    $jobs = @()
    for ($index = 0; $index -lt 8; $index++) {
        $jobs += Start-Job -ArgumentList $directory, $index -ScriptBlock {
            $ErrorActionPreference = 'Stop'
            $bytes = [byte[]]::new(100000)
            [System.Random]::new($args[1]).NextBytes($bytes)
            for ($round = 0; $round -lt 50; $round++) {
                $path = Join-Path $args[0] "writer-$($args[1])-$round.bin"
                [System.IO.File]::WriteAllBytes($path, $bytes)
                $back = [System.IO.File]::ReadAllBytes($path)
                $same = [System.Linq.Enumerable]::SequenceEqual([byte[]] $bytes, [byte[]] $back)
                if (-not $same) { throw "$path differs" }
                [System.IO.File]::Delete($path)
            }
        }
    }
    $jobs | Wait-Job | Out-Null
    # An error in a job is raised here.
    $jobs | Receive-Job
    $jobs | Remove-Job
    Confirm-Same -Wanted 0 -Found @(Get-ChildItem $directory).Count -What 'files left'
}

Add-FileTest -Name 'one file written by two handles has both parts' -Body {
    param($directory)
    $path = Join-Path $directory 'shared.bin'
    [System.IO.File]::WriteAllBytes($path, [byte[]]::new(200000))
    $first = Open-File -Path $path
    $second = Open-File -Path $path
    try {
        for ($round = 0; $round -lt 100; $round++) {
            $first.Position = $round * 2000
            $first.Write([byte[]] (, 1 * 1000), 0, 1000)
            $second.Position = $round * 2000 + 1000
            $second.Write([byte[]] (, 2 * 1000), 0, 1000)
        }
    } finally {
        $first.Dispose()
        $second.Dispose()
    }
    $sum = [System.Linq.Enumerable]::Sum([int[]] [System.IO.File]::ReadAllBytes($path))
    Confirm-Same -Wanted 300000 -Found $sum -What 'sum of all bytes'
}

Add-FileTest -Name 'a program that ends in the middle of its writes leaves no open file' -Body {
    param($directory)
    $path = Join-Path $directory 'killed.bin'
    $body = "`$s = [IO.File]::Create('$path'); while (1) { `$s.Write((New-Object byte[] 1048576), 0, 1048576) }"
    $arguments = '-NoProfile', '-Command', $body
    $process = Start-Process powershell.exe -ArgumentList $arguments -PassThru -WindowStyle Hidden
    for ($wait = 0; $wait -lt 60 -and -not (Test-Path $path); $wait++) { Start-Sleep -Milliseconds 500 }
    Start-Sleep -Seconds 2
    $process.Kill()
    $process.WaitForExit()
    (Open-File -Path $path -Share 'None').Dispose()
    [System.IO.File]::Delete($path)
}
