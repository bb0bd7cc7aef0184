import { parentPort } from 'node:worker_threads';
import { drawPaper } from './paper-image';
import type { DrawReply, DrawRequest } from './paper-renderer';

/** The thread that draws: one paper in, one PNG out, in order. */
parentPort?.on('message', ({ id, paper }: DrawRequest) => {
  let reply: DrawReply;
  try {
    reply = { id, png: drawPaper(paper) };
  } catch (error) {
    reply = { id, problem: error instanceof Error ? error.message : String(error) };
  }
  parentPort?.postMessage(reply);
});
