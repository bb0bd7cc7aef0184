import type { DeliveryJob, JobStore } from '../../src/hardware/delivery-job';
import { newJobState } from '../../src/hardware/delivery-job';
import type { ReceiptDocument } from '../../src/domain/receipt';

export interface MemoryJobs extends JobStore {
  addPrint(id: string, deviceId: string, nowMs: number, document: ReceiptDocument): void;
  addKick(id: string, deviceId: string, nowMs: number): void;
  put(job: DeliveryJob): void;
  state(id: string): string;
  /** Makes the next update fail, as a full disk does. */
  failNextUpdate(): void;
}

/** Job rows in memory, for tests of the queue's policy. */
export function memoryJobs(): MemoryJobs {
  const rows = new Map<string, DeliveryJob>();
  let failing = false;
  return {
    find: (id) => rows.get(id),
    list: ({ states, deviceId, limit }) =>
      [...rows.values()]
        .filter((job) => states.includes(job.state) && (deviceId === undefined || job.deviceId === deviceId))
        .sort((a, b) => a.createdAtMs - b.createdAtMs)
        .slice(0, limit),
    update(id, change) {
      const job = rows.get(id);
      if (!job) throw new Error(`no job ${id}`);
      if (failing) {
        failing = false;
        throw new Error('disk full');
      }
      const changed = { ...job, ...change };
      rows.set(id, changed);
      return changed;
    },
    addPrint: (id, deviceId, nowMs, document) =>
      void rows.set(id, { id, deviceId, kind: 'receipt', reference: null, document, ...newJobState(nowMs) }),
    addKick: (id, deviceId, nowMs) =>
      void rows.set(id, { id, deviceId, kind: 'drawer', reference: null, pin: 2, ...newJobState(nowMs) }),
    put: (job) => void rows.set(job.id, job),
    state: (id) => rows.get(id)?.state ?? 'no such job',
    failNextUpdate() {
      failing = true;
    },
  };
}
