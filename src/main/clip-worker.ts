import { answerQuestions } from '../threads/thread-worker';
import { readClipFile } from './core/clip-file';

/** The thread that reads a film somebody wants to add, so that the till goes on selling whatever is in the file. */
answerQuestions(readClipFile);
