/** Thread of the reports: reads what they are made from on a connection of its own, and writes nothing. */
import { constants, setPriority } from 'node:os';
import { answerQuestions } from '../threads/thread-worker';
import { makeReport } from './core/reports';

// Linux counts a thread as a process of its own here; elsewhere the whole till would have to wait.
if (process.platform === 'linux') setPriority(constants.priority.PRIORITY_LOW);
answerQuestions(makeReport);
