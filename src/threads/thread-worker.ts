import { parentPort } from 'node:worker_threads';
import type { ThreadReply, ThreadRequest } from './thread';

/**
 * The other end of a thread: answers each question in the order it came, or as soon as its answer is known.
 * @param movedOf the memory of an answer that goes over instead of a copy of it
 */
export function answerQuestions<Q, A>(
  work: (question: Q) => A | Promise<A>,
  movedOf: (answer: A) => readonly ArrayBuffer[] = () => [],
): void {
  const answer = async ({ id, question }: ThreadRequest<Q>): Promise<void> => {
    let reply: ThreadReply<A>;
    let moved: readonly ArrayBuffer[] = [];
    try {
      reply = { id, answer: await work(question) };
      moved = movedOf(reply.answer);
    } catch (error) {
      reply = { id, problem: error instanceof Error ? error.message : String(error) };
    }
    parentPort?.postMessage(reply, moved);
  };
  parentPort?.on('message', (request: ThreadRequest<Q>) => void answer(request));
}
