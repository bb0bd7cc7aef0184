import type { DeliveryJob, JobStore } from './delivery-job';
import type { Clock, PrinterSource, Unsubscribe } from './ports';

export interface DeliveryOptions {
  readonly store: JobStore;
  readonly printers: PrinterSource;
  readonly clock: Clock;
  /** A print that waited longer is held until a person asks for it. Default 120 000. */
  readonly staleAfterMs?: number;
  /** A drawer kick that waited longer is dropped. Default 5 000. */
  readonly drawerExpiryMs?: number;
}

/** A fact: this is how the job stands now. */
export interface JobChanged {
  readonly type: 'job-changed';
  readonly job: DeliveryJob;
}

export interface Delivery {
  /** Settles what a crash left: `running` becomes `unknown`. Then begins. Call once. */
  start(): void;
  /** Says that rows were added. Returns at once. */
  wake(deviceId?: string): void;
  /** A person wants the held jobs of a device after all; returns how many are waiting now. */
  printHeld(deviceId: string): number;
  /** A person does not want this job. False when it is not waiting or held. */
  discard(jobId: string): boolean;
  onJobChanged(listener: (fact: JobChanged) => void): Unsubscribe;
  /** Begins nothing more and waits for what is running. */
  stop(): Promise<void>;
}
