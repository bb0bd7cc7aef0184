import { parentPort } from 'node:worker_threads';
import type { ThreadReply, ThreadRequest } from './thread';

/** The other end of a thread: answers each question in the order it came. */
export function answerQuestions<Q, A>(work: (question: Q) => A): void {
  parentPort?.on('message', ({ id, question }: ThreadRequest<Q>) => {
    let reply: ThreadReply<A>;
    try {
      reply = { id, answer: work(question) };
    } catch (error) {
      reply = { id, problem: error instanceof Error ? error.message : String(error) };
    }
    parentPort?.postMessage(reply);
  });
}
