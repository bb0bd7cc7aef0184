/**
 * The program that speaks to the Windows spooler for us, run by the PowerShell every Windows has: no native addon, and a
 * spooler that hangs hangs in another process. It reads one request a line and answers each with one line:
 *
 * ```
 *                    ready | error CODE          once, at the start
 * print BASE64       job ID | error CODE         one RAW document
 * stand ID           stand FLAGS | stand gone    JOB_INFO_1.Status
 * delete ID          deleted FLAGS | deleted gone
 * status             status FLAGS | error CODE   PRINTER_INFO_6.dwStatus
 * ```
 *
 * Codes are Win32 errors. A job is paused before it is deleted, so that its flags say whether a byte of it went out.
 */
export function spoolerScript(printerName: string): string {
  // As base64 the name can hold anything and is still only a name.
  const name = Buffer.from(printerName, 'utf16le').toString('base64');
  return `
$ErrorActionPreference = 'Stop'
Add-Type -TypeDefinition @'
using System;
using System.ComponentModel;
using System.Runtime.InteropServices;
public static class Spooler {
  [StructLayout(LayoutKind.Sequential, CharSet = CharSet.Unicode)]
  public struct DocInfo { public string Name; public string Output; public string Datatype; }
  [DllImport("winspool.drv", CharSet = CharSet.Unicode, SetLastError = true)]
  static extern bool OpenPrinterW(string name, out IntPtr printer, IntPtr defaults);
  [DllImport("winspool.drv", CharSet = CharSet.Unicode, SetLastError = true)]
  static extern int StartDocPrinterW(IntPtr printer, int level, ref DocInfo info);
  [DllImport("winspool.drv", SetLastError = true)]
  static extern bool EndDocPrinter(IntPtr printer);
  [DllImport("winspool.drv", SetLastError = true)]
  static extern bool AbortPrinter(IntPtr printer);
  [DllImport("winspool.drv", SetLastError = true)]
  static extern bool WritePrinter(IntPtr printer, byte[] bytes, int count, out int written);
  [DllImport("winspool.drv", CharSet = CharSet.Unicode, SetLastError = true)]
  static extern bool GetJobW(IntPtr printer, int job, int level, IntPtr buffer, int size, out int needed);
  [DllImport("winspool.drv", CharSet = CharSet.Unicode, SetLastError = true)]
  static extern bool SetJobW(IntPtr printer, int job, int level, IntPtr info, int command);
  [DllImport("winspool.drv", CharSet = CharSet.Unicode, SetLastError = true)]
  static extern bool GetPrinterW(IntPtr printer, int level, byte[] buffer, int size, out int needed);
  static IntPtr printer;
  static void Check(bool done) { if (!done) throw new Win32Exception(Marshal.GetLastWin32Error()); }
  public static void Open(string name) { Check(OpenPrinterW(name, out printer, IntPtr.Zero)); }
  public static int Print(byte[] bytes) {
    var info = new DocInfo { Name = "Trestle", Datatype = "RAW" };
    int job = StartDocPrinterW(printer, 1, ref info);
    Check(job > 0);
    int written;
    bool done = WritePrinter(printer, bytes, bytes.Length, out written) && written == bytes.Length;
    int error = Marshal.GetLastWin32Error();
    if (done && EndDocPrinter(printer)) return job;
    AbortPrinter(printer);
    throw new Win32Exception(error);
  }
  public static int? Flags(int job) {
    int needed;
    GetJobW(printer, job, 1, IntPtr.Zero, 0, out needed);
    if (needed == 0) return null;
    IntPtr buffer = Marshal.AllocHGlobal(needed);
    try {
      if (!GetJobW(printer, job, 1, buffer, needed, out needed)) return null;
      return Marshal.ReadInt32(buffer, 7 * IntPtr.Size);
    } finally { Marshal.FreeHGlobal(buffer); }
  }
  public static int? Delete(int job) {
    SetJobW(printer, job, 0, IntPtr.Zero, 1);
    int? flags = Flags(job);
    return SetJobW(printer, job, 0, IntPtr.Zero, 5) ? flags : null;
  }
  public static int Status() {
    int needed;
    var buffer = new byte[4];
    Check(GetPrinterW(printer, 6, buffer, 4, out needed));
    return BitConverter.ToInt32(buffer, 0);
  }
}
'@
function Say([string] $line) { [Console]::Out.WriteLine($line); [Console]::Out.Flush() }
function SayFlags([string] $word, $flags) { if ($null -eq $flags) { Say "$word gone" } else { Say "$word $flags" } }
function SayError($record) {
  $cause = $record.Exception
  while ($cause.InnerException) { $cause = $cause.InnerException }
  if ($cause -is [ComponentModel.Win32Exception]) { Say "error $($cause.NativeErrorCode)" } else { Say 'error 0' }
}
try {
  [Spooler]::Open([Text.Encoding]::Unicode.GetString([Convert]::FromBase64String('${name}')))
  Say 'ready'
} catch { SayError $_; exit 1 }
while ($null -ne ($line = [Console]::In.ReadLine())) {
  $words = $line.Split(' ')
  try {
    switch ($words[0]) {
      'print' { Say "job $([Spooler]::Print([Convert]::FromBase64String($words[1])))" }
      'stand' { SayFlags 'stand' ([Spooler]::Flags([int] $words[1])) }
      'delete' { SayFlags 'deleted' ([Spooler]::Delete([int] $words[1])) }
      'status' { Say "status $([Spooler]::Status())" }
    }
  } catch { SayError $_ }
}
`;
}

/** The command that runs the script: no profile, no window, and no quoting, since the whole of it is one base64 word. */
export function spoolerCommand(printerName: string): {
  readonly command: string;
  readonly parameters: readonly string[];
} {
  const encoded = Buffer.from(spoolerScript(printerName), 'utf16le').toString('base64');
  return {
    command: 'powershell.exe',
    parameters: [
      '-NoLogo',
      '-NoProfile',
      '-NonInteractive',
      '-InputFormat',
      'None',
      '-ExecutionPolicy',
      'Bypass',
      '-EncodedCommand',
      encoded,
    ],
  };
}
