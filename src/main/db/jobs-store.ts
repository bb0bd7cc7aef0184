import type { Database } from 'better-sqlite3';
import type { DeliveryJob, JobChange, JobState, JobStore } from '../../hardware/delivery-job';
import { prepared } from '../../journal/statements';

const HEAD_COLUMNS = `id, kind, device_id AS deviceId, reference, state, reason, detail, attempts,
  created_at_ms AS createdAtMs, fresh_since_ms AS freshSinceMs, not_before_ms AS notBeforeMs,
  changed_at_ms AS changedAtMs`;
const COLUMNS = `${HEAD_COLUMNS}, payload`;

/** A job without what it prints or pulses. */
export type JobHead = Omit<DeliveryJob, 'document' | 'pin'>;
type JobRow = JobHead & { readonly payload: string };

/** What is not known to be printed, and so concerns a person. */
const UNPRINTED: readonly JobState[] = ['waiting', 'running', 'held', 'failed', 'unknown'];

/** The rows of print and drawer work. */
export class Jobs implements JobStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  find(id: string): DeliveryJob | undefined {
    const row = prepared(this.#database, `SELECT ${COLUMNS} FROM job WHERE id = ?`).get(id) as JobRow | undefined;
    return row && fromRow(row);
  }

  list(query: { states: readonly JobState[]; deviceId?: string; limit: number }): readonly DeliveryJob[] {
    const { states, deviceId, limit } = query;
    // One indexed walk per state, merged: a list of states would make SQLite sort every job there is.
    const rows = states.flatMap(
      (state) =>
        (deviceId === undefined
          ? prepared(
              this.#database,
              `SELECT ${COLUMNS} FROM job WHERE state = ? ORDER BY created_at_ms, job_key LIMIT ?`,
            ).all(state, limit)
          : prepared(
              this.#database,
              `SELECT ${COLUMNS} FROM job WHERE state = ? AND device_id = ? ORDER BY created_at_ms, job_key LIMIT ?`,
            ).all(state, deviceId, limit)) as JobRow[],
    );
    return rows
      .sort((a, b) => a.createdAtMs - b.createdAtMs)
      .slice(0, limit)
      .map(fromRow);
  }

  update(id: string, change: JobChange): DeliveryJob {
    const changed = prepared(
      this.#database,
      `UPDATE job SET state = ?, reason = ?, detail = ?, attempts = ?, fresh_since_ms = ?, not_before_ms = ?, changed_at_ms = ?
       WHERE id = ?`,
    ).run(
      change.state,
      change.reason,
      change.detail,
      change.attempts,
      change.freshSinceMs,
      change.notBeforeMs,
      change.changedAtMs,
      id,
    );
    const job = this.find(id);
    if (changed.changes === 0 || job === undefined) throw new Error(`there is no job ${id}`);
    return job;
  }

  /** Adds a row. Part of the transaction of the sale it belongs to. */
  insert(job: DeliveryJob): void {
    prepared(
      this.#database,
      `INSERT INTO job (id, kind, device_id, reference, payload, state, reason, detail, attempts, created_at_ms,
         fresh_since_ms, not_before_ms, changed_at_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ).run(
      job.id,
      job.kind,
      job.deviceId,
      job.reference,
      JSON.stringify(job.kind === 'drawer' ? job.pin : job.document),
      job.state,
      job.reason,
      job.detail,
      job.attempts,
      job.createdAtMs,
      job.freshSinceMs,
      job.notBeforeMs,
      job.changedAtMs,
    );
  }

  /** All jobs of one order (or whatever else they refer to), oldest first. */
  ofReference(reference: string): DeliveryJob[] {
    return (
      prepared(this.#database, `SELECT ${COLUMNS} FROM job WHERE reference = ? ORDER BY created_at_ms, job_key`).all(
        reference,
      ) as JobRow[]
    ).map(fromRow);
  }

  /** State of the newest receipt or copy of an order, or `none`. */
  receiptState(reference: string): JobState | 'none' {
    const state = prepared(
      this.#database,
      `SELECT state FROM job WHERE reference = ? AND kind IN ('receipt', 'copy')
       ORDER BY created_at_ms DESC, job_key DESC LIMIT 1`,
    )
      .pluck()
      .get(reference) as JobState | undefined;
    return state ?? 'none';
  }

  /** Paper not known to be printed, oldest first; a drawer that did not open is no paper. */
  unprinted(limit: number): JobHead[] {
    return UNPRINTED.flatMap(
      (state) =>
        prepared(
          this.#database,
          `SELECT ${HEAD_COLUMNS} FROM job WHERE state = ? AND kind <> 'drawer' ORDER BY created_at_ms, job_key LIMIT ?`,
        ).all(state, limit) as JobHead[],
    )
      .sort((a, b) => a.createdAtMs - b.createdAtMs)
      .slice(0, limit);
  }

  /** How much paper is in a state; a drawer that did not open is nothing to ask about. */
  count(state: JobState): number {
    return prepared(this.#database, "SELECT count(*) FROM job WHERE state = ? AND kind <> 'drawer'")
      .pluck()
      .get(state) as number;
  }
}

function fromRow({ payload, ...row }: JobRow): DeliveryJob {
  const value: unknown = JSON.parse(payload);
  return { ...row, ...(row.kind === 'drawer' ? { pin: value } : { document: value }) } as DeliveryJob;
}
