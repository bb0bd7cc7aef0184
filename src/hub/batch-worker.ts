import { answerQuestions } from '../threads/thread-worker';
import { readAndPack } from './batch-reading';

/** A thread that reads batches: the bytes of one in, what it holds out. */
answerQuestions(readAndPack, (reading) => ('refused' in reading ? [] : [reading.entries.memory]));
