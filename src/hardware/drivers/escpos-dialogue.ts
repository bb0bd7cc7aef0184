import { encodeProofRequest } from '../encoders/escpos';
import { awaitAnswer, createListeners, type Answer } from '../listeners';
import type { PrintProof } from '../models/profile';
import type { Clock, Unsubscribe } from '../ports';
import type { Connection, WriteOutcome } from '../transports/transport';
import { createResponseReader, type PrinterResponse } from './escpos-responses';

/** Bytes that ask for the proof of all that went before them, and how to know the answer. */
export interface ProofRequest {
  readonly bytes: Uint8Array;
  isProof(response: PrinterResponse): boolean;
}

/** Questions to a printer and its answers, on one connection. */
export interface Dialogue {
  readonly connection: Connection;
  write(bytes: Uint8Array): Promise<WriteOutcome>;
  onResponse(listener: (response: PrinterResponse) => void): Unsubscribe;
  /** Sends a question and waits for the first response that answers it. */
  ask<T>(
    question: Uint8Array,
    answerOf: (response: PrinterResponse) => T | undefined,
    timeoutMs: number,
  ): Promise<Answer<T>>;
  /** Waits for a response of which `answerOf` makes an answer. */
  expect<T>(answerOf: (response: PrinterResponse) => T | undefined, timeoutMs: number): Promise<Answer<T>>;
  /** A request for proof; it must be sent, since the answers to `GS r` are counted. */
  proofRequest(proof: PrintProof): ProofRequest;
}

/** One number for every request of this process, so that an answer that comes late is nobody else's. */
let lastRequest = 0;

export function createDialogue(connection: Connection, clock: Clock): Dialogue {
  const responses = createListeners<[PrinterResponse]>();
  /** Answers of `GS r` still to come. */
  let statusOwed = 0;
  connection.onData(
    createResponseReader((response) => {
      if (response.kind === 'status') statusOwed = Math.max(0, statusOwed - 1);
      responses.tell(response);
    }),
  );

  function expect<T>(answerOf: (response: PrinterResponse) => T | undefined, timeoutMs: number): Promise<Answer<T>> {
    return awaitAnswer({
      clock,
      timeoutMs,
      listen: responses.add,
      onClose: (listener) => connection.onClose(listener),
      answerOf,
    });
  }

  return {
    connection,
    write: (bytes) => connection.write(bytes),
    onResponse: (listener) => responses.add(listener),
    async ask(question, answerOf, timeoutMs) {
      // Listening begins first: a fast printer answers before the write is reported done.
      const waiting = expect(answerOf, timeoutMs);
      const written = await connection.write(question);
      return written.outcome === 'written' ? waiting : written.outcome === 'closed' ? 'closed' : 'timeout';
    },
    expect,
    proofRequest(proof) {
      lastRequest = (lastRequest + 1) % 0x10000;
      // Four characters from a row that no other response can be mistaken for.
      const id = [12, 8, 4, 0].map((shift) => String.fromCharCode(0x40 + ((lastRequest >> shift) & 15))).join('');
      if (proof === 'paper-status') statusOwed += 1;
      return {
        bytes: encodeProofRequest(proof, id),
        // Answers of GS r bear no name but keep their order: the last one owed is ours, an earlier one an earlier job's.
        isProof: (response) =>
          proof === 'process-id'
            ? response.kind === 'process-id' && response.id === id
            : response.kind === 'status' && statusOwed === 0,
      };
    },
  };
}
