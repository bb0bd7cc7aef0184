import { parentPort } from 'node:worker_threads';
import type { ThreadReply, ThreadRequest } from './thread';

/** The other end of a thread: answers each question in the order it came, or as soon as its answer is known. */
export function answerQuestions<Q, A>(work: (question: Q) => A | Promise<A>): void {
  parentPort?.on('message', ({ id, question }: ThreadRequest<Q>) => void answer(work, id, question));
}

async function answer<Q, A>(work: (question: Q) => A | Promise<A>, id: number, question: Q): Promise<void> {
  let reply: ThreadReply<A>;
  try {
    reply = { id, answer: await work(question) };
  } catch (error) {
    reply = { id, problem: error instanceof Error ? error.message : String(error) };
  }
  parentPort?.postMessage(reply);
}
