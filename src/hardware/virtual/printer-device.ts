import { createListeners } from '../listeners';
import { systemClock, type Clock, type Unsubscribe } from '../ports';
import { createEscposDecoder } from './escpos-decoder';
import { isPaper, paperText, type PaperElement, type PrinterEvent, type PrinterRequest } from './paper';

/** What can be wrong with the printer. Several may be at once. */
export const PRINTER_FAULTS = [
  'paper-out',
  'near-end',
  'cover-open',
  'offline',
  /** The next cut jams; nothing goes on until it is cleared. */
  'cutter',
  /** Reports an error that only switching it off and on clears. */
  'device-error',
  /** Answers, but nothing that means anything. */
  'nonsense',
  /** Takes every byte, does nothing, says nothing. */
  'silent',
  /** Takes no byte at all. */
  'stalled',
  /** Prints a hundred bytes in a tenth of a second. */
  'slow',
  /** Nobody can connect; who is connected is thrown out. */
  'refuse',
] as const;
export type PrinterFault = (typeof PRINTER_FAULTS)[number];

export interface VirtualPrinterOptions {
  readonly paperWidthMillimetres: 58 | 80;
  readonly clock?: Clock;
  /** What it calls itself. */
  readonly maker?: string;
  readonly model?: string;
  /** Default true: whether the drawer's switch is connected. */
  readonly drawerWired?: boolean;
  /** Default true: whether it answers `GS ( H` function 48. */
  readonly provesPrinting?: boolean;
  /** Default true: whether it reports changes by itself once `GS a` asks for it. */
  readonly reportsChanges?: boolean;
  /**
   * Default false: a connection that ends takes its unfinished command and its paper along, so that those who watch see
   * them. True is what most printers do: the command still waits for its bytes, the paper hangs until somebody cuts.
   */
  readonly keepsTornJobs?: boolean;
}

/** One piece of paper, from one cut to the next. */
export interface PrintedPaper {
  readonly number: number;
  readonly bytes: Uint8Array;
  readonly elements: readonly PaperElement[];
  readonly text: string;
  /** False when the connection ended before a cut. */
  readonly isCut: boolean;
  readonly dotsWide: number;
}

export interface VirtualPrinterState {
  readonly faults: readonly PrinterFault[];
  readonly drawer: 'open' | 'closed';
  readonly pulses: readonly { readonly pin: 2 | 5; readonly onMs: number; readonly isRealTime: boolean }[];
  readonly papers: number;
  readonly connections: number;
  /** Bytes of print data obeyed since it was switched on. */
  readonly bytesObeyed: number;
  readonly unknownCommands: readonly string[];
}

/** An ESC/POS printer with a drawer, made of nothing: it obeys bytes, answers status and fails on request. */
export interface VirtualPrinter {
  readonly dotsWide: number;
  state(): VirtualPrinterState;
  hasFault(fault: PrinterFault): boolean;
  setFault(fault: PrinterFault): void;
  /** Clears one fault, or all. What was held back is printed now. */
  clearFault(fault?: PrinterFault): void;
  /** The fault comes when this many more bytes of print data have been obeyed. */
  faultAfter(bytes: number, fault: PrinterFault): void;
  /** Off and on again: connections end, and what had arrived but was not printed is lost. Paper and faults stay. */
  switchOffAndOn(): void;
  /** Throws the connection out when this many more bytes have arrived, losing what follows. */
  tearAfter(bytes: number): void;
  closeDrawer(): void;
  openDrawer(): void;
  /** The last hundred. */
  papers(): readonly PrintedPaper[];
  onPaper(listener: (paper: PrintedPaper) => void): Unsubscribe;
  onFaultChanged(listener: () => void): Unsubscribe;
  /** Somebody connects. */
  connect(host: VirtualPrinterHost): VirtualPrinterSession;
}

/** The other end of a connection to the printer. */
export interface VirtualPrinterHost {
  send(bytes: Uint8Array): void;
  /** The printer breaks the connection. */
  drop(): void;
  /** The printer has room again. */
  ready(): void;
}

export interface VirtualPrinterSession {
  /** Takes bytes; false when its buffer is full and `ready` will follow. */
  receive(bytes: Uint8Array): boolean;
  /** The host is gone; what had arrived is still printed. */
  end(): void;
}

const RECEIVE_BUFFER_BYTES = 65_536;
const PAPERS_KEPT = 100;
const PULSES_KEPT = 1_000;
const SLOW_BYTES = 100;
const SLOW_PAUSE_MS = 100;
const BLOCKING: readonly PrinterFault[] = ['paper-out', 'cover-open', 'offline', 'device-error'];

export function createVirtualPrinter(options: VirtualPrinterOptions): VirtualPrinter {
  const {
    paperWidthMillimetres,
    clock = systemClock,
    maker = 'Trestle',
    model = `Virtual ${paperWidthMillimetres} mm`,
    drawerWired = true,
    provesPrinting = true,
    reportsChanges = true,
    keepsTornJobs = false,
  } = options;
  const dotsWide = paperWidthMillimetres === 80 ? 576 : 384;
  const faults = new Set<PrinterFault>();
  const faultListeners = createListeners<[]>();
  const paperListeners = createListeners<[PrintedPaper]>();
  const sessions = new Set<{
    host: VirtualPrinterHost;
    pump: () => void;
    forget: () => void;
    tellStatus: () => void;
    isFull: () => boolean;
  }>();
  const papers: PrintedPaper[] = [];
  const pulses: { pin: 2 | 5; onMs: number; isRealTime: boolean }[] = [];
  const unknownCommands: string[] = [];
  // One head and one print buffer, whoever is connected: what a torn job leaves in it meets the next.
  let decoder = createEscposDecoder(dotsWide);
  let paperBytes: number[] = [];
  let elements: PaperElement[] = [];
  let heldCut: Extract<PaperElement, { kind: 'cut' }> | null = null;
  /** Whose paper is under the head; the others wait for its cut. */
  let printing: VirtualPrinterHost | null = null;
  let paperCount = 0;
  let isDrawerOpen = false;
  let isCutterJammed = false;
  let bytesObeyed = 0;
  let plannedFault: { atBytes: number; fault: PrinterFault } | null = null;
  let bytesUntilTear = Infinity;

  const isBlocked = (): boolean => isCutterJammed || BLOCKING.some((fault) => faults.has(fault));
  const drawerBit = (): number => (drawerWired && isDrawerOpen ? 0x04 : 0);

  function changed(): void {
    for (const session of [...sessions]) session.tellStatus();
    faultListeners.tell();
    for (const session of [...sessions]) {
      session.pump();
      if (!faults.has('stalled') && !session.isFull()) session.host.ready();
    }
  }

  /** `DLE EOT`: the bytes of Epson's tables. */
  function realTimeStatus(question: number): number | null {
    switch (question) {
      case 1:
        return 0x12 | drawerBit() | (isBlocked() ? 0x08 : 0);
      case 2:
        return (
          0x12 |
          (faults.has('cover-open') ? 0x04 : 0) |
          (faults.has('paper-out') ? 0x20 : 0) |
          (isCutterJammed || faults.has('device-error') ? 0x40 : 0)
        );
      case 3:
        return 0x12 | (isCutterJammed ? 0x08 : 0) | (faults.has('device-error') ? 0x20 : 0);
      case 4:
        return (
          0x12 | (faults.has('near-end') || faults.has('paper-out') ? 0x0c : 0) | (faults.has('paper-out') ? 0x60 : 0)
        );
      default:
        return null;
    }
  }

  /** `GS a`: four bytes. */
  function automaticStatus(): Uint8Array {
    return Uint8Array.of(
      0x10 | drawerBit() | (isBlocked() ? 0x08 : 0) | (faults.has('cover-open') ? 0x20 : 0),
      (isCutterJammed ? 0x08 : 0) | (faults.has('device-error') ? 0x20 : 0),
      paperStatus(),
      0,
    );
  }

  function paperStatus(): number {
    return faults.has('paper-out') ? 0x0f : faults.has('near-end') ? 0x03 : 0;
  }

  function pulse(pin: 2 | 5, onMs: number, isRealTime: boolean): void {
    pulses.push({ pin, onMs, isRealTime });
    if (pulses.length > PULSES_KEPT) pulses.shift();
    isDrawerOpen = true;
    for (const session of sessions) session.tellStatus();
  }

  function information(which: number): Uint8Array {
    const texts: Readonly<Record<number, string>> = { 65: '1.0', 66: maker, 67: model, 68: 'V0000001' };
    const text = texts[which];
    if (text !== undefined) return Buffer.from(`_${text}\0`, 'latin1');
    return Uint8Array.of(which === 2 ? 0x02 : 0x20);
  }

  function finishPaper(cut: PaperElement | null): void {
    if (cut) elements.push(cut);
    paperCount += 1;
    const paper: PrintedPaper = {
      number: paperCount,
      bytes: Uint8Array.from(paperBytes),
      elements,
      text: paperText(elements),
      isCut: cut !== null,
      dotsWide,
    };
    printing = null;
    paperBytes = [];
    elements = [];
    papers.push(paper);
    if (papers.length > PAPERS_KEPT) papers.shift();
    paperListeners.tell(paper);
  }

  function connect(host: VirtualPrinterHost): VirtualPrinterSession {
    const hearRealTime = createRealTimeReader(obeyRealTime);
    const buffer: Uint8Array[] = [];
    let buffered = 0;
    let isEnded = false;
    let isPausing = false;
    let isPumping = false;
    let wasFull = false;
    let statusMask = 0;

    const send = (bytes: Uint8Array): void => {
      if (isEnded || faults.has('silent')) return;
      host.send(faults.has('nonsense') ? bytes.map((byte) => byte ^ 0xa5) : bytes);
    };
    const session = {
      host,
      pump,
      forget: () => {
        buffer.length = 0;
        buffered = 0;
      },
      tellStatus: () => {
        if (statusMask !== 0) send(automaticStatus());
      },
      isFull: () => buffered >= RECEIVE_BUFFER_BYTES,
    };
    sessions.add(session);

    function obeyRealTime(command: RealTimeCommand): void {
      if (command.kind === 'pulse') return pulse(command.pin, command.onMs, true);
      const byte = realTimeStatus(command.question);
      if (byte !== null) send(Uint8Array.of(byte));
    }

    /** Obeys what is buffered until something blocks. */
    function pump(): void {
      // A fault that comes while a byte is obeyed leads back here.
      if (isPumping) return;
      isPumping = true;
      if (heldCut && !isCutterJammed) {
        const cut = heldCut;
        heldCut = null;
        finishPaper(cut);
      }
      const mayGoOn = (): boolean => !isBlocked() && !isPausing && (printing === null || printing === host);
      while (buffer.length > 0 && mayGoOn()) {
        const [chunk] = buffer;
        if (!chunk) break;
        let used = 0;
        while (used < chunk.length && mayGoOn()) {
          obey(chunk[used] ?? 0);
          used += 1;
          if (faults.has('slow') && bytesObeyed % SLOW_BYTES === 0) pause();
        }
        buffered -= used;
        if (used === chunk.length) buffer.shift();
        else buffer[0] = chunk.subarray(used);
      }
      if (wasFull && !session.isFull()) {
        wasFull = false;
        host.ready();
      }
      if (isEnded && buffer.length === 0 && sessions.delete(session)) {
        if (keepsTornJobs) printing = printing === host ? null : printing;
        else {
          decoder.interrupt();
          if (printing === host) finishPaper(null);
        }
      }
      if (printing === null) for (const other of [...sessions]) other.pump();
      isPumping = false;
    }

    function pause(): void {
      isPausing = true;
      clock.after(SLOW_PAUSE_MS, () => {
        isPausing = false;
        pump();
      });
    }

    function obey(byte: number): void {
      paperBytes.push(byte);
      bytesObeyed += 1;
      record(decoder.write(byte));
      if (plannedFault && bytesObeyed >= plannedFault.atBytes) {
        const { fault } = plannedFault;
        plannedFault = null;
        setFault(fault);
      }
    }

    function record(events: readonly PrinterEvent[]): void {
      for (const event of events) {
        if (!isPaper(event)) answer(event);
        else if (event.kind !== 'cut') {
          printing = host;
          elements.push(event);
        } else if (faults.has('cutter')) {
          isCutterJammed = true;
          heldCut = event;
          changed();
        } else finishPaper(event);
      }
    }

    function answer(request: PrinterRequest): void {
      // Questions between two papers belong to neither.
      if (elements.length === 0 && request.kind !== 'initialise') paperBytes = [];
      switch (request.kind) {
        case 'initialise':
          statusMask = 0;
          break;
        case 'real-time':
          break;
        case 'drawer-pulse':
          pulse(request.pin, request.onMs, false);
          break;
        case 'transmit-status':
          send(Uint8Array.of(request.which === 2 ? (drawerBit() ? 1 : 0) : paperStatus()));
          break;
        case 'automatic-status':
          statusMask = reportsChanges ? request.mask : 0;
          session.tellStatus();
          break;
        case 'identify':
          send(information(request.which));
          break;
        case 'process-id':
          if (provesPrinting) send(Uint8Array.of(0x37, 0x22, ...request.id, 0));
          break;
        case 'unknown':
          unknownCommands.push(Buffer.from(request.bytes).toString('hex'));
          if (unknownCommands.length > PAPERS_KEPT) unknownCommands.shift();
          break;
      }
    }

    function end(): void {
      isEnded = true;
      pump();
    }

    return {
      receive(bytes) {
        if (isEnded) return true;
        const taken = bytes.subarray(0, Math.min(bytes.length, bytesUntilTear));
        bytesUntilTear -= taken.length;
        if (!faults.has('silent')) {
          hearRealTime(taken);
          buffer.push(taken);
          buffered += taken.length;
          pump();
        }
        if (bytesUntilTear <= 0) {
          bytesUntilTear = Infinity;
          host.drop();
          end();
        }
        wasFull = session.isFull();
        return !wasFull && !faults.has('stalled');
      },
      end,
    };
  }

  function setFault(fault: PrinterFault): void {
    faults.add(fault);
    if (fault === 'refuse') for (const session of [...sessions]) session.host.drop();
    changed();
  }

  return {
    dotsWide,
    state: () => ({
      faults: [...faults],
      drawer: isDrawerOpen ? 'open' : 'closed',
      pulses: [...pulses],
      papers: paperCount,
      connections: sessions.size,
      bytesObeyed,
      unknownCommands: [...unknownCommands],
    }),
    hasFault: (fault) => faults.has(fault),
    setFault,
    clearFault(fault) {
      if (fault === undefined) faults.clear();
      else faults.delete(fault);
      if (!faults.has('cutter')) isCutterJammed = false;
      changed();
    },
    faultAfter(bytes, fault) {
      plannedFault = { atBytes: bytesObeyed + bytes, fault };
    },
    switchOffAndOn() {
      heldCut = null;
      isCutterJammed = false;
      decoder = createEscposDecoder(dotsWide);
      for (const session of [...sessions]) {
        session.forget();
        session.host.drop();
      }
    },
    tearAfter(bytes) {
      bytesUntilTear = bytes;
    },
    closeDrawer() {
      isDrawerOpen = false;
      changed();
    },
    openDrawer() {
      isDrawerOpen = true;
      changed();
    },
    papers: () => [...papers],
    onPaper: (listener) => paperListeners.add(listener),
    onFaultChanged: (listener) => faultListeners.add(listener),
    connect,
  };
}

type RealTimeCommand =
  | { readonly kind: 'status'; readonly question: number }
  | { readonly kind: 'pulse'; readonly pin: 2 | 5; readonly onMs: number };

/** Finds `DLE EOT n` and `DLE DC4 1 m t` in the stream as it arrives, wherever they stand, as the hardware does. */
function createRealTimeReader(obey: (command: RealTimeCommand) => void): (bytes: Uint8Array) => void {
  const recent: number[] = [];
  return (bytes) => {
    for (const byte of bytes) {
      recent.push(byte);
      if (recent.length > 5) recent.shift();
      const [last3, last2, last1] = recent.slice(-3);
      if (last3 === 0x10 && last2 === 0x04 && last1 !== undefined) obey({ kind: 'status', question: last1 });
      const [dle, dc4, action, connector = 0, time = 0] = recent;
      const isPulse = recent.length === 5 && dle === 0x10 && dc4 === 0x14 && action === 1;
      if (isPulse && connector <= 1 && time >= 1 && time <= 8) {
        obey({ kind: 'pulse', pin: connector === 0 ? 2 : 5, onMs: time * 100 });
      }
    }
  };
}
